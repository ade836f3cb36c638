// Which posts a member has yet to get: in the room's order, those that are for it, once they have lain for a while.
import { type Entry, LOCAL, type PostLog } from '#common/post-log.ts'
import type { Member } from './member.ts'
import type { RoomSeconds } from './room-seconds.ts'

const pageEntries = 50
/** Read for one member at a time; the rest of what it does not get is passed over in the next look. */
const pagesPerLook = 4
const countMax = 255
/** For who finds nothing to do: it is told of what is new. */
export const idleMs = 60_000

export interface WaitingPost {
  entry: Entry
  /** The room's second of the post. */
  second: number
  /** How many pushes it takes. */
  parts: number
}

export interface WaitingPostsParts {
  log: PostLog
  seconds: RoomSeconds
  /** How many pushes the post takes; 0 when it cannot be told on the air at all. */
  partsOf: (entry: Entry) => number
  /** Author of the post, as the member's key: nobody is told what he wrote himself. */
  isAuthor: (entry: Entry, member: Member) => boolean
  /** Posts of other cities older than this are pushed to nobody who did not ask for them by logging in. */
  rfMaxAgeMs: number
  /** So long a post lies, as with the firmware (POST_SYNC_DELAY_SECS): what comes with it in a packet more is then there too. */
  holdMs: number
  /** Unix ms, as stamped on posts. */
  now: () => number
}

export class WaitingPosts {
  readonly #p: WaitingPostsParts
  /** By member: nothing up to this offset is for it. Forgotten with the epoch. */
  readonly #passed = new Map<string, { epoch: string; offset: number }>()

  constructor(parts: WaitingPostsParts) {
    this.#p = parts
  }

  /** The next post for a member, or the ms until there may be one. @throws StoreUnavailableError */
  async next(member: Member): Promise<WaitingPost | number> {
    await this.#p.seconds.catchUp()
    for (let i = 0; i < pagesPerLook; i += 1) {
      const page = await this.#read(this.#positionOf(member))
      const entry = page.find(one => this.#isFor(one, member))
      const passed = entry === undefined ? page.at(-1)?.offset : entry.offset - 1
      if (passed !== undefined) this.#pass(member, passed)
      if (entry !== undefined) return this.#settled(entry)
      if (page.length < pageEntries) return idleMs
    }
    return 1
  }

  /** Posts that the member has yet to get, as it would count them; at most 255. @throws StoreUnavailableError */
  async count(member: Member): Promise<number> {
    await this.#p.seconds.catchUp()
    let count = 0
    let after = this.#positionOf(member)
    for (let i = 0; i < pagesPerLook * 2 && count < countMax; i += 1) {
      const page = await this.#read(after)
      count += page.filter(entry => this.#isFor(entry, member)).length
      if (page.length < pageEntries) break
      after = page.at(-1)?.offset ?? after
    }
    return Math.min(countMax, count)
  }

  /** For so many ms more it may be told to the member: for ever, but for posts of other cities that it did not ask for. */
  usefulMs({ from, receivedAt, at }: Entry, { loginAt }: Member): number {
    if (from === LOCAL || receivedAt <= loginAt) return Number.POSITIVE_INFINITY
    return at + this.#p.rfMaxAgeMs - this.#p.now()
  }

  /** The member stands elsewhere now, or is gone. */
  forget(key: string): void {
    this.#passed.delete(key)
  }

  #settled(entry: Entry): WaitingPost | number {
    const { now, partsOf, seconds, holdMs } = this.#p
    const unsettledMs = entry.receivedAt + holdMs - now()
    if (unsettledMs > 0) return Math.min(unsettledMs, holdMs)
    const second = seconds.of(entry.offset)
    return second === undefined ? idleMs : { entry, second, parts: partsOf(entry) }
  }

  #read(after: number): Promise<readonly Entry[]> | readonly Entry[] {
    const { log } = this.#p
    return log.tail.readAfter(after, pageEntries) ?? log.readAfter(after, pageEntries)
  }

  /** Everything up to this offset the member has, or does not get. */
  #positionOf(member: Member): number {
    const { log, seconds } = this.#p
    const passed = this.#passed.get(member.key)
    const offset = passed?.epoch === log.head.epoch ? passed.offset : 0
    return Math.max(offset, seconds.offsetAt(member.syncSince))
  }

  #pass({ key }: Member, offset: number): void {
    this.#passed.set(key, { epoch: this.#p.log.head.epoch, offset })
  }

  #isFor(entry: Entry, member: Member): boolean {
    const { isAuthor, partsOf } = this.#p
    return !isAuthor(entry, member) && partsOf(entry) > 0 && this.usefulMs(entry, member) > 0
  }
}
