// The newest entries of a log in memory, already encoded, once for all links: what live links are served from.
import type { Entry } from './post-log.ts'

export class LogTail {
  readonly #bytesMax: number
  #entries: Entry[] = []
  /** Entries before this index have been dropped and await compaction. */
  #start = 0
  #bytes = 0
  /** Offset of the newest entry held or dropped: the next one pushed must follow it. */
  #head: number

  /** `bytesMax` bounds the encoded posts held, in UTF-16 units of their JSON. */
  constructor(bytesMax: number, head: number) {
    this.#bytesMax = bytesMax
    this.#head = head
  }

  get head(): number {
    return this.#head
  }

  /** Forgets everything and goes on after `head`. */
  reset(head: number): void {
    this.#entries = []
    this.#start = 0
    this.#bytes = 0
    this.#head = head
  }

  /** Adds entries that follow the head without a hole; older ones are ignored. Throws RangeError on a hole. */
  push(entries: readonly Entry[]): void {
    for (const entry of entries) {
      if (entry.offset <= this.#head) continue
      if (entry.offset !== this.#head + 1) throw new RangeError(`entry ${entry.offset} does not follow ${this.#head}`)
      this.#entries.push(entry)
      this.#bytes += entry.json.length
      this.#head = entry.offset
    }
    this.#drop()
  }

  /** Entries after `offset`, at most `limit`; undefined when the first of them is no longer here. */
  readAfter(offset: number, limit: number): readonly Entry[] | undefined {
    const index = this.#entries.length - (this.#head - offset)
    if (index < this.#start) return undefined
    return this.#entries.slice(index, index + limit)
  }

  #drop(): void {
    while (this.#bytes > this.#bytesMax && this.#start < this.#entries.length) {
      this.#bytes -= this.#entries[this.#start]?.json.length ?? 0
      this.#start += 1
    }
    if (this.#start > 1024 && this.#start > this.#entries.length / 2) {
      this.#entries = this.#entries.slice(this.#start)
      this.#start = 0
    }
  }
}
