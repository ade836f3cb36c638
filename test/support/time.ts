// Time that stands still until everybody sleeps: hours pass in milliseconds, and always in the same order.

/** A clock that goes on only when everybody sleeps. */
export class Time {
  now = 0
  readonly #sleepers = new Set<{ at: number; wake: () => void }>()

  sleep(ms: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return Promise.resolve()
    return new Promise(resolve => {
      const sleeper = { at: this.now + ms, wake: resolve }
      this.#sleepers.add(sleeper)
      signal.addEventListener('abort', () => {
        this.#sleepers.delete(sleeper)
        resolve()
      })
    })
  }

  async run(ms: number): Promise<void> {
    const until = this.now + ms
    for (;;) {
      await new Promise(resolve => setImmediate(resolve))
      const [first] = [...this.#sleepers].sort((a, b) => a.at - b.at)
      if (first === undefined || first.at > until) break
      this.#sleepers.delete(first)
      this.now = Math.max(this.now, first.at)
      first.wake()
    }
    this.now = until
  }
}
