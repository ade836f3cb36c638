// Runs one look at a time: at intervals, and whenever somebody has a reason to look at once.

export class Watch {
  readonly #look: () => Promise<void>
  readonly #timer: NodeJS.Timeout
  #looking: Promise<void> | undefined
  #isLookDue = false
  #isClosed = false

  /** `look` must not reject. */
  constructor(look: () => Promise<void>, everyMs: number) {
    this.#look = look
    this.#timer = setInterval(() => this.look(), everyMs)
  }

  /** What happens during a look is for the next, which follows at once. */
  look(): void {
    if (this.#isClosed) return
    if (this.#looking !== undefined) {
      this.#isLookDue = true
      return
    }
    this.#isLookDue = false
    this.#looking = this.#look().finally(() => {
      this.#looking = undefined
      if (this.#isLookDue) this.look()
    })
  }

  /** Resolves when the last look has ended. */
  async close(): Promise<void> {
    this.#isClosed = true
    clearInterval(this.#timer)
    await this.#looking
  }
}
