// Is the clock right? Against this release, the posts that are here, and the clocks of the servers that answered.
import { clockToleranceMs } from '#common/trouble-limits.ts'
import { durationWords } from '#common/words.ts'
import { type Finding, sayer } from './finding.ts'

const setClock = 'timedatectl set-ntp true'

/** The clock of a server that answered. */
export interface OtherClock {
  name: string
  /** Theirs minus ours. */
  offMs: number
}

export interface ClockFacts {
  /** Unix ms, of the system. */
  now: number
  releasedAt: number
  /** By how much the running server knows the system's clock to be wrong, server minus system; undefined: it does not run. */
  systemOffMs: number | undefined
  others: readonly OtherClock[]
}

export function clockFindings({ now, releasedAt, systemOffMs = 0, others }: ClockFacts): Finding[] {
  const say = sayer('clock', 'clock: ')
  const shown = new Date(now).toISOString()
  if (now < releasedAt) {
    const text = `this machine says ${shown}, which is before this program was made`
    return [
      say.fault(text, `${setClock}; without internet: timedatectl set-time "2026-12-31 23:59:59" with the right time`),
    ]
  }
  const wrong = others.filter(({ offMs }) => Math.abs(offMs) > clockToleranceMs)
  if (isOurs(others, wrong)) {
    const { offMs, name } = wrong[0] ?? { offMs: 0, name: '' }
    return [say.fault(`this machine is ${amount(-offMs)} "${name}"${agreeing(wrong.length)}`, setClock)]
  }
  if (Math.abs(systemOffMs) > clockToleranceMs) {
    const text = `this machine is ${amount(-systemOffMs)} the posts that it has written or the hub; it says ${shown}`
    return [say.fault(text, setClock)]
  }
  if (wrong.length > 0) return wrong.map(other => say.warn(...doubt(other, others.length)))
  const compared = others.length === 0 ? '' : `, within ${Math.ceil(worst(others) / 1000)} s of ${names(others)}`
  return [say.ok(`${shown}${compared}`)]
}

/** All others differ from us, and agree with each other. */
function isOurs(others: readonly OtherClock[], wrong: readonly OtherClock[]): boolean {
  if (wrong.length < 2 || wrong.length < others.length) return false
  const offsets = wrong.map(({ offMs }) => offMs)
  return Math.max(...offsets) - Math.min(...offsets) <= 2 * clockToleranceMs
}

function doubt({ name, offMs }: OtherClock, count: number): [text: string, advice: string] {
  const text = `"${name}" is ${amount(offMs)} this machine`
  if (count > 1) return [text, `others agree with this machine: on "${name}" type ${setClock}`]
  return [text, `compare both with a watch (type date), and where it is wrong type ${setClock}`]
}

/** `12 minutes ahead of`, `3 days behind`. */
function amount(ms: number): string {
  return `${durationWords(Math.abs(ms))} ${ms > 0 ? 'ahead of' : 'behind'}`
}

function agreeing(count: number): string {
  return count === 2 ? ' and one other, which agree' : ` and ${count - 1} others, which agree`
}

function worst(others: readonly OtherClock[]): number {
  return Math.max(...others.map(({ offMs }) => Math.abs(offMs)))
}

function names(others: readonly OtherClock[]): string {
  const [first, ...more] = others
  return `"${first?.name}"${more.length === 0 ? '' : ` and ${more.length} more`}`
}
