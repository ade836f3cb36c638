// The time of an island in a test's hand: it goes on when it is told to, from timer to timer.
import { setImmediate as settled } from 'node:timers/promises'
import type { IslandTime } from '#infra/island/time.ts'

interface Timer {
  at: number
  run: () => void
}

export class HeldTime implements IslandTime {
  #now = 0
  readonly #timers = new Set<Timer>()

  now(): number {
    return this.#now
  }

  after(ms: number, run: () => void): () => void {
    const timer = { at: this.#now + ms, run }
    this.#timers.add(timer)
    return () => void this.#timers.delete(timer)
  }

  afterOutside(ms: number, run: () => void): () => void {
    return this.after(ms, run)
  }

  patienceMs(ms: number): number {
    return ms
  }

  /** Everything that is due within so many ms happens, in its order. */
  advance(ms: number): void {
    const endAt = this.#now + ms
    while (this.#step(endAt));
    this.#now = endAt
  }

  /** The same, and after each step whoever awaits something goes on. */
  async pass(ms: number): Promise<void> {
    const endAt = this.#now + ms
    do await settled()
    while (this.#step(endAt))
    this.#now = endAt
    await settled()
  }

  #step(endAt: number): boolean {
    const [next] = [...this.#timers].filter(({ at }) => at <= endAt).sort((a, b) => a.at - b.at)
    if (next === undefined) return false
    this.#timers.delete(next)
    this.#now = Math.max(this.#now, next.at)
    next.run()
    return true
  }
}
