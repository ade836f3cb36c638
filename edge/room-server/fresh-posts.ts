// Which posts may go before older ones: those of this city, priority notices, and those of others that were new when they came.
import { type Entry, LOCAL } from '#common/post-log.ts'
import { isPriorityJson } from '#common/priority.ts'

/** Older posts of other cities are a catch-up, and wait for those that are live. */
export const liveMs = 120_000
/** Of each kind; who lacks more than that gets the rest in the order of the room. */
const kept = 1000

/** Goes before what other cities say: it was written here, or is a priority notice that was new when it came. */
export function isUrgent({ from, at, receivedAt, json }: Entry): boolean {
  return from === LOCAL || (receivedAt - at <= liveMs && isPriorityJson(json))
}

export class FreshPosts {
  /** Offsets, ascending. */
  #local: number[] = []
  #live: { offset: number; at: number }[] = []

  /** The log begins anew. */
  clear(): void {
    this.#local = []
    this.#live = []
  }

  add(entry: Entry): void {
    const { offset, at, receivedAt } = entry
    if (isUrgent(entry)) this.#local.push(offset)
    else if (receivedAt - at <= liveMs) this.#live.push({ offset, at })
    if (this.#local.length > kept * 2) this.#local = this.#local.slice(-kept)
    if (this.#live.length > kept * 2) this.#live = this.#live.slice(-kept)
  }

  /** Offsets of posts written here and of priority notices, behind `offset`; the oldest first, at most `max`. */
  localAfter(offset: number, max: number): number[] {
    const first = this.#local.findIndex(one => one > offset)
    return first === -1 ? [] : this.#local.slice(first, first + max)
  }

  /** The same, of posts of other cities that are live. */
  liveAfter(offset: number, { max, now }: { max: number; now: number }): number[] {
    const first = this.#live.findLastIndex(({ at }) => now - at > liveMs) + 1
    return this.#live
      .slice(first)
      .filter(one => one.offset > offset)
      .slice(0, max)
      .map(one => one.offset)
  }
}
