// What is a trouble of a city, judged by what is known of it at one moment: no clocks, no store. Hub and edge have the same rules.
import type { City } from '../network.ts'
import { certificateWarnDays, clockToleranceMs, lateSeconds, scarceAir, usedUpAir } from '../trouble-limits.ts'
import { daysWords, durationWords, percentWords } from '../words.ts'
import type { TroubleKind } from './kinds.ts'

/** What the rules look at. */
export type Watched = Pick<City, 'id' | 'name' | 'connected' | 'backlog' | 'lagSeconds' | 'cloned' | 'self'>

/** `unsure`: neither one nor the other, or not known: what was said of it still holds. */
export type Verdict = 'bad' | 'good' | 'unsure'

export interface Rule {
  kind: TroubleKind
  /** So long it must be bad before it is told. */
  holdMs: number
  judge(city: Watched): Verdict
  /** Of a bad one, where less is better: a trouble that gets better is not told yet. */
  amount?(city: Watched): number
  /** Of a bad one, where less is worse: told again at each lower step. */
  step?(city: Watched): number
  /** One sentence each, without a full stop; `ms`: for how long it is or was so. */
  begins(city: Watched, ms: number): string
  ends(city: Watched, ms: number): string
}

const second = 1000
const minute = 60 * second

/** An edge has lost a server it links to. A hub tells of silent spokes by a job of its own. */
const linkLost: Rule = {
  kind: 'link-lost',
  holdMs: 5 * minute,
  judge: ({ connected }) => (connected ? 'good' : 'bad'),
  begins: ({ name }, ms) => `there is no link to "${name}" for ${durationWords(ms)}: posts are kept until it is back`,
  ends: ({ name }, ms) => `the link to "${name}" is back after ${durationWords(ms)}`,
}

/** Told only when it is worse: what is slow now and then is on the screen. */
const toldLateSeconds = 2 * lateSeconds

/** Posts wait long for a linked city and do not get fewer: one that catches up is no trouble. */
const backlog: Rule = {
  kind: 'backlog',
  holdMs: 5 * minute,
  judge: ({ connected, backlog: posts, lagSeconds }) => {
    if (!connected || posts === null) return 'unsure'
    if (posts === 0) return 'good'
    return between(lagSeconds ?? toldLateSeconds, { bad: toldLateSeconds, good: lateSeconds })
  },
  amount: ({ backlog: posts }) => posts ?? 0,
  begins: ({ name, backlog: posts, lagSeconds }) => {
    const waits = posts === 1 ? '1 post waits' : `${posts} posts wait`
    const oldest = lagSeconds === null ? '' : `, the oldest for ${durationWords(lagSeconds * second)}`
    return `${waits} for "${name}"${oldest}: it is linked, and does not keep up`
  },
  ends: ({ name }, ms) => `"${name}" has caught up again after ${durationWords(ms)}`,
}

const dutyCycle: Rule = {
  kind: 'duty-cycle',
  holdMs: minute,
  judge: city => {
    const radio = reported(city)?.radio
    if (!radio) return 'unsure'
    return between(radio.budgetUsed, { bad: usedUpAir(radio.budgetSeconds), good: scarceAir })
  },
  begins: ({ name, self }) => {
    const { budgetUsed = 0, budgetSeconds = 0, queued = 0 } = self?.radio ?? {}
    const waiting = queued === 1 ? '1 packet waits' : `${queued} packets wait`
    const used = `${percentWords(budgetUsed)} of ${Math.round(budgetSeconds)} s an hour`
    return `the duty cycle of "${name}" is used up: ${used}, and what is left is for logins and ACKs; ${waiting} for the air`
  },
  ends: ({ name, self }) =>
    `"${name}" has air again: ${percentWords(self?.radio?.budgetUsed ?? 0)} of its duty cycle is used`,
}

const clockWrong: Rule = {
  kind: 'clock-wrong',
  holdMs: 30 * second,
  judge: city => {
    const self = reported(city)
    if (self === undefined) return 'unsure'
    return Math.abs(self.systemOffMs) > clockToleranceMs ? 'bad' : 'good'
  },
  begins: ({ name, self }) => {
    const off = self?.systemOffMs ?? 0
    return `the clock of the machine of "${name}" is ${durationWords(Math.abs(off))} ${off > 0 ? 'behind' : 'ahead'}: check NTP there; its posts have the right time all the same`
  },
  ends: ({ name }) => `the clock of the machine of "${name}" is right again`,
}

const radioGone: Rule = {
  kind: 'radio-gone',
  holdMs: 30 * second,
  judge: city => {
    const radio = reported(city)?.radio
    if (!radio) return 'unsure'
    return radio.state === 'ready' ? 'good' : 'bad'
  },
  begins: ({ name }, ms) => `the radio of "${name}" is away for ${durationWords(ms)}: check its cable and its power`,
  ends: ({ name }, ms) => `the radio of "${name}" is back after ${durationWords(ms)}`,
}

const lastSteps = [0, 1, 7]

/** `firstDays`: so long before the end it is told for the first time. */
function certificateEnds(firstDays: number): Rule {
  const steps = [...lastSteps.filter(days => days < firstDays), firstDays]
  const daysOf = (city: Watched) => reported(city)?.certificateDays ?? undefined
  return {
    kind: 'certificate',
    holdMs: second,
    judge: city => {
      const days = daysOf(city)
      if (days === undefined) return 'unsure'
      return days <= firstDays ? 'bad' : 'good'
    },
    step: city => steps.find(step => (daysOf(city) ?? 0) <= step) ?? firstDays,
    begins: city => `the certificate of "${city.name}" ${ending(daysOf(city) ?? 0)}: its operator must make a new one`,
    ends: city => `"${city.name}" has a new certificate, good for ${daysWords(daysOf(city) ?? 0)}`,
  }
}

/** That it begins is told where it is seen: when the second machine is refused. */
const clone: Rule = {
  kind: 'clone',
  holdMs: second,
  judge: ({ cloned }) => (cloned ? 'bad' : 'good'),
  begins: () => '',
  ends: ({ name }) => `no second machine has come with the identity of "${name}" for a day`,
}

const everywhere = [backlog, dutyCycle, clockWrong, radioGone] as const

/** `firstDays`: `certificate_days` of the config. */
export function hubRules(firstDays: number): Rule[] {
  return [...everywhere, certificateEnds(firstDays), clone]
}

export function edgeRules(): Rule[] {
  return [linkLost, ...everywhere, certificateEnds(certificateWarnDays)]
}

/** What it says of itself, if that is of now. */
function reported({ connected, self }: Watched) {
  return connected && self !== null ? self : undefined
}

function between(value: number, { bad, good }: { bad: number; good: number }): Verdict {
  if (value >= bad) return 'bad'
  return value < good ? 'good' : 'unsure'
}

function ending(days: number): string {
  if (days < 0) return 'has ended'
  if (days === 0) return 'ends in less than a day'
  return `ends in ${daysWords(days)}`
}
