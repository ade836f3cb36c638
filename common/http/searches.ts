// Searches take turns: one reads thousands of posts and keeps a core busy for a tenth of a second, so that links and posts would wait
// for many of them at once.
import { RateLimitError } from '../errors.ts'
import { Turns } from '../protocol/turns.ts'

/** Of one holder of a token, begun or waiting. */
const ownMax = 16
const retryMs = 2000

export class Searches {
  readonly #turns = new Turns(1)
  readonly #countByHolder = new Map<string, number>()

  /** Runs `job`, the search of `who`, when its turn comes. @throws RateLimitError when he waits for too many already, and what `job` throws */
  async run<T>(who: string, job: () => Promise<T>): Promise<T> {
    const own = this.#countByHolder.get(who) ?? 0
    if (own >= ownMax)
      throw new RateLimitError(
        'too_many_searches',
        `${ownMax} searches with this token are not answered yet; wait for them`,
        retryMs,
      )
    this.#countByHolder.set(who, own + 1)
    try {
      return await this.#turns.run(job)
    } finally {
      const left = (this.#countByHolder.get(who) ?? 1) - 1
      if (left === 0) this.#countByHolder.delete(who)
      else this.#countByHolder.set(who, left)
    }
  }
}
