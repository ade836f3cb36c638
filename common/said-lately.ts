// What stays as it is until somebody does something is said once an hour in the log, not at every try.
import { NewestMap } from './newest.ts'

const hourMs = 3_600_000

export class SaidLately {
  readonly #now: () => number
  /** Monotonic ms. */
  readonly #saidAt: NewestMap<string, number>

  /** `max`: beyond so many the oldest is forgotten. `now`: monotonic ms. */
  constructor(max: number, now: () => number = () => performance.now()) {
    this.#saidAt = new NewestMap(max)
    this.#now = now
  }

  /** True when it was not said within the last hour; it counts as said then. */
  isNews(what: string): boolean {
    const now = this.#now()
    const saidAt = this.#saidAt.get(what)
    if (saidAt !== undefined && now - saidAt < hourMs) return false
    this.#saidAt.set(what, now)
    return true
  }
}
