// Bytes of a day, of counters that run since the start: what they had when the day began is taken off.
const dayMs = 86_400_000

/** As many as there may be cities. */
const countersMax = 500

export class DayBytes {
  #day = 0
  #totals = new Map<string, number>()
  #before = new Map<string, number>()

  /** `total` since the start of this process, `now` in Unix ms; days are those of UTC. What came before the start is not known. */
  today(id: string, total: number, now: number): number {
    const day = Math.floor(now / dayMs)
    if (day !== this.#day) {
      this.#before = this.#totals
      this.#totals = new Map()
    }
    this.#day = day
    if (this.#totals.has(id) || this.#totals.size < countersMax) this.#totals.set(id, total)
    return Math.max(0, total - (this.#before.get(id) ?? 0))
  }
}
