// What went over the links of this instance, by spoke: written to the store a little later, where all instances add up.
import { StoreUnavailableError } from '#common/errors.ts'
import type { Log } from '#common/log.ts'

/** An instance that dies loses what it has counted since. */
const flushMs = 10_000

export interface SpokeBytes {
  bytes: number
  /** What its config allows a day; undefined: no cap. */
  cap: number | undefined
}

/** What the spokes have sent and got, by day: all @throws StoreUnavailableError */
export interface TrafficStore {
  /** Adds up over all instances. `day` as in dayOf; days older than 31 are forgotten by themselves. */
  add(day: string, bytesById: ReadonlyMap<string, SpokeBytes>): Promise<void>
  of(day: string): Promise<Map<string, SpokeBytes>>
}

export const daysKept = 31

/** The day in UTC of a time in Unix ms: 2026-01-31. */
export function dayOf(at: number): string {
  return new Date(at).toISOString().slice(0, 10)
}

/** Counts up while its link lives. */
interface Counter {
  readonly bytesIn: number
  readonly bytesOut: number
}

interface OpenLink {
  id: string
  cap: number | undefined
  counted: number
}

export interface ByteLedgerParts {
  store: TrafficStore
  log: Log
  /** Unix ms. */
  now: () => number
}

export class ByteLedger {
  readonly #parts: ByteLedgerParts
  readonly #openByCounter = new Map<Counter, OpenLink>()
  #pending = new Map<string, SpokeBytes>()
  readonly #timer: NodeJS.Timeout
  #flushing: Promise<void> | undefined

  constructor(parts: ByteLedgerParts) {
    this.#parts = parts
    this.#timer = setInterval(() => void this.flush(), flushMs).unref()
  }

  /** A link begins; call the returned function when it has ended. */
  open(id: string, counter: Counter, cap: number | undefined): () => void {
    this.#openByCounter.set(counter, { id, cap, counted: 0 })
    return () => {
      this.#count(counter)
      this.#openByCounter.delete(counter)
    }
  }

  /** Writes what was counted since; what could not be written is for the next time. Never throws. */
  flush(): Promise<void> {
    this.#flushing ??= this.#write().finally(() => {
      this.#flushing = undefined
    })
    return this.#flushing
  }

  /** Writes the rest. */
  async close(): Promise<void> {
    clearInterval(this.#timer)
    await this.flush()
  }

  async #write(): Promise<void> {
    for (const counter of this.#openByCounter.keys()) this.#count(counter)
    const bytesById = this.#pending
    if (bytesById.size === 0) return
    this.#pending = new Map()
    const { store, now, log } = this.#parts
    try {
      await store.add(dayOf(now()), bytesById)
    } catch (error) {
      // It may have been written all the same: rather twice than never.
      for (const [id, { bytes, cap }] of bytesById) this.#add(id, bytes, cap)
      if (!(error instanceof StoreUnavailableError))
        log.error({ err: error }, 'the bytes of spokes could not be counted')
    }
  }

  #count(counter: Counter): void {
    const link = this.#openByCounter.get(counter)
    if (link === undefined) return
    const total = counter.bytesIn + counter.bytesOut
    this.#add(link.id, total - link.counted, link.cap)
    link.counted = total
  }

  #add(id: string, bytes: number, cap: number | undefined): void {
    if (bytes > 0) this.#pending.set(id, { bytes: (this.#pending.get(id)?.bytes ?? 0) + bytes, cap })
  }
}
