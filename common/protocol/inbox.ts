// What one link takes in of one room: checks posts, stores them with the cursor, acknowledges what is stored.
import { setTimeout as delay } from 'node:timers/promises'
import { type Cursor, sameCursor } from '../cursor.ts'
import { LinkError, StoreUnavailableError } from '../errors.ts'
import { encodePost, type Post, postSchema } from '../post.ts'
import type { AppendResult, NewPost, PostLog, Verdict } from '../post-log.ts'
import { closeCodes } from './close-codes.ts'
import { firstFault } from './codec.ts'
import type { Frame, FrameOf } from './frames.ts'
import type { HeldByPeer } from './held-by-peer.ts'
import type { RoomLimit } from './link-limits.ts'
import { OfferAnswers } from './offer-answers.ts'
import { Pace } from './pace.ts'
import type { ReceiveWindow } from './receive-window.ts'
import { SlowDown } from './slow-down.ts'
import type { Turns } from './turns.ts'

const storeRetryMs = 1000
/** A sender begins anew by itself only when its log loses writes. */
const newStarts = { burst: 20, everyMs: 3000 }

export interface InboxOptions {
  log: PostLog
  /** The other end: posts it is the origin of need no second proof. */
  peerId: string
  /** Of the link, over all its rooms. */
  window: ReceiveWindow
  /** Of the link, over all its rooms: one question about an offer at a time. */
  questions: Turns
  /** What the other end offers to us is noted there. */
  heldByPeer: HeldByPeer
  /** We may have much of it from elsewhere: does our resume ask to be offered posts before they are shipped? */
  wantsOffers: () => boolean
  send: (frame: Frame) => void
  /** Another `bytes` are stored, up to this cursor in the sender's log: acknowledge it, together with others. */
  stored: (cursor: Cursor, bytes: number) => void
  onVerdicts: (verdicts: readonly Verdict[]) => void
  /** A post was dropped: not as the schema says, of another room, or not signed by its origin. */
  onRefused: (reason: string) => void
  onCaughtUp: (posts: number, ms: number) => void
  verify: (post: Post) => Promise<boolean>
  /** Absent: none. */
  limit?: RoomLimit | undefined
  /** The link must end. */
  fail: (error: unknown) => void
}

interface Appended {
  /** Of our resume under which it came. */
  n: number
  /** On the wire. */
  bytes: number
  posts: readonly NewPost[]
}

export class Inbox {
  readonly #o: InboxOptions
  /** The cursor in our store, as it will be when everything submitted is stored. */
  #submitted: Cursor | null = null
  /** The cursor in our store, as it last said. */
  #stored: Cursor | null = null
  /** Our own epoch when we last said where we stand. */
  #under = ''
  /** Place in the sender's log that its next frame must follow; undefined until it answers our resume. */
  #expected: Cursor | undefined
  /** Number of our last resume; starts for older ones are no answer. */
  #n = 0
  #goal: { head: number; since: number; posts: number } | undefined
  /** Frames go to the store one after another. */
  #storing: Promise<void> = Promise.resolve()
  readonly #offers: OfferAnswers
  /** The resume that was answered last, and how often its answer was replaced. */
  #startedN = 0
  readonly #newStarts = new Pace(newStarts)
  readonly #slowDown = new SlowDown()
  #stopped = false
  #resuming = false
  #mustResume = false
  /** New posts received over this link. */
  received = 0
  /** Everything the sender had when it last answered a resume is stored. */
  caughtUp = false

  constructor(options: InboxOptions) {
    this.#o = options
    this.#offers = new OfferAnswers({ ...options, fail: error => this.#storeFailed(error) })
  }

  /** Tells the sender where we stand, as soon as the store says it. */
  start(): void {
    void this.#resume()
  }

  /** @throws LinkError when the sender begins anew without end */
  onStart({ n, epoch, after, head }: FrameOf<'start'>): void {
    if (n !== this.#n) return
    if (n === this.#startedN && this.#newStarts.take() > 0)
      throw new LinkError(closeCodes.rate, 'the sender begins anew again and again')
    this.#startedN = n
    this.#offers.drop()
    this.#expected = { epoch, offset: after }
    this.caughtUp = false
    this.#goal = { head, since: performance.now(), posts: this.#goal?.posts ?? 0 }
    if (after >= head) this.#reachGoal()
  }

  /** `bytes` on the wire. @throws LinkError when the frame does not follow the last one, or comes ahead of our acks */
  onPosts(frame: FrameOf<'posts'>, bytes: number): void {
    const expected = this.#expected
    // Under way before the sender saw our resume, or sent for an older one.
    if (expected === undefined) return
    if (frame.epoch !== expected.epoch || frame.after !== expected.offset || frame.next < frame.after) {
      const range = `${frame.after} to ${frame.next} of epoch "${frame.epoch}"`
      throw new LinkError(
        closeCodes.protocol,
        `posts of "${frame.room}" cover ${range}, expected after ${expected.offset} of "${expected.epoch}"`,
      )
    }
    this.#o.window.take(bytes)
    this.#expected = { epoch: frame.epoch, offset: frame.next }
    const n = this.#n
    // Signatures of several frames are checked at the same time; the posts are stored in order.
    const checked = this.#check(frame)
    // It is awaited only when those before it are through.
    checked.catch(() => {})
    this.#storing = this.#storing
      .then(async () => this.#storeInTime(await checked, frame, { n, bytes }))
      .catch(error => this.#o.fail(error))
  }

  /** @throws LinkError when the offer does not follow what came before */
  onOffer(offer: FrameOf<'offer'>): void {
    if (this.#expected !== undefined) this.#offers.offer(offer, this.#expected)
  }

  onGap({ to }: FrameOf<'gap'>): void {
    this.#offers.gap(to)
  }

  /** While it stands by, what is under way is taken in and answered as ever, but no other link waits for it. */
  standBy(on: boolean): void {
    this.#offers.standBy(on)
  }

  /** Our own store lost writes, the cursor perhaps among them. */
  epochChanged(): void {
    void this.#resume()
  }

  stop(): void {
    this.#stopped = true
    this.#slowDown.end()
    this.#expected = undefined
    this.#offers.drop()
  }

  /** What is over a limit waits here: it is not acknowledged meanwhile, and so the sender stops. */
  async #storeInTime(posts: readonly NewPost[], frame: FrameOf<'posts'>, of: { n: number; bytes: number }) {
    const { limit } = this.#o
    const waitMs = this.#isVoid(of.n) ? 0 : (limit?.take(posts.length) ?? 0)
    if (waitMs > 0) {
      await this.#slowDown.wait(waitMs)
      if (this.#isVoid(of.n)) limit?.giveBack(posts.length)
    }
    this.#store(posts, frame, of)
  }

  /** What came under this resume is no longer taken. */
  #isVoid(n: number): boolean {
    return this.#stopped || n !== this.#n
  }

  #store(posts: readonly NewPost[], frame: FrameOf<'posts'>, { n, bytes }: { n: number; bytes: number }): void {
    if (this.#isVoid(n)) return this.#o.window.release(bytes)
    const next = { epoch: frame.epoch, offset: frame.next }
    // Not awaited: the store groups what comes meanwhile, and keeps the order.
    void this.#append(posts, next)
      .then(result => this.#appended(result, next, { n, bytes, posts }))
      .catch(error => this.#storeFailed(error))
      .finally(() => this.#o.window.release(bytes))
  }

  #append(posts: readonly NewPost[], next: Cursor): Promise<AppendResult> {
    const expected = this.#submitted
    const moves = posts.length > 0 || !sameCursor(expected, next) || !sameCursor(this.#stored, next)
    if (!moves) return Promise.resolve({ conflict: false, verdicts: [], offsets: [] })
    this.#submitted = next
    return this.#o.log.append({ from: this.#o.peerId, posts, cursor: { expected, next, under: this.#under } })
  }

  async #check(frame: FrameOf<'posts'>): Promise<NewPost[]> {
    const posts = await Promise.all(frame.posts.map(value => this.#checkOne(value, frame.room)))
    return posts.filter(post => post !== undefined)
  }

  #checkOne(value: unknown, room: string): NewPost | undefined | Promise<NewPost | undefined> {
    const parsed = postSchema.safeParse(value)
    if (!parsed.success || parsed.data.room !== room) {
      this.#o.onRefused(parsed.success ? 'post is of another room' : `post: ${firstFault(parsed.error)}`)
      return undefined
    }
    const post = parsed.data
    const checked = { guid: post.guid, at: post.at, json: encodePost(post) }
    return post.origin === this.#o.peerId ? checked : this.#verify(post, checked)
  }

  async #verify(post: Post, checked: NewPost): Promise<NewPost | undefined> {
    if (await this.#o.verify(post)) return checked
    this.#o.onRefused(`post ${post.guid} is not signed by its origin ${post.origin}`)
    return undefined
  }

  #appended(result: AppendResult, next: Cursor, { n, bytes, posts }: Appended): void {
    if (this.#stopped) return
    if (result.conflict) {
      if (n === this.#n) void this.#resume()
      return
    }
    this.#stored = next
    const stored = result.verdicts.filter(verdict => verdict === 'stored').length
    this.received += stored
    this.#o.onVerdicts(result.verdicts)
    this.#o.stored(next, bytes)
    if (n === this.#n)
      this.#offers.stored(
        posts.map(post => post.guid),
        next.offset,
      )
    if (this.#goal === undefined) return
    this.#goal.posts += stored
    if (next.offset >= this.#goal.head) this.#reachGoal()
  }

  #reachGoal(): void {
    this.caughtUp = true
    const goal = this.#goal
    this.#goal = undefined
    if (goal !== undefined && goal.posts > 0) this.#o.onCaughtUp(goal.posts, performance.now() - goal.since)
  }

  #storeFailed(error: unknown): void {
    if (!(error instanceof StoreUnavailableError)) return this.#o.fail(error)
    // Other rooms of this link may have a store that takes them.
    if (!this.#resuming && !this.#stopped) this.#o.send({ t: 'hold', room: this.#o.log.room })
    void this.#resume(storeRetryMs)
  }

  /**
   * Nothing more is taken until the store answers; then the sender is asked to go on from what is stored. A store that
   * answers and does not take posts is asked after `waitMs`: else the sender would ship them again and again at full speed.
   */
  async #resume(waitMs = 0): Promise<void> {
    this.#expected = undefined
    this.#offers.drop()
    this.#n += 1
    this.#mustResume = true
    if (this.#resuming) return
    this.#resuming = true
    if (waitMs > 0) await delay(waitMs, undefined, { ref: false })
    while (this.#mustResume && !this.#stopped) {
      try {
        this.#mustResume = false
        await this.#sayWhere()
      } catch (error) {
        if (!(error instanceof StoreUnavailableError)) return this.#o.fail(error)
        this.#mustResume = true
        await delay(storeRetryMs, undefined, { ref: false })
      }
    }
    this.#resuming = false
  }

  /** The cursor, and our own past: posts we sent and have lost since must come back. */
  async #sayWhere(): Promise<void> {
    const { log, peerId } = this.#o
    const { epoch, ended } = await log.history()
    const cursor = await log.cursorOf(peerId)
    if (this.#stopped) return
    this.#submitted = cursor
    this.#stored = cursor
    this.#under = epoch
    const offer = this.#o.wantsOffers() && { offer: true }
    const place = { cursor, epoch, ended: Object.fromEntries(ended), ...offer }
    this.#o.send({ t: 'resume', n: this.#n, rooms: { [log.room]: place } })
  }
}
