// When spokes that are refused may ask again: soon while they are few, ever later the more there are.

const rememberedMs = 15 * 60_000
const rememberedMax = 10_000
const waitMsMin = 5000
const waitMsMax = 600_000
/** All together come at most ten times a second: each costs a TLS handshake. */
const msPerSpoke = 100

export class TurnedAway {
  readonly #now: () => number
  /** Who was refused when, the longest ago first. */
  readonly #atById = new Map<string, number>()

  /** `now`: monotonic ms. */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now
  }

  /** A spoke is refused now: ms after which it may come again. */
  waitMs(id: string): number {
    const now = this.#now()
    this.#atById.delete(id)
    this.#atById.set(id, now)
    for (const [other, at] of this.#atById) {
      if (now - at <= rememberedMs && this.#atById.size <= rememberedMax) break
      this.#atById.delete(other)
    }
    return Math.min(waitMsMax, Math.max(waitMsMin, this.#atById.size * msPerSpoke))
  }
}
