// How often the other end may make us do something: a few times at once, then at a steady pace.

export interface PaceOptions {
  /** So many at once. */
  burst: number
  /** One more in so long. */
  everyMs: number
}

export class Pace {
  readonly #o: PaceOptions
  #full: number
  #at = performance.now()

  constructor(options: PaceOptions) {
    this.#o = options
    this.#full = options.burst
  }

  /** Takes one. @returns ms that are to be waited for it, 0 when it is free */
  take(): number {
    const { burst, everyMs } = this.#o
    const now = performance.now()
    this.#full = Math.min(burst, this.#full + (now - this.#at) / everyMs) - 1
    this.#at = now
    return this.#full >= 0 ? 0 : -this.#full * everyMs
  }
}
