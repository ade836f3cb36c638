// How this city and its links were in the last day: a sample every five minutes, in memory.
import { type City, type NetworkHistory, type Sample, sampleMs } from '#common/network.ts'
import { NewestMap } from '#common/newest.ts'

/** Of a day. */
const samplesMax = (24 * 3_600_000) / sampleMs
/** Servers that come and go with a new identity each must not fill the memory. */
const citiesMax = 500

export class Samples {
  readonly #byId = new NewestMap<string, Sample[]>(citiesMax)

  /** `at`: Unix ms. */
  add(cities: readonly City[], at: number): void {
    for (const { id, latencyMs, backlog, self } of cities) {
      const before = this.#byId.get(id) ?? []
      const sample = { at, latencyMs, backlog, budgetUsed: self?.radio?.budgetUsed ?? null }
      this.#byId.set(id, [...before.slice(1 - samplesMax), sample])
    }
  }

  /** The oldest first; an id that is not known has none. */
  of(ids: readonly string[]): NetworkHistory {
    return { samples: Object.fromEntries(ids.map(id => [id, this.#byId.get(id) ?? []])) }
  }
}
