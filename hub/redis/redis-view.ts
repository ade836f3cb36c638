// What this process knows of a room's log in Redis: its head and tail, moved on by own appends, by the bus and by looking.
import { LogTail } from '#common/log-tail.ts'
import type { Entry, LogChange, LogHead } from '#common/post-log.ts'
import type { AppendOutcome } from './redis-append.ts'

const pageEntries = 500
/** A hole longer than this is not filled: the tail begins anew behind it, and readers page through the store. */
const holeEntriesMax = 1_000

export interface RedisViewParts {
  /** Bound of the tail, as of LogTail. */
  tailBytes: number
  /** As PostLog.readAfter. */
  read: (offset: number, limit: number) => Promise<Entry[]>
  /** Asks the store where the log stands; it ends in moveTo(). */
  refresh: () => Promise<unknown>
  /** The view may be behind the store and could not mend it. */
  onStale: () => void
}

export class RedisView {
  readonly tail: LogTail
  readonly #parts: RedisViewParts
  readonly #listeners = new Set<(change: LogChange) => void>()
  #head: LogHead
  /** The newest place heard of on the bus and not yet reached. */
  #heard: { epoch: string; head: number } | undefined
  #isAppending = false
  #isCatchingUp = false

  constructor(head: LogHead, parts: RedisViewParts) {
    this.#parts = parts
    this.#head = head
    this.tail = new LogTail(parts.tailBytes, head.head)
  }

  get head(): LogHead {
    return this.#head
  }

  subscribe(listener: (change: LogChange) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** The store says that the log stands here. @throws StoreUnavailableError when what is between cannot be read */
  async moveTo(log: LogHead): Promise<void> {
    if (log.epoch !== this.#head.epoch) return this.#begin(log)
    if (log.first !== this.#head.first) this.#head = { ...this.#head, first: log.first }
    await this.#fill(log.epoch, log.head)
  }

  /** Runs one append of ours. What the bus tells meanwhile waits: most of it is this append. */
  async whileAppending<T>(append: () => Promise<T>): Promise<T> {
    this.#isAppending = true
    try {
      return await append()
    } finally {
      this.#isAppending = false
      void this.#catchUp()
    }
  }

  /** Takes over what our own append stored, and what others stored before it. Never fails: it is stored. */
  async take({ log, before, entries }: AppendOutcome): Promise<void> {
    try {
      await this.moveTo({ ...log, head: before })
    } catch {
      this.#parts.onStale()
    }
    if (this.#head.epoch === log.epoch && this.tail.head >= before) this.#push(entries)
  }

  /** The bus says that somebody has appended up to `head`. */
  hear(epoch: string, head: number): void {
    if (epoch === this.#head.epoch && head <= this.tail.head) return
    this.#heard = { epoch, head }
    void this.#catchUp()
  }

  async #catchUp(): Promise<void> {
    if (this.#isCatchingUp) return
    this.#isCatchingUp = true
    try {
      while (this.#heard !== undefined && !this.#isAppending) {
        const { epoch, head } = this.#heard
        this.#heard = undefined
        // An entry of the bus may be older than what we know: only the store can say that the epoch is another.
        if (epoch === this.#head.epoch) await this.#fill(epoch, head)
        else await this.#parts.refresh()
      }
    } catch {
      this.#parts.onStale()
    } finally {
      this.#isCatchingUp = false
    }
  }

  /** Reads what is missing in the tail up to `target`. Others may move the tail meanwhile. */
  async #fill(epoch: string, target: number): Promise<void> {
    while (this.#head.epoch === epoch && this.tail.head < target) {
      if (target - this.tail.head > holeEntriesMax) this.tail.reset(target - holeEntriesMax)
      const after = this.tail.head
      const entries = await this.#parts.read(after, pageEntries)
      if (this.#head.epoch !== epoch || this.tail.head !== after) continue
      const [next] = entries
      // Trimmed before we came for it.
      if (next === undefined) this.tail.reset(target)
      else if (next.offset > after + 1) this.tail.reset(next.offset - 1)
      this.#push(entries)
    }
  }

  #push(entries: readonly Entry[]): void {
    this.tail.push(entries)
    if (this.#head.head === this.tail.head) return
    this.#head = { ...this.#head, head: this.tail.head }
    this.#tell('posts')
  }

  #begin(log: LogHead): void {
    this.tail.reset(log.head)
    this.#head = { epoch: log.epoch, first: log.first, head: log.head }
    this.#tell('epoch')
  }

  #tell(change: LogChange): void {
    for (const listener of this.#listeners) {
      try {
        listener(change)
      } catch {
        // A careless listener must not undo what is stored.
      }
    }
  }
}
