// A time as operators write it: a date, a date and time, or how long ago.

const unitMs: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 7 * 86_400_000 }
const agoPattern = /^(\d{1,6})([smhdw])$/
const isoPattern = /^\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?(?:Z|[+-]\d{2}:\d{2}))?$/

export const timeWords = '2026-12-31, 2026-12-31T18:00Z, or how long ago as 30d, 12h, 45m'

/** Unix ms; undefined when it is none. A date alone is its first moment in UTC. `now` in Unix ms. */
export function timeFrom(words: string, now: number): number | undefined {
  const [, count, unit = ''] = agoPattern.exec(words) ?? []
  if (count !== undefined) return now - Number(count) * (unitMs[unit] ?? 0)
  const at = isoPattern.test(words) ? Date.parse(words) : Number.NaN
  return Number.isNaN(at) ? undefined : at
}
