// The second that each post of a room bears on the air: nodes sync by it, so it is unique, and grows with the arrival.
import type { Entry, PostLog } from '#common/post-log.ts'
import { readerOn } from '#common/read-on.ts'
import { FreshPosts } from './fresh-posts.ts'

const pageEntries = 500
const growthMin = 1024

/**
 * A pure function of the log, so that it survives a restart without being written down: the time of the post, but not
 * later than its arrival, and later than the post before it. A post that comes late is newer than what a node has.
 */
export class RoomSeconds {
  readonly #log: PostLog
  readonly #readOn: () => Promise<void>
  /** Offset of the post in #seconds[0]. */
  #first = 1
  #count = 0
  #last = 0
  /** Unix seconds, ascending. */
  #seconds = new Uint32Array(growthMin)
  readonly #fresh: FreshPosts

  /** `fresh` is told of every post as it gets its second. */
  constructor(log: PostLog, fresh = new FreshPosts()) {
    this.#log = log
    this.#fresh = fresh
    this.#readOn = readerOn({
      ...{ log, pageEntries },
      startAt: ({ first }, offset) => offset ?? this.#begin(first),
      take: entry => {
        this.#push(entry)
        fresh.add(entry)
      },
    })
  }

  /** The last post that has its second; those behind it wait for `catchUp`. */
  get head(): number {
    return this.#first + this.#count - 1
  }

  /** Gives every post in the log its second; anew when the log began a new epoch. @throws StoreUnavailableError */
  async catchUp(): Promise<void> {
    await this.#readOn()
    this.#dropBefore(this.#log.head.first)
  }

  /** Unix seconds; undefined for a post that is not kept, or has none yet. */
  of(offset: number): number | undefined {
    const index = offset - this.#first
    return index >= 0 && index < this.#count ? this.#seconds[index] : undefined
  }

  /** The offset of the last post whose second is not above `since`: a node that has synced up to there reads on behind it. */
  offsetAt(since: number): number {
    let low = 0
    let high = this.#count
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.#seconds[middle] ?? 0) <= since) low = middle + 1
      else high = middle
    }
    return this.#first + low - 1
  }

  /** Of an epoch. */
  #begin(first: number): number {
    this.#last = 0
    this.#fresh.clear()
    this.#restart(first)
    return this.head
  }

  #restart(first: number): void {
    this.#first = first
    this.#count = 0
  }

  #push({ offset, at, receivedAt }: Entry): void {
    // Trimmed before it was read: nobody can ask for it.
    if (offset !== this.head + 1) this.#restart(offset)
    if (this.#count === this.#seconds.length) this.#resize(this.#count * 2)
    this.#last = Math.max(this.#last + 1, Math.floor(Math.min(at, receivedAt) / 1000))
    this.#seconds[this.#count] = this.#last
    this.#count += 1
  }

  /** Now and then: half of the array must be of no use before it is moved. */
  #dropBefore(first: number): void {
    const dropped = Math.min(first - this.#first, this.#count)
    if (dropped < growthMin || dropped * 2 < this.#count) return
    this.#seconds.copyWithin(0, dropped, this.#count)
    this.#first += dropped
    this.#count -= dropped
    this.#resize(Math.max(growthMin, this.#count * 2))
  }

  #resize(length: number): void {
    const seconds = new Uint32Array(length)
    seconds.set(this.#seconds.subarray(0, Math.min(this.#count, length)))
    this.#seconds = seconds
  }
}
