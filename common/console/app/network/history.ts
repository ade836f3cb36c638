// Samples of the cities that somebody looks at: asked for when they come into view, many at once, and again when a new one is due.
import { signal } from '@preact/signals'
import { historyIdsMax, type NetworkHistory, type Sample, sampleMs } from '#common/network.ts'
import { NewestMap } from '#common/newest.ts'
import type { Api } from '../server/api.ts'

const gatherMs = 150
const retryMs = 10_000
/** More than are ever in view; a day of samples of one is some 20 kB. */
export const historiesMax = 200

export interface HistoryOptions {
  api: Pick<Api, 'ask'>
  /** Monotonic ms. */
  now: () => number
  later: (job: () => void, ms: number) => void
}

export class History {
  readonly samples = signal<ReadonlyMap<string, readonly Sample[]>>(new Map())
  readonly #o: HistoryOptions
  /** When each is to be asked for anew. */
  readonly #dueAtById = new NewestMap<string, number>(historiesMax)
  #wanted: readonly string[] = []
  #isGathering = false

  constructor(options: HistoryOptions) {
    this.#o = options
  }

  /** Those that are in view now: what was wanted before and has not been asked for is forgotten. */
  want(ids: readonly string[]): void {
    this.#wanted = ids
    if (this.#isGathering || this.#due().length === 0) return
    this.#isGathering = true
    this.#o.later(() => void this.#load(), gatherMs)
  }

  async #load(): Promise<void> {
    this.#isGathering = false
    const ids = this.#due().slice(0, historyIdsMax)
    if (ids.length === 0) return
    this.#dueAgain(ids, sampleMs)
    try {
      const query = new URLSearchParams(ids.map(id => ['id', id])).toString()
      const { samples } = await this.#o.api.ask<NetworkHistory>(`/api/v1/history?${query}`)
      const told = ids.map(id => [id, samples[id] ?? []] as const)
      this.samples.value = new NewestMap(historiesMax, [...this.samples.value, ...told])
    } catch {
      this.#dueAgain(ids, retryMs)
    }
    this.want(this.#wanted)
  }

  #due(): string[] {
    const now = this.#o.now()
    return this.#wanted.filter(id => (this.#dueAtById.get(id) ?? 0) <= now)
  }

  #dueAgain(ids: readonly string[], ms: number): void {
    for (const id of ids) this.#dueAtById.set(id, this.#o.now() + ms)
  }
}
