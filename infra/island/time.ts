// The time of an island. It runs faster than ours where nobody wants to wait for the air; a test may hold it in its hand.

/** What everything on an island needs of time. */
export interface IslandTime {
  /** Ms of the island. */
  now(): number
  /** Runs it after so many ms of the island, unless it is taken back before. */
  after(ms: number, run: () => void): () => void
  /** The same in ms of ours: for who waits for a program that lives in our time. */
  afterOutside(ms: number, run: () => void): () => void
  /** How many ms of ours it is worth to wait for an answer that takes at most so many ms of the island. */
  patienceMs(ms: number): number
}

/** A room server takes its time (0.3 s before each answer, and more on a busy machine), however fast the air is. */
const patienceMinMs = 3000

export class IslandClock implements IslandTime {
  readonly #speed: number
  readonly #startedAt = performance.now()
  readonly #timers = new Set<NodeJS.Timeout>()

  /** `speed`: ms of the island in one of ours. */
  constructor(speed = 1) {
    this.#speed = speed
  }

  now(): number {
    return (performance.now() - this.#startedAt) * this.#speed
  }

  /** Never early, as timers may be: what was on the air is over then. */
  after(ms: number, run: () => void): () => void {
    const dueAt = this.now() + ms
    let cancel = () => {}
    const look = () => {
      const left = dueAt - this.now()
      if (left <= 0) run()
      else cancel = this.afterOutside(Math.ceil(left / this.#speed), look)
    }
    cancel = this.afterOutside(Math.ceil(ms / this.#speed), look)
    return () => cancel()
  }

  afterOutside(ms: number, run: () => void): () => void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer)
      run()
    }, ms)
    this.#timers.add(timer)
    return () => {
      clearTimeout(timer)
      this.#timers.delete(timer)
    }
  }

  patienceMs(ms: number): number {
    return Math.max(ms / this.#speed, Math.min(ms, patienceMinMs))
  }

  /** Nothing happens on the island any more. */
  stop(): void {
    for (const timer of this.#timers) clearTimeout(timer)
    this.#timers.clear()
  }
}
