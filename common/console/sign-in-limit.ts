// How often anybody may try to sign in: too seldom for guesses, from one address or from many, and seldom kept from others.
import { RateLimitError } from '../errors.ts'
import { clientKey } from '../http/connections.ts'

const minuteMs = 60_000
/** Tries of one address in a minute that may fail. */
const triesMax = 10
/** From so many on, of all addresses together, each has one try: whoever knows a token needs no more. */
const crowd = 200
/** Then nobody has one until the minute is over; so many addresses are remembered. */
const allTriesMax = 2000

export class SignInLimit {
  readonly #now: () => number
  readonly #triesByAddress = new Map<string, number>()
  #tries = 0
  #minuteAt = Number.NEGATIVE_INFINITY

  /** `now`: monotonic ms. */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now
  }

  /**
   * What `job` resolves to; only when that is undefined the try has failed, and counts. Counted from the begin on, so that many
   * at once are not more than one after the other. @throws RateLimitError and what `job` throws
   */
  async try<T>(address: string, job: () => Promise<T | undefined>): Promise<T | undefined> {
    const key = clientKey(address)
    const minuteAt = this.#take(key)
    let hasFailed = false
    try {
      const result = await job()
      hasFailed = result === undefined
      return result
    } finally {
      if (!hasFailed && minuteAt === this.#minuteAt) this.#count(key, -1)
    }
  }

  /** Gives the minute in which it counts. */
  #take(key: string): number {
    if (this.#now() - this.#minuteAt >= minuteMs) {
      this.#minuteAt = this.#now()
      this.#triesByAddress.clear()
      this.#tries = 0
    }
    const max = this.#tries < crowd ? triesMax : 1
    if (this.#tries >= allTriesMax || (this.#triesByAddress.get(key) ?? 0) >= max) throw this.#tooMany()
    this.#count(key, 1)
    return this.#minuteAt
  }

  #count(key: string, change: 1 | -1): void {
    this.#triesByAddress.set(key, (this.#triesByAddress.get(key) ?? 0) + change)
    this.#tries += change
  }

  #tooMany(): RateLimitError {
    const waitMs = this.#minuteAt + minuteMs - this.#now()
    const message = `too many tries to sign in; try again in ${Math.ceil(waitMs / 1000)} s`
    return new RateLimitError('too_many_sign_ins', message, waitMs)
  }
}
