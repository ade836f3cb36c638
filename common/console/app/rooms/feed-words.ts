// Times and delays of posts as people at a console read them, in their own time zone or in UTC.
import { durationWords } from '#common/words.ts'

export type Zone = 'local' | 'utc'

/** From here on a post is marked as late. */
const lateMs = 60_000
/** A delay below is not worth a word. */
const promptMs = 5000
/** Clocks of two servers are never the same. */
const clockSlackMs = 5000

export interface Delay {
  kind: 'prompt' | 'slow' | 'late' | 'ahead'
  ms: number
}

/** Between the writing of a post, by its city's clock, and its arrival at the server that shows it. `ahead`: it bears a time that was yet to come. */
export function delayOf({ at, receivedAt }: { at: number; receivedAt: number }): Delay {
  const ms = receivedAt - at
  if (ms < -clockSlackMs) return { kind: 'ahead', ms }
  if (ms < promptMs) return { kind: 'prompt', ms: Math.max(0, ms) }
  return { kind: ms < lateMs ? 'slow' : 'late', ms }
}

/** Like `+12 s`, `15 min late`, `clock 40 s ahead`; empty where nothing is to be said. */
export function delayWords({ kind, ms }: Delay): string {
  if (kind === 'prompt') return ''
  const words = durationWords(Math.abs(ms))
  if (kind === 'slow') return `+${words}`
  return kind === 'late' ? `${words} late` : `clock ${words} ahead`
}

/** What the short words mean, for a tooltip and for who cannot see the mark. */
export function delaySentence({ kind, ms }: Delay): string {
  const words = durationWords(Math.abs(ms))
  if (kind === 'ahead') return `It bears a time ${words} after its arrival here: a clock is wrong.`
  if (kind === 'late') return `It came late: it arrived here ${words} after it was written.`
  return `It arrived here ${words} after it was written.`
}

const two = (n: number) => String(n).padStart(2, '0')

interface Parts {
  year: number
  month: number
  day: number
  hour: number
  minute: number
  second: number
}

function partsOf(ms: number, zone: Zone): Parts {
  const date = new Date(ms)
  if (zone === 'utc') {
    const [year, month, day] = [date.getUTCFullYear(), date.getUTCMonth() + 1, date.getUTCDate()]
    return { year, month, day, hour: date.getUTCHours(), minute: date.getUTCMinutes(), second: date.getUTCSeconds() }
  }
  const [year, month, day] = [date.getFullYear(), date.getMonth() + 1, date.getDate()]
  return { year, month, day, hour: date.getHours(), minute: date.getMinutes(), second: date.getSeconds() }
}

/** `2026-11-26`. */
export function dateText(ms: number, zone: Zone): string {
  const { year, month, day } = partsOf(ms, zone)
  return `${String(year).padStart(4, '0')}-${two(month)}-${two(day)}`
}

/** `14:05`. */
export function clockText(ms: number, zone: Zone): string {
  const { hour, minute } = partsOf(ms, zone)
  return `${two(hour)}:${two(minute)}`
}

/** `2026-11-26 14:05:09`. */
export function stampText(ms: number, zone: Zone): string {
  return `${dateText(ms, zone)} ${clockText(ms, zone)}:${two(partsOf(ms, zone).second)}`
}

/** `UTC`, `UTC+01:00`: the zone of a time. */
export function zoneText(ms: number, zone: Zone): string {
  const minutes = zone === 'utc' ? 0 : -new Date(ms).getTimezoneOffset()
  if (minutes === 0) return 'UTC'
  const size = Math.abs(minutes)
  return `UTC${minutes < 0 ? '-' : '+'}${two(Math.floor(size / 60))}:${two(size % 60)}`
}

/** First ms of the day that `ms` is in, `days` later. */
export function startOfDay(ms: number, zone: Zone, days = 0): number {
  const { year, month, day } = partsOf(ms, zone)
  if (zone === 'utc') return Date.UTC(year, month - 1, day + days)
  return new Date(year, month - 1, day + days).getTime()
}

const weekdays = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday']
const months = [
  ...['January', 'February', 'March', 'April', 'May', 'June'],
  ...['July', 'August', 'September', 'October', 'November', 'December'],
]

/** `Today`, `Yesterday`, `Thursday 26 November`, with the year when it is not this one. */
export function dayWords(ms: number, now: number, zone: Zone): string {
  const start = startOfDay(ms, zone)
  if (start === startOfDay(now, zone)) return 'Today'
  if (start === startOfDay(now, zone, -1)) return 'Yesterday'
  const { year, month, day } = partsOf(ms, zone)
  const weekday = weekdays[new Date(Date.UTC(year, month - 1, day)).getUTCDay()] ?? ''
  const words = `${weekday} ${day} ${months[month - 1] ?? ''}`
  return year === partsOf(now, zone).year ? words : `${words} ${year}`
}

/** The time of a post beside others of `shownOn`: with its date where that is another day. */
export function timeWords(ms: number, shownOn: number, zone: Zone): string {
  if (startOfDay(ms, zone) === startOfDay(shownOn, zone)) return clockText(ms, zone)
  const { month, day } = partsOf(ms, zone)
  return `${day} ${(months[month - 1] ?? '').slice(0, 3)} ${clockText(ms, zone)}`
}
