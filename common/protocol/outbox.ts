// What one link still has to send of one room: a place in our log and how the reader is served from it, never a queue of posts.
import type { OffsetRange, Start } from '../cursor.ts'
import type { Entry, PostLog } from '../post-log.ts'
import { Coverage } from './coverage.ts'
import { type Frame, type FrameOf, guidsPerOfferMax, type ReaderPlace } from './frames.ts'
import type { HeldByPeer } from './held-by-peer.ts'
import { LogPages } from './log-pages.ts'
import { dueOf, type Mode, type Offering, questionAbout, type Shipping, shippedIn } from './outbox-mode.ts'
import type { SendWindow } from './send-window.ts'
import { type Asked, StartingPoint } from './starting-point.ts'
import { StoreQuestions } from './store-questions.ts'
import type { Turns } from './turns.ts'

export interface OutboxOptions {
  log: PostLog
  /** Of the reader: those posts it is not sent. */
  heldByPeer: HeldByPeer
  /** A hub gets unasked only what was written here. */
  toHub: boolean
  /** Have we all that the reader had to offer to us when this link began? Until then it may hold what comes in here. */
  hasAllOfPeer: () => boolean
  window: SendWindow
  turns: Turns
  send: (frame: Frame) => void
  sendPosts: (text: Buffer) => void
  /** The store failed for good; the link must end. */
  fail: (error: unknown) => void
}

export class Outbox {
  readonly #o: OutboxOptions
  readonly #coverage: Coverage
  readonly #store: StoreQuestions
  readonly #pages: LogPages
  readonly #start: StartingPoint
  readonly #pumpAgain = () => this.pump()
  #mode: Mode = { name: 'stopped' }
  #asksOffers = false
  /** As it was when the outbox was stopped. */
  #settled = 0
  #standsBy = false
  /** The reader asked to be sent nothing until it resumes. */
  #isHeld = false
  /** Of the reader's last resume. */
  #n = 1
  /** Until the head is reached the reader waits for it; then an empty frame will do. */
  #tellAtHead = false

  constructor(options: OutboxOptions) {
    this.#o = options
    this.#coverage = new Coverage(options)
    const fail = (error: unknown) => this.#fail(error)
    const store = new StoreQuestions(options.turns, fail)
    this.#store = store
    this.#pages = new LogPages({ log: options.log, store, fail })
    this.#start = new StartingPoint({ log: options.log, store, begin: start => this.#begin(start), fail })
  }

  /** Posts sent over this link. */
  get sent(): number {
    return this.#coverage.sent
  }

  /** Entries the reader has yet to acknowledge. */
  get toSend(): number {
    const isOver = this.#mode.name === 'stopped' && this.#start.asked === undefined && !this.#isHeld
    return isOver ? 0 : Math.max(0, this.#o.log.head.head - this.settled)
  }

  /** The reader has, or does not want, everything up to here; when the outbox is stopped, as it was then. */
  get settled(): number {
    return this.#mode.name === 'stopped' ? this.#settled : this.#coverage.settled
  }

  /** The reader stands here in our log: go on from there. */
  resume(n: number, place: ReaderPlace): void {
    this.#isHeld = false
    this.#n = n
    this.#asksOffers = place.offer === true
    this.#o.heldByPeer.resume(place)
    this.#restart({ cursor: place.cursor, offering: place.offer === true })
    if (place.cursor?.epoch === this.#o.log.head.epoch) this.#settled = place.cursor.offset
  }

  /** The reader's store does not take this room: what is under way is given up, and leaves the window to other rooms. */
  hold(): void {
    this.stop()
    this.#isHeld = true
  }

  /**
   * While it stands by nothing is shipped; what is under way arrives and is acknowledged, and a resume is kept for later. After
   * it the reader is asked by GUID what it lacks: it was served elsewhere meanwhile.
   */
  standBy(on: boolean): void {
    this.#standsBy = on
    this.#dropReads()
    if (this.#mode.name !== 'stopped') this.#mode = { name: 'offering' }
    this.#start.hold(on)
    const { epoch, position } = this.#coverage
    // In another epoch the log is about to tell of it.
    if (on || this.#mode.name === 'stopped' || this.#o.log.head.epoch !== epoch) return
    this.#coverage.goOnBehind(position)
    this.#goOn()
  }

  /** Our log began a new epoch: what is under way may be lost here, or have other offsets now. */
  epochChanged(): void {
    const { asked } = this.#start
    // What the store was asked before, it may have answered from the old epoch.
    if (asked !== undefined) return this.#restart({ ...asked })
    if (this.#mode.name === 'stopped') return
    const cursor = { epoch: this.#coverage.epoch, offset: this.#coverage.acked }
    this.#restart({ cursor, offering: this.#mode.name !== 'following' })
  }

  /** @throws LinkError when the reader acknowledges what it was never sent */
  acked(ack: FrameOf<'ack'>): void {
    // Goes on by itself where the window was closed.
    this.#coverage.ack(ack)
  }

  wanted({ epoch, after, next, guids }: FrameOf<'want'>): void {
    const asked = this.#mode.name === 'offering' ? this.#mode.asked : undefined
    if (next !== asked || epoch !== this.#coverage.epoch || after !== this.#coverage.position) return
    this.#mode = { name: 'shipping', wanted: new Set(guids), until: next }
    this.pump()
  }

  /** Sends what the window allows. Called on every change of the log, and when the window opens. */
  pump(): void {
    while (this.#mayGoOn() && this.#step()) {
      // One frame after another.
    }
  }

  /** Tells the reader of entries that were skipped without a word; called now and then. */
  tellSkipped(): void {
    if (this.#mode.name === 'following') this.#coverage.tellSkipped()
  }

  stop(): void {
    this.#settled = this.settled
    this.#start.cancel()
    this.#dropReads()
    this.#mode = { name: 'stopped' }
    this.#coverage.clear()
  }

  #dropReads(): void {
    this.#store.drop()
    this.#pages.drop()
    this.#o.window.forget(this.#pumpAgain)
  }

  #restart(asked: Asked): void {
    this.stop()
    this.#start.ask(asked)
  }

  #begin(start: Start): void {
    if (start.trimmed !== undefined) this.#reportGap(start.trimmed)
    this.#coverage.begin(this.#o.log.head.epoch, start.after)
    this.#mode = start.known ? { name: 'following' } : { name: 'offering' }
    this.#goOn()
  }

  #goOn(): void {
    const { room, head } = this.#o.log
    this.#tellAtHead = true
    const after = this.#coverage.position
    this.#o.send({ t: 'start', room, n: this.#n, epoch: head.epoch, after, head: head.head })
    this.pump()
  }

  #reportGap({ from, to }: OffsetRange): void {
    const { room, head } = this.#o.log
    this.#o.send({ t: 'gap', room, epoch: head.epoch, from, to, why: 'trimmed' })
  }

  #mayGoOn(): boolean {
    const { log, window } = this.#o
    if (this.#mode.name === 'stopped' || this.#standsBy || this.#pages.isReading) return false
    if (log.head.epoch !== this.#coverage.epoch) return false
    if (!window.open) window.wait(this.#pumpAgain)
    return window.open
  }

  /** False when there is nothing to send before something else happens. */
  #step(): boolean {
    if (this.#mode.name === 'shipping' && this.#skipUnwanted(this.#mode)) return true
    if (this.#coverage.position >= this.#o.log.head.head) this.#reachedHead()
    else if (this.#mode.name === 'offering') return this.#offer(this.#mode)
    else return this.#shipNext()
    return false
  }

  #reachedHead(): void {
    if (this.#mode.name === 'offering')
      this.#mode = this.#mayFollow ? { name: 'following' } : { name: 'offering', wasAtHead: true }
    if (this.#tellAtHead && this.#coverage.isUntold) this.#coverage.tell()
    this.#tellAtHead = false
  }

  /** A reader that asked for offers gets them as long as it may itself be offering to us what comes in here. */
  get #mayFollow(): boolean {
    return !this.#asksOffers || this.#o.hasAllOfPeer()
  }

  /** True when there is nothing to wait for. */
  #offer({ asked, wasAtHead }: Offering): boolean {
    if (asked !== undefined) return false
    if (wasAtHead && this.#mayFollow) {
      this.#mode = { name: 'following' }
      return true
    }
    const { position } = this.#coverage
    const page = this.#o.log.tail.readAfter(position, guidsPerOfferMax)
    if (page !== undefined) return this.#offerPage(page)
    this.#pages.read(position, page => this.#passAndOffer(page), guidsPerOfferMax)
    return false
  }

  #passAndOffer(page: readonly Entry[]): void {
    this.#passTrimmed(page)
    this.#offerPage(page)
    this.pump()
  }

  /** True when the reader need not be asked, as it holds all of it. */
  #offerPage(page: readonly Entry[]): boolean {
    const next = page.at(-1)?.offset
    if (next === undefined) return false
    const [guids, mode] = questionAbout(page, next, this.#o.heldByPeer)
    this.#mode = mode
    if (mode.name === 'shipping') return true
    const { epoch, position } = this.#coverage
    this.#o.send({ t: 'offer', room: this.#o.log.room, epoch, after: position, next, guids })
    return false
  }

  /** True when the mode or the position moved. */
  #skipUnwanted({ wanted, until }: Shipping): boolean {
    if (this.#coverage.position < until && wanted.size > 0) return false
    this.#coverage.skipTo(until)
    this.#askAgain()
    return true
  }

  #askAgain(): void {
    this.#coverage.tellSkipped()
    this.#mode = { name: 'offering' }
  }

  #shipNext(): boolean {
    const { position } = this.#coverage
    const entries = this.#pages.after(position)
    if (entries === undefined) this.#pages.read(position, page => this.#keepPage(page))
    else if (entries.length > 0) this.#ship(entries)
    return entries !== undefined && entries.length > 0
  }

  #keepPage(page: readonly Entry[]): void {
    this.#pages.keep(page)
    this.#passTrimmed(page)
    this.pump()
  }

  /** Trimmed under our feet: the log no longer has what follows our position. */
  #passTrimmed(page: readonly Entry[]): void {
    const first = page[0]?.offset ?? this.#o.log.head.head + 1
    const from = this.#coverage.position + 1
    if (first === from) return
    this.#reportGap({ from, to: first - 1 })
    this.#coverage.skipTo(first - 1)
  }

  #ship(entries: readonly Entry[]): void {
    const { heldByPeer: held, toHub } = this.#o
    const { position } = this.#coverage
    const due = dueOf(entries, this.#mode, { position, held, asksFirst: toHub && this.#asksOffers })
    if (due.length === 0) return this.#askAgain()
    this.#pages.pass(entries, this.#coverage.ship(due, shippedIn(this.#mode, held)))
  }

  #fail(error: unknown): void {
    this.stop()
    this.#o.fail(error)
  }
}
