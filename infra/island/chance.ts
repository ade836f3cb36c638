// Chance that can be had again: the same seed gives the same numbers.
import { createHash } from 'node:crypto'

/** The next number, 0 up to but not 1. */
export type Chance = () => number

/** Numbers of their own for every seed; good enough for dice, and for nothing secret (the generator is mulberry32). */
export function chanceOf(seed: string): Chance {
  let state = createHash('sha256').update(seed).digest().readUInt32LE(0)
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000
  }
}

/** A whole number from `min` up to but not `max`, as the firmware's RNG::nextInt. */
export function wholeFrom(chance: Chance, min: number, max: number): number {
  return min + Math.floor(chance() * (max - min))
}
