// The time on posts. A Raspberry Pi without a clock wakes up in 1970; its posts must not be expired at birth.
import { clockToleranceMs } from './trouble-limits.ts'

/** The system's clock and the monotonic one part by more than this only when somebody set the former. */
const steppedMs = 30_000

/** The year 2099: server cards end with 2100. */
const beyondBeliefAt = 4_070_908_800_000

export interface ClockOptions {
  /** Unix ms that have surely passed: of the last post made here, of the certificate's first day, of this release. */
  floorAt: number
  systemNow?: () => number
  monotonicNow?: () => number
}

export class Clock {
  readonly #systemNow: () => number
  readonly #monotonicNow: () => number
  /** Both clocks when the system's was last judged. */
  #anchor: { system: number; monotonic: number }
  #offsetMs: number
  #lastAt: number

  constructor({ floorAt, systemNow = Date.now, monotonicNow = () => performance.now() }: ClockOptions) {
    this.#systemNow = systemNow
    this.#monotonicNow = monotonicNow
    this.#lastAt = floorAt
    this.#anchor = { system: systemNow(), monotonic: monotonicNow() }
    this.#offsetMs = this.#judge(this.#anchor.system)
  }

  /** Unix ms, as good as we know it. */
  now(): number {
    const system = this.#systemNow()
    const monotonic = this.#monotonicNow()
    const step = system - this.#anchor.system - (monotonic - this.#anchor.monotonic)
    if (Math.abs(step) > steppedMs) {
      // Set by NTP or by hand: what we knew of its error is no longer true.
      this.#anchor = { system, monotonic }
      this.#offsetMs = this.#judge(system)
    }
    return Math.round(system + this.#offsetMs)
  }

  /** The time for the next post made here: strictly increasing, also when the clock goes back. */
  stamp(): number {
    this.#lastAt = Math.max(this.now(), this.#lastAt + 1)
    return this.#lastAt
  }

  /** The time we use minus the system's clock, in ms; 0 while that is believed. */
  get systemOffMs(): number {
    return Math.round(this.#offsetMs)
  }

  /**
   * A proved hub's clock is `offMs` ahead of ours: ours gives way when it is far off.
   * Returns true when it did; a clock beyond belief moves nothing, for no server takes what is stamped so late.
   */
  compare(offMs: number): boolean {
    if (Math.abs(offMs) <= clockToleranceMs) return false
    if (this.now() + offMs >= beyondBeliefAt) return false
    const offset = this.#offsetMs + offMs
    this.#offsetMs = Math.abs(offset) <= clockToleranceMs ? 0 : offset
    return true
  }

  /** The correction that takes the system's time at least to what has surely passed. */
  #judge(system: number): number {
    return system + clockToleranceMs < this.#lastAt ? this.#lastAt - system : 0
  }
}
