// What an outbox asks its store: in turn with others, again while the store is away, and forgotten when it is of no use any more.
import { setTimeout as delay } from 'node:timers/promises'
import { StoreUnavailableError } from '../errors.ts'
import type { Turns } from './turns.ts'

const storeRetryMs = 1000

export class StoreQuestions {
  readonly #turns: Turns
  readonly #fail: (error: unknown) => void
  /** Grows with every `drop`. */
  #generation = 0

  /** `fail` is told when the store failed for good. */
  constructor(turns: Turns, fail: (error: unknown) => void) {
    this.#turns = turns
    this.#fail = fail
  }

  /** Nobody waits any more for the answers to what was asked so far. */
  drop(): void {
    this.#generation += 1
  }

  /** The answer, tried until it comes; undefined when it was dropped. Never rejects. */
  async ask<T>(read: () => Promise<T>): Promise<T | undefined> {
    const generation = this.#generation
    const isWanted = () => generation === this.#generation
    while (isWanted()) {
      try {
        const answer = await this.#turns.run(async () => (isWanted() ? read() : undefined))
        return isWanted() ? answer : undefined
      } catch (error) {
        if (!isWanted()) return undefined
        if (error instanceof StoreUnavailableError) await delay(storeRetryMs, undefined, { ref: false })
        else this.#fail(error)
      }
    }
    return undefined
  }
}
