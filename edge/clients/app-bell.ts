// Tells an app that texts wait: at once when it has read everything, and again when it does not go on reading.

/** An app that reads is left alone: some begin to read a second time when they are told in the middle. */
const quietMs = 2000

export interface AppBellParts {
  isWaiting: () => Promise<boolean>
  tell: () => void
  /** It could not be seen whether something waits: it is looked at again. */
  failed: (error: unknown) => void
  /** Monotonic ms. */
  ticks: () => number
}

export class AppBell {
  readonly #p: AppBellParts
  #timer: NodeJS.Timeout | undefined
  /** Nothing is said before. */
  #quietUntil = 0
  #isOver = false

  constructor(parts: AppBellParts) {
    this.#p = parts
  }

  /** There may be something. */
  ring(): void {
    if (this.#timer !== undefined || this.#isOver) return
    const waitMs = Math.max(0, this.#quietUntil - this.#p.ticks())
    this.#timer = setTimeout(() => void this.#look(), waitMs)
  }

  /** The app has got a text, and will most likely ask for the next one. */
  reading(): void {
    this.#hush()
    this.ring()
  }

  /** The app was told that nothing waits. */
  drained(): void {
    this.#quietUntil = 0
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.ring()
  }

  stop(): void {
    this.#isOver = true
    clearTimeout(this.#timer)
  }

  async #look(): Promise<void> {
    this.#timer = undefined
    if (this.#quietUntil > this.#p.ticks()) return this.ring()
    try {
      if (!(await this.#p.isWaiting()) || this.#isOver) return
      this.#hush()
      this.#p.tell()
    } catch (error) {
      this.#p.failed(error)
      this.#hush()
      this.ring()
    }
  }

  #hush(): void {
    this.#quietUntil = this.#p.ticks() + quietMs
  }
}
