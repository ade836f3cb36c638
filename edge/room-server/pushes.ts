// Brings a room's posts to its members: one at a time to each, again until it is acknowledged.
import type { Entry } from '#common/post-log.ts'
import { hasGot, isOutOfReach, isWriter, type Member } from './member.ts'
import { idleMs, type PushClass, type WaitingPost, type WaitingPosts } from './waiting-posts.ts'

/** Times of the firmware (examples/simple_room_server/MyMesh.cpp). */
const afterLoginMs = 2000
const floodAckMs = 12_000
const directAckMs = 4000
const directAckPerHopMs = 2000
/** While a push waits for air. */
const lookAgainMs = 1000
/**
 * Of the wait for an ACK, at random on top of the firmware's. Room servers within earshot of each other get a post at the same
 * moment; whose pushes collide would otherwise say them again at the same moment, until both give their members up.
 */
const jitterShare = 0.25

/** One try to bring a part of a post to a member. */
export interface PushTry {
  member: Member
  entry: Entry
  /** The room's second of the post. */
  second: number
  part: number
  /** Counts the tries of this part, from anywhere: no two of them may be the same packet. */
  attempt: number
  pushClass: PushClass
  /** So long it may wait for the air. */
  usefulMs: number
}

export interface PushUnderWay {
  /** The 4 bytes, hex, by which the member acknowledges it. */
  ack: string
  /** True when it was on the air; false when the radio, the budget or the queue had no place for it. */
  sent: Promise<boolean>
  cancel: () => void
}

export interface PushesOptions {
  posts: WaitingPosts
  members: () => readonly Member[]
  send: (one: PushTry) => PushUnderWay
  /** The member has got a post: keep it. */
  synced: (member: Member) => void
  /** May be pushed at all: the kill switch of the room. */
  isOn: () => boolean
  /** Unix ms, as stamped on posts. */
  now: () => number
  /** From one push to the next, whoever it is for; 1200 with the firmware (SYNC_PUSH_INTERVAL). */
  intervalMs: number
  /** Monotonic ms. */
  ticks: () => number
  /**
   * Number of the first try of a part, 0 to 3. After a restart it should be another one than before: a node has that
   * packet, perhaps, and then neither shows nor acknowledges it again.
   */
  firstAttempt: () => number
  /** 0 up to 1, at random. */
  chance: () => number
  /** It is worth another step. */
  changed: () => void
}

interface Progress extends WaitingPost {
  part: number
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
  #nextPushAt = 0
  #count = 0
  #giveWayAgainAt = 0
  /** Of writers, and of those who may only read. */
  readonly #turns: [number, number] = [0, 0]

  constructor(options: PushesOptions) {
    this.#o = options
  }

  /** Pushes that were on the air. */
  get count(): number {
    return this.#count
  }

  /** Does what is due; gives the ms until the next look, unless something happens before. @throws StoreUnavailableError */
  async step(): Promise<number> {
    const { ticks, isOn, intervalMs } = this.#o
    this.#failLate()
    if (!isOn()) return idleMs
    const pause = this.#nextPushAt - ticks()
    if (pause > 0) return pause
    const members = this.#o.members()
    let soonest = idleMs
    // Of those who needed no password there are as many as somebody makes up keys: they do not come between the others.
    for (const rank of [0, 1] as const) {
      const wait = await this.#tryEach(
        members.filter(member => isWriter(member) === (rank === 0)),
        rank,
      )
      soonest = Math.min(soonest, wait)
      if (wait > 0) continue
      this.#nextPushAt = ticks() + intervalMs
      return intervalMs
    }
    return soonest
  }

  /** Each in his turn; 0 when a push was handed to the radio, else the ms until it is worth another look. */
  async #tryEach(members: readonly Member[], rank: 0 | 1): Promise<number> {
    const turn = this.#turns[rank]
    let soonest = idleMs
    for (let i = 0; i < members.length; i += 1) {
      const member = members[(turn + i) % members.length]
      const wait = member === undefined ? idleMs : await this.#tryMember(member)
      if (wait === 0) this.#turns[rank] = (turn + i + 1) % members.length
      if (wait === 0) return 0
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
    this.#o.posts.forget(key)
  }

  /** Some posts must not be told any more: what is under way of them is given up. */
  dropUseless(): void {
    for (const member of this.#o.members()) {
      const progress = this.#progress.get(member.key)
      if (progress === undefined || this.#o.posts.usefulMs(progress.entry, member) > 0) continue
      progress.cancel()
      this.#progress.delete(member.key)
    }
  }

  /** Somebody is being welcomed: pushes would be in the way of what he is told. */
  giveWay(): void {
    const now = this.#o.ticks()
    // One login after the other must not keep all pushes off the air.
    if (now < this.#giveWayAgainAt) return
    this.#nextPushAt = Math.max(this.#nextPushAt, now + afterLoginMs)
    this.#giveWayAgainAt = now + 2 * afterLoginMs
  }

  /** Posts that the member has yet to get, as it would count them; at most 255. @throws StoreUnavailableError */
  unsynced(member: Member): Promise<number> {
    return this.#o.posts.count(member)
  }

  /** Is it still to be sent to anybody who is within reach? @throws StoreUnavailableError */
  async isAwaited(entry: Entry): Promise<boolean> {
    const { isOn, members, posts } = this.#o
    return isOn() && posts.isAwaited(entry, members().filter(isPushedTo))
  }

  /** 0 when a push was handed to the radio; else the ms until it is worth another look. */
  async #tryMember(member: Member): Promise<number> {
    if (!isPushedTo(member)) return idleMs
    const known = this.#progress.get(member.key)
    if (known?.waiting) return this.#underWay(member, known)
    if (known !== undefined && this.#o.posts.usefulMs(known.entry, member) <= 0) {
      // Found no air, or no ACK, until it was too old.
      this.#progress.delete(member.key)
      return 1
    }
    const { syncSince, loginAt } = member
    const next = known ?? (await this.#o.posts.next(member))
    if (typeof next === 'number') return next
    // It logged in anew, asked for older posts, or was sent away while the log was read.
    if (member.syncSince !== syncSince || member.loginAt !== loginAt || !this.#o.members().includes(member)) return 1
    const progress = known ?? this.#newProgress(next)
    this.#progress.set(member.key, progress)
    this.#send(member, progress)
    return 0
  }

  /** What waits for air makes way for what is more urgent. The ms until it is worth another look. */
  async #underWay(member: Member, { entry, failsAt, part, cancel }: Progress): Promise<number> {
    const { posts, ticks } = this.#o
    if (failsAt !== undefined) return Math.max(1, failsAt - ticks())
    if (part > 0) return idleMs
    // On the air by now, it goes on: then there is nothing to cancel.
    if (await posts.isOvertaken(member, entry)) cancel()
    return lookAgainMs
  }

  #send(member: Member, progress: Progress): void {
    const { entry, second, part, attempt } = progress
    const { posts, send } = this.#o
    const usefulMs = posts.usefulMs(entry, member)
    const one = send({ member, entry, second, part, attempt, pushClass: posts.classOf(entry), usefulMs })
    progress.attempt += 1
    progress.waiting = true
    progress.failsAt = undefined
    progress.acks.add(one.ack)
    progress.cancel = one.cancel
    void one.sent.then(isSent => this.#sent(member, progress, isSent))
  }

  /** The time for its ACK runs from when it was on the air. What was not costs the member nothing. */
  #sent(member: Member, progress: Progress, isSent: boolean): void {
    if (this.#progress.get(member.key) !== progress || !progress.waiting) return
    if (isSent) this.#count += 1
    if (isSent) progress.failsAt = this.#o.ticks() + ackMs(member) * (1 + jitterShare * this.#o.chance())
    else progress.waiting = false
    // Something else may be more urgent by now; an ACK of an earlier try has had its time.
    if (!isSent && progress.part === 0) this.#progress.delete(member.key)
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
      this.#progress.set(member.key, this.#newProgress(progress, progress.part + 1))
      return
    }
    this.#progress.delete(member.key)
    hasGot(member, progress.second, progress.isAhead)
    this.#o.synced(member)
  }

  #newProgress({ entry, second, parts, isAhead }: WaitingPost, part = 0): Progress {
    const nothingSent = { acks: new Set<string>(), cancel: () => {}, failsAt: undefined, waiting: false }
    const attempt = this.#o.firstAttempt()
    return { entry, second, parts, isAhead, part, attempt, ...nothingSent }
  }
}

/** It is there, as far as anybody knows. */
function isPushedTo(member: Member): boolean {
  return !isOutOfReach(member) && member.heardAt !== 0
}

function ackMs({ path }: Member): number {
  if (path === null) return floodAckMs
  return directAckMs + directAckPerHopMs * (path.hops.length / path.hashBytes + 1)
}
