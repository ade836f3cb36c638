// So many log lines a minute for what strangers can cause; the next line after it says how many were kept back.

const minuteMs = 60_000

export class LineBudget {
  readonly #linesPerMinute: number
  readonly #now: () => number
  #since = Number.NEGATIVE_INFINITY
  #lines = 0
  #keptBack = 0

  /** `now`: monotonic ms. */
  constructor(linesPerMinute: number, now: () => number = () => performance.now()) {
    this.#linesPerMinute = linesPerMinute
    this.#now = now
  }

  /** Calls `say` with the text, and what was kept back before it, if the minute has room for it. */
  write(text: string, say: (line: string) => void): void {
    const now = this.#now()
    if (now - this.#since >= minuteMs) {
      this.#since = now
      this.#lines = 0
    }
    if (this.#lines >= this.#linesPerMinute) {
      this.#keptBack += 1
      return
    }
    this.#lines += 1
    say(this.#keptBack === 0 ? text : `${text} (and ${this.#keptBack} such lines before it)`)
    this.#keptBack = 0
  }
}
