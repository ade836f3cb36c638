// The second that what we send bears: by the radio's clock, never the same twice, never one back. Two posts of one second, or
// one in the second of a login, are acknowledged by a room server and lost.

export interface RadioClockParts {
  /** Of the last run; 0 at the first. */
  last: number
  /** On disk when it returns. @throws StoreUnavailableError */
  save: (last: number) => void
  /** Unix seconds of the radio's clock, as good as we know it: the radio stamps logins by itself. */
  seconds: () => number
}

/** How well the radio's clock is known: it tells whole seconds, and is asked now and then. */
const slackSeconds = 2
const loginMaxMs = 30_000

/** One for each pair of radio identity and room, or channel. */
export class RadioClock {
  readonly #p: RadioClockParts
  #last: number

  constructor(parts: RadioClockParts) {
    this.#p = parts
    this.#last = parts.last
  }

  /** The last that was spent. */
  get last(): number {
    return this.#last
  }

  /** Unix seconds for what we stamp. */
  next(): number {
    return this.#spend(Math.floor(this.#p.seconds()))
  }

  /** The radio stamps a login now: what comes after it must be later. */
  spendForLogin(): void {
    this.#spend(Math.floor(this.#p.seconds()) + slackSeconds)
  }

  /**
   * Ms until a login is later than all that was said before: a room server does not answer an earlier one. A radio whose
   * clock has been set far back is not waited for: it may be another one, whom the room does not know.
   */
  get loginInMs(): number {
    return Math.max(0, Math.min(loginMaxMs, (this.#last + 1 - this.#p.seconds()) * 1000))
  }

  #spend(second: number): number {
    this.#last = Math.max(this.#last + 1, second)
    this.#p.save(this.#last)
    return this.#last
  }
}
