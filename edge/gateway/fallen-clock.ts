// The clock of a room server, as its answers to logins show it. One without a battery begins anew at every restart.
import type { Kept } from './kept.ts'

/** More than clocks drift apart between two logins, and less than a restart takes. */
const fallenBackSeconds = 10

export interface ClockBefore {
  /** Seconds by which it was ahead of ours at the last login; it is kept for the next. */
  roomAhead: Kept<number>
  /** Its second of the last push that was stored. */
  synced: number | undefined
}

/** `seconds`: of its clock at a login; undefined from older servers. `now`: Unix ms. It has no other way back than a restart. */
export function hasFallenBack(seconds: number | undefined, now: number, { roomAhead, synced }: ClockBefore): boolean {
  if (seconds === undefined) return false
  const ahead = Math.round(seconds - now / 1000)
  const before = roomAhead.load()
  roomAhead.save(ahead)
  return seconds < (synced ?? 0) || (before !== undefined && ahead < before - fallenBackSeconds)
}
