// Who waits for something to be heard: one of several names, or the end of the time that it may take.
import type { IslandTime } from './time.ts'

/** What came with the name; undefined when nothing came in time, or the island has ended. */
export type Answers = Promise<Uint8Array | undefined>

interface Waiter {
  names: readonly string[]
  done: (answer: Uint8Array | undefined) => void
}

export class Waiters {
  readonly #time: IslandTime
  readonly #waiting = new Set<Waiter>()
  #isOver = false

  constructor(time: IslandTime) {
    this.#time = time
  }

  /** `maxMs`: of the island, as the firmware tells the app. */
  async first(names: readonly string[], maxMs: number): Answers {
    const ms = this.#time.patienceMs(maxMs)
    return await this.#wait(names, run => this.#time.afterOutside(ms, run))
  }

  /** Ms of the island. */
  async pause(ms: number): Promise<void> {
    await this.#wait([], run => this.#time.after(ms, run))
  }

  /** True when somebody has waited for it. */
  hear(name: string, bytes: Uint8Array): boolean {
    const heard = [...this.#waiting].filter(({ names }) => names.includes(name))
    for (const waiter of heard) {
      this.#waiting.delete(waiter)
      waiter.done(Uint8Array.from(bytes))
    }
    return heard.length > 0
  }

  /** Nobody waits any more. */
  end(): void {
    this.#isOver = true
    for (const { done } of this.#waiting) done(undefined)
  }

  /** `timer`: runs it at the end of the wait; gives what takes that back. */
  async #wait(names: readonly string[], timer: (run: () => void) => () => void): Answers {
    if (this.#isOver) return undefined
    const { promise, resolve } = Promise.withResolvers<Uint8Array | undefined>()
    const waiter = { names, done: resolve }
    this.#waiting.add(waiter)
    const cancel = timer(() => resolve(undefined))
    try {
      return await promise
    } finally {
      cancel()
      this.#waiting.delete(waiter)
    }
  }
}
