// Answers the offers of one sender: asks the store what we lack of them, and asks for it over one link at a time.
import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import type { Cursor } from '../cursor.ts'
import { LinkError } from '../errors.ts'
import type { PostLog } from '../post-log.ts'
import { type Claimant, type Claims, claimsOf } from './claims.ts'
import { closeCodes } from './close-codes.ts'
import type { Frame, FrameOf } from './frames.ts'
import type { HeldByPeer } from './held-by-peer.ts'
import type { Turns } from './turns.ts'

/** An offer waits no longer for what other links claim. */
const offerWaitMs = 60_000
/** Offers in a row of which nothing came that we asked for, and of which we lacked nothing; after them answers come ever later. */
export const freeOffers = { unkept: 3, idle: 1000 }
const slowestMs = 60_000
/** How soon, at least and at most, it is looked again whether another process has got what it claims. */
const sharedPollMs = { min: 250, max: 750 }

export interface OfferAnswersOptions {
  log: PostLog
  peerId: string
  heldByPeer: HeldByPeer
  /** Of the link, over all its rooms: one question to the store at a time. */
  questions: Turns
  send: (frame: Frame) => void
  /** The store did not say what is missing. */
  fail: (error: unknown) => void
}

/** What was asked for, up to `next` of the sender's log. */
interface Asked {
  next: number
  wanted: ReadonlySet<string>
  came: boolean
}

type Offer = FrameOf<'offer'>

export class OfferAnswers implements Claimant {
  readonly peerId: string
  /** Names it among the claimants of all processes. */
  readonly #token = randomUUID()
  readonly #o: OfferAnswersOptions
  readonly #claims: Claims
  /** The newest offer; the next must lie behind it. */
  #last: Offer | undefined
  /** The newest offer, as long as nobody has begun to answer it. */
  #waiting: { offer: Offer; era: number } | undefined
  #asked: Asked | undefined
  #standsBy = false
  #isAnswering = false
  #dropping = new AbortController()
  /** End of the last gap that the sender reported: an offer may begin behind it. */
  #gapTo = 0
  #unkept = 0
  /** One is forgiven in a second: what came by a direct link is offered to a hub by all that have it. */
  #idle = 0
  #idleAt = 0

  constructor(options: OfferAnswersOptions) {
    this.#o = options
    this.peerId = options.peerId
    this.#claims = claimsOf(options.log)
  }

  /**
   * A sender that goes on behind `place` offers what lies there, and nothing more before it has covered that.
   * @throws LinkError 4400 when the offer cannot come from such a sender
   */
  offer(offer: Offer, place: Cursor): void {
    const { room, epoch, after, next, guids } = offer
    const follows = after === place.offset || (after === this.#gapTo && after > place.offset)
    const isFree = this.#last === undefined || place.offset >= this.#last.next
    const fits = guids.length > 0 && guids.length <= next - after
    if (epoch !== place.epoch || !follows || !isFree || !fits) {
      const what = `offer of ${guids.length} posts of "${room}" for ${after} to ${next} of epoch "${epoch}"`
      throw new LinkError(closeCodes.protocol, `${what} at ${place.offset} of "${place.epoch}"`)
    }
    this.#last = offer
    this.#waiting = { offer, era: this.#o.heldByPeer.era }
    this.#goOn()
  }

  /** The sender no longer keeps what lies up to here. */
  gap(to: number): void {
    this.#gapTo = to
  }

  /** These came over this link and are stored, and with them everything up to `offset`. */
  stored(guids: readonly string[], offset: number): void {
    const asked = this.#asked
    if (asked === undefined) return
    asked.came ||= guids.some(guid => asked.wanted.has(guid))
    this.#claims.stored(this, guids)
    if (offset < asked.next) return
    this.#asked = undefined
    this.#claims.done(this)
    this.#count(asked)
    this.#goOn()
  }

  /** The sender may stop to ship at any time now: nobody waits for it. */
  standBy(on: boolean): void {
    this.#standsBy = on
    if (on) this.#claims.done(this)
  }

  /** The sender begins anew, or nothing more is taken from it: what was offered and asked for before is void. */
  drop(): void {
    this.#last = undefined
    this.#waiting = undefined
    this.#asked = undefined
    this.#gapTo = 0
    this.#dropping.abort()
    this.#claims.giveUp(this)
  }

  #count({ wanted, came }: Asked): void {
    if (came) this.#unkept = 0
    if (came) this.#idle = 0
    else if (wanted.size > 0) this.#unkept += 1
    else {
      const now = performance.now()
      this.#idle = Math.max(0, this.#idle - (now - this.#idleAt) / 1000) + 1
      this.#idleAt = now
    }
  }

  #goOn(): void {
    if (!this.#isAnswering) void this.#answerAll().catch(this.#o.fail)
  }

  async #answerAll(): Promise<void> {
    this.#isAnswering = true
    try {
      while (this.#waiting !== undefined && this.#asked === undefined) {
        const { offer, era } = this.#waiting
        this.#waiting = undefined
        await this.#answer(offer, era)
      }
    } finally {
      this.#isAnswering = false
    }
  }

  async #answer({ room, epoch, after, next, guids }: Offer, era: number): Promise<void> {
    this.#dropping = new AbortController()
    const { signal } = this.#dropping
    const slowMs = this.#slowMs()
    if (slowMs > 0) await delay(slowMs, undefined, { signal, ref: false }).catch(() => {})
    const missing = await this.#claim(guids, era, signal)
    if (signal.aborted) return
    this.#asked = { next, wanted: new Set(missing), came: false }
    this.#o.send({ t: 'want', room, epoch, after, next, guids: missing })
  }

  /** What of it we lack and no other link is about to bring: claimed. */
  async #claim(guids: readonly string[], era: number, signal: AbortSignal): Promise<string[]> {
    const since = performance.now()
    let missing = await this.#missing(guids, signal)
    this.#o.heldByPeer.offered(missing, era)
    const mayWait = () => !signal.aborted && performance.now() - since < offerWaitMs
    const mustWait = () => mayWait() && this.#claims.heldByOthers(missing, this)
    let isShared = this.#shares(missing)
    while (mustWait() || (mayWait() && isShared && !(await this.#take(missing)))) {
      if (!mustWait()) await pause(signal)
      while (mustWait()) await this.#claims.ended(signal)
      missing = await this.#missing(guids, signal)
      isShared = this.#shares(missing)
    }
    const release = () => isShared && this.#o.log.claims?.release(this.#token, missing)
    // Without other processes in the same turn as the look at the claims of others; with them nobody else has these.
    if (!signal.aborted && !this.#standsBy) this.#claims.claim(this, missing, release)
    else release()
    return missing
  }

  /** Other processes may have asked for these. */
  #shares(missing: readonly string[]): boolean {
    return this.#o.log.claims !== undefined && missing.length > 0 && !this.#claims.isBanned(this)
  }

  /** False: another process has asked for one of these. */
  #take(missing: readonly string[]): Promise<boolean> {
    return this.#o.questions.run(async () => (await this.#o.log.claims?.take(this.#token, missing)) ?? true)
  }

  #missing(guids: readonly string[], signal: AbortSignal): Promise<string[]> {
    return this.#o.questions.run(async () => (signal.aborted ? [] : this.#o.log.missing(guids)))
  }

  /** How long the sender waits for the next answer: 0, and after offers that led to nothing twice as long each time. */
  #slowMs(): number {
    const over = Math.max(this.#unkept - freeOffers.unkept, Math.ceil(this.#idle - freeOffers.idle))
    return over <= 0 ? 0 : Math.min(slowestMs, 250 * 2 ** over)
  }
}

function pause(signal: AbortSignal): Promise<void> {
  const ms = sharedPollMs.min + Math.random() * (sharedPollMs.max - sharedPollMs.min)
  return delay(ms, undefined, { signal, ref: false }).catch(() => {})
}
