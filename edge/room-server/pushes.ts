// Brings a room's posts to its members: one at a time to each, in the room's order, again until they are acknowledged.
import { type Entry, LOCAL, type PostLog } from '#common/post-log.ts'
import type { Member } from './member.ts'
import type { RoomSeconds } from './room-seconds.ts'

/** Times of the firmware (examples/simple_room_server/MyMesh.cpp). */
const pushIntervalMs = 1200
const settleMs = 6000
const floodAckMs = 12_000
const directAckMs = 4000
const directAckPerHopMs = 2000
const failuresMax = 3
const pageEntries = 50
/** Read for one member at a time; the rest of what it does not get is passed over in the next look. */
const pagesPerLook = 4
const idleMs = 60_000
/** Live: older posts of other cities are a catch-up, and wait for those that are live. */
const liveMs = 120_000

export type PushClass = 'local' | 'live' | 'catch-up'

/** One try to bring a part of a post to a member. */
export interface PushTry {
  member: Member
  entry: Entry
  /** The room's second of the post. */
  second: number
  part: number
  /** Counts the tries of this part: no two of them may be the same packet. */
  attempt: number
  pushClass: PushClass
}

export interface PushUnderWay {
  /** The 4 bytes, hex, by which the member acknowledges it. */
  ack: string
  /** True when it was on the air; false when the radio, the budget or the queue had no place for it. */
  sent: Promise<boolean>
  cancel: () => void
}

export interface PushesOptions {
  log: PostLog
  seconds: RoomSeconds
  members: () => readonly Member[]
  /** How many pushes the post takes; 0 when it cannot be told on the air at all. */
  partsOf: (entry: Entry) => number
  /** Author of the post, as the member's key: nobody is told what he wrote himself. */
  isAuthor: (entry: Entry, member: Member) => boolean
  send: (one: PushTry) => PushUnderWay
  /** The member has it all up to this second: keep it. */
  synced: (member: Member) => void
  /** May be pushed at all: the kill switch of the room. */
  isOn: () => boolean
  /** Posts of other cities older than this are pushed to nobody who did not ask for them by logging in. */
  rfMaxAgeMs: number
  /** Unix ms, as stamped on posts. */
  now: () => number
  /** Monotonic ms. */
  ticks: () => number
  /** It is worth another step. */
  changed: () => void
}

interface Progress {
  entry: Entry
  second: number
  part: number
  parts: number
  attempt: number
  /** Of all tries of this part: a late one counts. */
  acks: Set<string>
  cancel: () => void
  /** Ticks at which the try has failed; undefined while it waits for the air. */
  failsAt: number | undefined
  /** A try is under way. */
  waiting: boolean
}

export class Pushes {
  readonly #o: PushesOptions
  readonly #progress = new Map<string, Progress>()
  /** By member: nothing up to this offset is for it. Forgotten with the epoch. */
  readonly #passed = new Map<string, { epoch: string; offset: number }>()
  #nextPushAt = 0
  #turn = 0

  constructor(options: PushesOptions) {
    this.#o = options
  }

  /** Does what is due; gives the ms until the next look, unless something happens before. @throws StoreUnavailableError */
  async step(): Promise<number> {
    const { ticks, isOn, seconds } = this.#o
    this.#failLate()
    if (!isOn()) return idleMs
    const pause = this.#nextPushAt - ticks()
    if (pause > 0) return pause
    await seconds.catchUp()
    const members = this.#o.members()
    let soonest = idleMs
    for (let i = 0; i < members.length; i += 1) {
      const member = members[(this.#turn + i) % members.length]
      if (member === undefined) continue
      const wait = await this.#tryMember(member)
      if (wait === 0) {
        this.#turn = (this.#turn + i + 1) % members.length
        this.#nextPushAt = ticks() + pushIntervalMs
        return pushIntervalMs
      }
      soonest = Math.min(soonest, wait)
    }
    return soonest
  }

  /** Somebody has acknowledged something; true when it was one of ours. */
  acked(ack: string): boolean {
    for (const member of this.#o.members()) {
      const progress = this.#progress.get(member.key)
      if (progress?.acks.has(ack)) {
        this.#partDone(member, progress)
        return true
      }
    }
    return false
  }

  /** The member stands elsewhere now, or is gone: what is under way for it is of no use. */
  forget(key: string): void {
    this.#progress.get(key)?.cancel()
    this.#progress.delete(key)
    this.#passed.delete(key)
  }

  /** Posts that the member has yet to get, as it would count them; at most 255. @throws StoreUnavailableError */
  async unsynced(member: Member): Promise<number> {
    await this.#o.seconds.catchUp()
    let count = 0
    let after = this.#positionOf(member)
    for (let i = 0; i < pagesPerLook * 2 && count < 255; i += 1) {
      const page = await this.#read(after)
      count += page.filter(entry => this.#isFor(entry, member)).length
      if (page.length < pageEntries) break
      after = page.at(-1)?.offset ?? after
    }
    return Math.min(255, count)
  }

  /** 0 when a push was handed to the radio; else the ms until it is worth another look. */
  async #tryMember(member: Member): Promise<number> {
    if (member.failures >= failuresMax || member.heardAt === 0) return idleMs
    const known = this.#progress.get(member.key)
    if (known?.waiting) return known.failsAt === undefined ? idleMs : Math.max(1, known.failsAt - this.#o.ticks())
    const { syncSince, loginAt } = member
    const progress = known ?? (await this.#next(member))
    if (typeof progress === 'number') return progress
    // It logged in anew, or asked for older posts, while the log was read.
    if (member.syncSince !== syncSince || member.loginAt !== loginAt) return 1
    this.#progress.set(member.key, progress)
    this.#send(member, progress)
    return 0
  }

  /** The next post for a member, or the ms until there may be one. */
  async #next(member: Member): Promise<Progress | number> {
    for (let i = 0; i < pagesPerLook; i += 1) {
      const page = await this.#read(this.#positionOf(member))
      const entry = page.find(one => this.#isFor(one, member))
      const passed = entry === undefined ? page.at(-1)?.offset : entry.offset - 1
      if (passed !== undefined) this.#pass(member, passed)
      if (entry !== undefined) return this.#progressOf(entry)
      if (page.length < pageEntries) return idleMs
    }
    return 1
  }

  /** The firmware lets a post lie for 6 s: what comes with it in a packet more is then there too. */
  #progressOf(entry: Entry): Progress | number {
    const { now, partsOf, seconds } = this.#o
    const unsettledMs = entry.receivedAt + settleMs - now()
    if (unsettledMs > 0) return Math.min(unsettledMs, settleMs)
    const second = seconds.of(entry.offset)
    return second === undefined ? idleMs : newProgress(entry, second, partsOf(entry))
  }

  #read(after: number): Promise<readonly Entry[]> | readonly Entry[] {
    const { log } = this.#o
    return log.tail.readAfter(after, pageEntries) ?? log.readAfter(after, pageEntries)
  }

  /** Everything up to this offset the member has, or does not get. */
  #positionOf(member: Member): number {
    const { log, seconds } = this.#o
    const passed = this.#passed.get(member.key)
    const offset = passed?.epoch === log.head.epoch ? passed.offset : 0
    return Math.max(offset, seconds.offsetAt(member.syncSince))
  }

  #pass({ key }: Member, offset: number): void {
    this.#passed.set(key, { epoch: this.#o.log.head.epoch, offset })
  }

  #isFor(entry: Entry, member: Member): boolean {
    const { isAuthor, partsOf, rfMaxAgeMs, now } = this.#o
    if (isAuthor(entry, member) || partsOf(entry) === 0) return false
    const isAskedFor = entry.from === LOCAL || entry.receivedAt <= member.loginAt
    return isAskedFor || now() - entry.at <= rfMaxAgeMs
  }

  #send(member: Member, progress: Progress): void {
    const { entry, second, part, attempt } = progress
    const one = this.#o.send({ member, entry, second, part, attempt, pushClass: this.#classOf(entry) })
    progress.attempt += 1
    progress.waiting = true
    progress.failsAt = undefined
    progress.acks.add(one.ack)
    progress.cancel = one.cancel
    void one.sent.then(isSent => this.#sent(member, progress, isSent))
  }

  #classOf({ from, at }: Entry): PushClass {
    if (from === LOCAL) return 'local'
    return this.#o.now() - at <= liveMs ? 'live' : 'catch-up'
  }

  /** The time for its ACK runs from when it was on the air. What was not costs the member nothing. */
  #sent(member: Member, progress: Progress, isSent: boolean): void {
    if (this.#progress.get(member.key) !== progress || !progress.waiting) return
    if (isSent) progress.failsAt = this.#o.ticks() + ackMs(member)
    else progress.waiting = false
    this.#o.changed()
  }

  #failLate(): void {
    for (const member of this.#o.members()) {
      const progress = this.#progress.get(member.key)
      if (progress?.failsAt === undefined || this.#o.ticks() < progress.failsAt) continue
      progress.waiting = false
      progress.failsAt = undefined
      member.failures += 1
    }
  }

  #partDone(member: Member, progress: Progress): void {
    progress.cancel()
    this.#o.changed()
    member.failures = 0
    if (progress.part + 1 < progress.parts) {
      this.#progress.set(member.key, {
        ...newProgress(progress.entry, progress.second, progress.parts),
        part: progress.part + 1,
      })
      return
    }
    this.#progress.delete(member.key)
    member.syncSince = progress.second
    this.#o.synced(member)
  }
}

function newProgress(entry: Entry, second: number, parts: number): Progress {
  return {
    entry,
    second,
    part: 0,
    parts,
    attempt: 0,
    acks: new Set(),
    cancel: () => {},
    failsAt: undefined,
    waiting: false,
  }
}

function ackMs({ path }: Member): number {
  if (path === null) return floodAckMs
  return directAckMs + directAckPerHopMs * (path.hops.length / path.hashBytes + 1)
}
