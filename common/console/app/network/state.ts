// How a city is, in words, with what to do about it: the worst first. Levels also have a shape, so that colour is never alone.
import type { City } from '#common/network.ts'
import {
  certificateWarnDays,
  clockToleranceMs,
  lateSeconds,
  scarceAir,
  silentMinutes,
  usedUpAir,
  wanCapPercent,
} from '#common/trouble-limits.ts'
import { daysWords, durationWords, percentWords, sizeWords } from '#common/words.ts'

/** From the most urgent on: somebody must do something, somebody is asked, look at it, all is well, nothing is expected of it. */
export const levels = ['bad', 'ask', 'warn', 'ok', 'off'] as const
export type Level = (typeof levels)[number]

export const levelWords: Readonly<Record<Level, string>> = {
  bad: 'Fault',
  ask: 'Asks to join',
  warn: 'Warning',
  ok: 'Well',
  off: 'Not in use',
}

export interface Finding {
  level: Level
  /** One or two words, for a table. */
  word: string
  /** A sentence. */
  text: string
  /** What a person can do; absent where nothing is needed. */
  advice?: string
}

const well: Finding = { level: 'ok', word: 'well', text: 'Nothing is wrong.' }

/** All that is to be said of a city, the worst first; never empty. `now` in Unix ms. */
export function findingsOf(city: City, now: number): Finding[] {
  const found = [...standingFindings(city), ...presenceFindings(city, now), ...ownFindings(city)]
  return found.length === 0 ? [well] : found.sort((a, b) => urgency(a.level) - urgency(b.level))
}

/** The worst. */
export function stateOf(city: City, now: number): Finding {
  return findingsOf(city, now)[0] ?? well
}

export function urgency(level: Level): number {
  return levels.indexOf(level)
}

function standingFindings({ standing, why, cloned }: City): Finding[] {
  const found: Finding[] = []
  if (cloned) {
    const text = 'Two machines have its identity: one of them is a copy of the other’s memory card.'
    found.push({ level: 'bad', word: 'cloned', text, advice: 'Give one of them a new identity.' })
  }
  if (standing === 'revoked') found.push({ level: 'off', word: 'revoked', text: `Kept out${why ? `: ${why}` : '.'}` })
  if (standing === 'pending') {
    const text = 'It has the secret, and waits until somebody lets it in.'
    found.push({
      level: 'ask',
      word: 'asks to join',
      text,
      advice: 'Compare its id with what meshcore-room peers says there, then approve it.',
    })
  }
  return found
}

const leftAlone = 'It goes on alone, and sends what it has when it is back. There: meshcore-room doctor.'
const keptHere = 'Posts are kept here, and sent later. More says, here: meshcore-room doctor.'

function presenceFindings({ standing, connected, lastSeenAt, why }: City, now: number): Finding[] {
  if (connected || standing === 'revoked' || standing === 'pending') return []
  if (lastSeenAt === null && why === undefined) return [neverHere(standing)]
  const away = lastSeenAt === null ? 'so far' : `for ${durationWords(now - lastSeenAt)}`
  // Only an edge knows why: of its own links.
  const text = `Not linked ${away}${why === undefined ? '' : `: ${why}`}.`
  const advice = why === undefined ? leftAlone : keptHere
  return lastSeenAt !== null && now - lastSeenAt >= silentMinutes * 60_000
    ? [{ level: 'bad', word: 'silent', text, advice }]
    : [{ level: 'warn', word: 'away', text, advice }]
}

function neverHere(standing: City['standing']): Finding {
  const found: Finding = { level: 'off', word: 'never here', text: 'It has never been linked.' }
  if (standing === 'approved') found.advice = 'Where it waits already, it comes by itself within a minute or so.'
  return found
}

/** Of what it tells itself: what a city said before it went silent is no news. */
function ownFindings(city: City): Finding[] {
  if (!city.connected) return []
  return [...lineFindings(city), ...radioFindings(city), ...machineFindings(city), ...linkFindings(city)]
}

function lineFindings({ backlog, lagSeconds, bytesToday, wanCapBytes }: City): Finding[] {
  const found: Finding[] = []
  if (lagSeconds !== null && lagSeconds >= lateSeconds) {
    const posts = backlog === null ? '' : `${backlog} ${backlog === 1 ? 'post waits' : 'posts wait'} for it; `
    const text = `${posts}the oldest for ${durationWords(lagSeconds * 1000)}.`
    found.push({
      level: 'warn',
      word: 'late',
      text: capital(text),
      advice: 'Its line is slow: it catches up by itself.',
    })
  }
  if (wanCapBytes && bytesToday >= (wanCapBytes * wanCapPercent) / 100) {
    const text = `${sizeWords(bytesToday)} of its ${sizeWords(wanCapBytes)} for today (UTC) are used.`
    found.push({ level: 'warn', word: 'line quota', text })
  }
  return found
}

function radioFindings({ self }: City): Finding[] {
  const radio = self?.radio
  if (!radio) return []
  if (radio.state !== 'ready') {
    const text = radio.state === 'opening' ? 'Its radio does not answer yet.' : 'Its radio is gone.'
    return [{ level: 'bad', word: 'no radio', text, advice: 'There: look at the plug, then meshcore-room doctor.' }]
  }
  if (radio.budgetUsed < scarceAir) return []
  const isUsedUp = radio.budgetUsed >= usedUpAir(radio.budgetSeconds)
  const left = isUsedUp ? ', and what is left is for logins and ACKs' : ''
  const text = `${percentWords(radio.budgetUsed)} of the airtime of an hour is used${left}; ${radio.queued} ${radio.queued === 1 ? 'packet waits' : 'packets wait'} for the air.`
  const advice = 'Posts wait at the city, and go on the air as the hour moves on. Write less, or shorter.'
  return [{ level: isUsedUp ? 'bad' : 'warn', word: isUsedUp ? 'air used up' : 'air scarce', text, advice }]
}

function machineFindings({ self }: City): Finding[] {
  if (self === null) return []
  const found: Finding[] = []
  if (Math.abs(self.systemOffMs) > clockToleranceMs) {
    const text = `Its clock is ${durationWords(Math.abs(self.systemOffMs))} ${self.systemOffMs > 0 ? 'behind' : 'ahead'}.`
    found.push({ level: 'warn', word: 'clock', text, advice: 'There: timedatectl set-ntp true.' })
  }
  if (self.certificateDays !== null && self.certificateDays <= certificateWarnDays) {
    const hasEnded = self.certificateDays < 0
    const text = hasEnded ? 'Its certificate has ended.' : `Its certificate ends in ${daysWords(self.certificateDays)}.`
    found.push({ level: hasEnded ? 'bad' : 'warn', word: 'certificate', text, advice: 'There: meshcore-room keygen.' })
  }
  return found
}

function linkFindings({ self }: City): Finding[] {
  const refused = (self?.links ?? []).filter(link => link.state === 'refused')
  if (refused.length === 0) return []
  const names = refused.map(link => `"${link.name}"`).join(', ')
  return [
    {
      level: 'warn',
      word: 'refused',
      text: `Its link with ${names} is refused.`,
      advice: 'There: meshcore-room doctor.',
    },
  ]
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}
