// What stays as it is until somebody does something is said once an hour in the log, not at every try.

const hourMs = 3_600_000

export class SaidLately {
  readonly #max: number
  readonly #now: () => number
  /** The oldest first; monotonic ms. */
  readonly #saidAt = new Map<string, number>()

  /** `max`: beyond so many the oldest is forgotten. `now`: monotonic ms. */
  constructor(max: number, now: () => number = () => performance.now()) {
    this.#max = max
    this.#now = now
  }

  /** True when it was not said within the last hour; it counts as said then. */
  isNews(what: string): boolean {
    const now = this.#now()
    const saidAt = this.#saidAt.get(what)
    if (saidAt !== undefined && now - saidAt < hourMs) return false
    this.#saidAt.delete(what)
    this.#saidAt.set(what, now)
    const [oldest] = this.#saidAt.keys()
    if (this.#saidAt.size > this.#max && oldest !== undefined) this.#saidAt.delete(oldest)
    return true
  }
}
