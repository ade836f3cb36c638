// Reads of old posts take turns, so that no number of links catching up starves the live ones.

export class Turns {
  readonly #atOnce: number
  /** Jobs that hold a place; a place given up goes straight to the one who waits longest. */
  #taken = 0
  readonly #waiting: (() => void)[] = []

  constructor(atOnce: number) {
    this.#atOnce = atOnce
  }

  /** Runs `job` when its turn comes; between two turns the event loop gets to everything else. */
  async run<T>(job: () => Promise<T>): Promise<T> {
    if (this.#taken < this.#atOnce) this.#taken += 1
    else await new Promise<void>(resolve => this.#waiting.push(resolve))
    try {
      return await job()
    } finally {
      const next = this.#waiting.shift()
      if (next === undefined) this.#taken -= 1
      else setImmediate(next)
    }
  }
}
