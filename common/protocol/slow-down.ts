// A wait that ends at once when the link does.
import { setTimeout as delay } from 'node:timers/promises'

export class SlowDown {
  #cut: AbortController | undefined
  #isOver = false

  async wait(ms: number): Promise<void> {
    if (ms <= 0 || this.#isOver) return
    this.#cut = new AbortController()
    await delay(ms, undefined, { signal: this.#cut.signal, ref: false }).catch(() => {})
    this.#cut = undefined
  }

  end(): void {
    this.#isOver = true
    this.#cut?.abort()
  }
}
