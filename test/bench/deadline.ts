// Waits that end: a deadline for a promise, and a count to be reached.

/** Rejects with an Error that names `what` when the promise takes longer than `ms`. */
export function within<T>(ms: number, what: string, promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what}: not within ${ms} ms`)), ms)
  })
  return Promise.race([promise, late]).finally(() => clearTimeout(timer))
}

/** Counts up; a waiter is told when its number is reached. */
export class Tally {
  count = 0
  /** performance.now() of the last change. */
  lastAt = 0
  #goal = Number.POSITIVE_INFINITY
  #reached: () => void = () => {}

  add(at: number): void {
    this.count += 1
    this.lastAt = at
    if (this.count >= this.#goal) this.#reached()
  }

  /** Resolves when the count is at least `goal`; one waiter at a time. */
  reach(goal: number, ms: number, what: string): Promise<void> {
    if (this.count >= goal) return Promise.resolve()
    this.#goal = goal
    const reached = new Promise<void>(resolve => {
      this.#reached = resolve
    })
    return within(ms, what, reached).catch((error: Error) => {
      throw new Error(`${error.message}, ${this.count} of ${goal}`)
    })
  }
}
