// The round trips of one link: the last, and what is usual.

/** Of the last 64 round trips, in ms with one decimal. */
export interface LatencyFacts {
  lastMs: number
  medianMs: number
  p90Ms: number
}

const kept = 64

export class Latencies {
  #ms: number[] = []

  add(ms: number): void {
    this.#ms = [...this.#ms.slice(1 - kept), Math.round(ms * 10) / 10]
  }

  /** Each a round trip that was measured (nearest rank); undefined before the first. */
  facts(): LatencyFacts | undefined {
    const lastMs = this.#ms.at(-1)
    if (lastMs === undefined) return undefined
    const sorted = this.#ms.toSorted((a, b) => a - b)
    const rank = (share: number) => sorted[Math.ceil(share * sorted.length) - 1] ?? 0
    return { lastMs, medianMs: rank(0.5), p90Ms: rank(0.9) }
  }
}
