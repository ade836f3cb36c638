// Which posts a member has yet to get: those that are for it, once they have lain for a while, in the room's order; but a
// post of this city or a priority notice does not wait behind those of others, nor a live one behind a catch-up.
import { type Entry, LOCAL, type PostLog } from '#common/post-log.ts'
import { entriesAfter } from '#common/read-on.ts'
import { type FreshPosts, isUrgent, liveMs } from './fresh-posts.ts'
import type { Member } from './member.ts'
import type { RoomSeconds } from './room-seconds.ts'

const pageEntries = 50
/** Read for one member at a time; the rest of what it does not get is passed over in the next look. */
const pagesPerLook = 4
const countMax = 255
/** So many posts may be ahead of their turn at a member, and are looked at in search of one. */
const aheadMax = 200
const looksMax = 20
/** For who finds nothing to do: it is told of what is new. */
export const idleMs = 60_000

/** The most urgent first. */
export type PushClass = 'local' | 'live' | 'catch-up'

export interface WaitingPost {
  entry: Entry
  /** The room's second of the post. */
  second: number
  /** How many pushes it takes. */
  parts: number
  /** Older ones have yet to come. */
  isAhead: boolean
}

export interface WaitingPostsParts {
  log: PostLog
  seconds: RoomSeconds
  /** The one that `seconds` tells. */
  fresh: FreshPosts
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
    const first = await this.#firstFor(member)
    if (typeof first === 'number') return first
    const urgent = await this.#urgentFor(member, first)
    return this.#settled(urgent ?? first, urgent !== undefined)
  }

  /** True when something more urgent than `entry` is there for the member. @throws StoreUnavailableError */
  async isOvertaken(member: Member, entry: Entry): Promise<boolean> {
    await this.#p.seconds.catchUp()
    return (await this.#urgentFor(member, entry)) !== undefined
  }

  classOf(entry: Entry): PushClass {
    if (isUrgent(entry)) return 'local'
    return this.#p.now() - entry.at <= liveMs ? 'live' : 'catch-up'
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

  /**
   * For so many ms more it may be told to the member, 0 or less: not at all. For ever, but for posts of other cities that it
   * did not ask for.
   */
  usefulMs(entry: Entry, { loginAt, askedSince }: Member): number {
    const { from, receivedAt, at, offset } = entry
    const { seconds, rfMaxAgeMs, partsOf, now } = this.#p
    if (partsOf(entry) === 0) return 0
    const isAskedFor = receivedAt <= loginAt && (seconds.of(offset) ?? 0) > askedSince
    return from === LOCAL || isAskedFor ? Number.POSITIVE_INFINITY : at + rfMaxAgeMs - now()
  }

  /** Has any of these members yet to get it? @throws StoreUnavailableError */
  async isAwaited(entry: Entry, members: readonly Member[]): Promise<boolean> {
    await this.#p.seconds.catchUp()
    return members.some(member => entry.offset > this.#positionOf(member) && this.#isFor(entry, member))
  }

  /** The member stands elsewhere now, or is gone. */
  forget(key: string): void {
    this.#passed.delete(key)
  }

  /** In the order of the room. */
  async #firstFor(member: Member): Promise<Entry | number> {
    for (let i = 0; i < pagesPerLook; i += 1) {
      const page = await this.#read(this.#positionOf(member))
      const entry = page.find(one => this.#isFor(one, member))
      const passed = entry === undefined ? page.at(-1)?.offset : entry.offset - 1
      if (passed !== undefined) this.#pass(member, passed)
      if (entry !== undefined) return entry
      if (page.length < pageEntries) return idleMs
    }
    return 1
  }

  /** What has lain for long enough and is more urgent than `first`. */
  async #urgentFor(member: Member, first: Entry): Promise<Entry | undefined> {
    const { fresh, now } = this.#p
    const than = this.classOf(first)
    if (than === 'local' || member.ahead.length >= aheadMax) return undefined
    const max = aheadMax + looksMax
    const offsets = fresh.localAfter(first.offset, max)
    if (than === 'catch-up') offsets.push(...fresh.liveAfter(first.offset, { max, now: now() }))
    for (const offset of offsets.filter(one => !this.#isAhead(one, member)).slice(0, looksMax)) {
      const [entry] = await this.#read(offset - 1, 1)
      if (entry?.offset === offset && this.#isFor(entry, member) && this.#unsettledMs(entry) <= 0) return entry
    }
    return undefined
  }

  #settled(entry: Entry, isAhead: boolean): WaitingPost | number {
    const unsettledMs = this.#unsettledMs(entry)
    if (unsettledMs > 0) return Math.min(unsettledMs, this.#p.holdMs)
    const second = this.#p.seconds.of(entry.offset)
    return second === undefined ? idleMs : { entry, second, parts: this.#p.partsOf(entry), isAhead }
  }

  #unsettledMs({ receivedAt }: Entry): number {
    return receivedAt + this.#p.holdMs - this.#p.now()
  }

  #isAhead(offset: number, { ahead }: Member): boolean {
    return ahead.length > 0 && ahead.includes(this.#p.seconds.of(offset) ?? 0)
  }

  #read(after: number, max = pageEntries): Promise<readonly Entry[]> {
    return entriesAfter(this.#p.log, after, max)
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
    if (this.#isAhead(entry.offset, member)) return false
    return !this.#p.isAuthor(entry, member) && this.usefulMs(entry, member) > 0
  }
}
