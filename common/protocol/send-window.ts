// How much a link may have under way before it is acknowledged, over all its rooms.

export class SendWindow {
  readonly #bytesMax: number
  /** Whoever found the window closed, the longest waiting first. */
  readonly #waiting = new Set<() => void>()
  #bytes = 0

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax
  }

  get open(): boolean {
    return this.#bytes < this.#bytesMax
  }

  /** Sent and not yet acknowledged. */
  get bytes(): number {
    return this.#bytes
  }

  take(bytes: number): void {
    this.#bytes += bytes
  }

  /** What comes free goes to those who wait, each in turn: a room that catches up must not keep the others waiting. */
  release(bytes: number): void {
    this.#bytes -= bytes
    for (const goOn of [...this.#waiting]) {
      if (!this.open) return
      if (this.#waiting.delete(goOn)) goOn()
    }
  }

  /** Calls `goOn` once, when the window is open again. */
  wait(goOn: () => void): void {
    this.#waiting.add(goOn)
  }

  forget(goOn: () => void): void {
    this.#waiting.delete(goOn)
  }
}
