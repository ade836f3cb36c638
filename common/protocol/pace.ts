// How often the other end may make us do something: a few times at once, then at a steady pace.

export interface PaceOptions {
  /** So many at once. */
  burst: number
  /** One more in so long. */
  everyMs: number
  /** Monotonic ms. */
  now?: () => number
}

export class Pace {
  readonly #o: PaceOptions
  readonly #now: () => number
  #full: number
  #at: number

  constructor(options: PaceOptions) {
    this.#o = options
    this.#full = options.burst
    this.#now = options.now ?? (() => performance.now())
    this.#at = this.#now()
  }

  /** Takes `count`. @returns ms that are to be waited for them, 0 when they are free */
  take(count = 1): number {
    const { burst, everyMs } = this.#o
    const now = this.#now()
    this.#full = Math.min(burst, this.#full + (now - this.#at) / everyMs) - count
    this.#at = now
    return this.#full >= 0 ? 0 : -this.#full * everyMs
  }

  /** Of what was taken so much was not made use of. */
  giveBack(count: number): void {
    this.#full = Math.min(this.#o.burst, this.#full + count)
  }
}
