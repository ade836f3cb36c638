// Posts of a room on their way to one place on the air: a room server, or a channel. One at a time, in the room's order,
// from where the last run stopped.
import { z } from 'zod'
import { epochSchema, offsetSchema } from '#common/cursor.ts'
import { StoreUnavailableError } from '#common/errors.ts'
import { type Author, type Post, postSchema, type Source } from '#common/post.ts'
import { type Entry, LOCAL, type PostLog } from '#common/post-log.ts'
import { isPriority } from '#common/priority.ts'
import { entriesAfter } from '#common/read-on.ts'
import type { Kept } from './kept.ts'

/**
 * Everything up to `offset` is said, or not for this place, and so are `parts` of the next. `stamp`: the second with which
 * the part after them was begun, 0 when it was not: said again with the same one it is no new post there.
 */
export const placeSchema = z.strictObject({
  epoch: epochSchema,
  offset: offsetSchema,
  parts: z.int().min(0),
  stamp: z.int().min(0),
})
export type Place = z.infer<typeof placeSchema>

export interface OutgoingPart {
  text: string
  airClass: 'local' | 'live' | 'catch-up'
  kind: 'push-local' | 'push-federated'
  room: string
  /** Whose airtime it is, for people. */
  author: string
  /** Of an earlier try that nobody knows the end of. */
  stamp: number | undefined
  /** Must be called before it is said. On disk when it returns. */
  stamped: (stamp: number) => void
}

/** `unsaid`: may be said anew. `unknown`: only with the same stamp, or it may be there twice. */
export type SendOutcome = 'said' | 'unsaid' | 'unknown'

/** Where posts are said. */
export interface AirTarget {
  /** Of posts read there: they are not said there again. */
  readonly source: Source
  /** Undefined while it is not there. */
  quote(post: Post): { speaker: string; parts: readonly string[] } | undefined
  /** Said in the same place already, for a reason of its own. */
  isThere(post: Post): boolean
  /** Takes its time when there is no use in trying again soon. */
  send(part: OutgoingPart, signal: AbortSignal): Promise<SendOutcome>
}

export interface OutgoingParts {
  log: PostLog
  target: AirTarget
  place: Kept<Place>
  /** GUIDs of what was heard there: whoever said it, it need not be said again. */
  heard: Set<string>
  /** False: nothing is said, and what comes meanwhile is passed over. */
  isOn: () => boolean
  isBlocked: (author: Author) => boolean
  /** Older posts are passed over. */
  rfMaxAgeMs: number
  /** Posts of other cities wait at random up to so long: of several gateways in reach one is the first, and the rest hear it. */
  spreadMs: number
  /** Told of each that was said, or a part of it, be it by another gateway in reach. */
  wasOnAir: (entry: Entry) => void
  /** Told when a post begins to be said. */
  saying: (post: Post) => void
  /** Unix ms, as stamped on posts. */
  now: () => number
  sleep: (ms: number, signal: AbortSignal) => Promise<unknown>
  random: () => number
}

const pageEntries = 50
const storeRetryMs = 1000
const sendAgainMs = 1000
/** Older posts of other cities wait for those that are live. */
const liveMs = 120_000

export class Outgoing {
  readonly #p: OutgoingParts
  #place: Place
  #wake: () => void = () => {}
  #isRung = false

  constructor(parts: OutgoingParts) {
    this.#p = parts
    const { epoch, head } = parts.log.head
    const kept = parts.place.load()
    this.#place = kept ?? { epoch, offset: head, parts: 0, stamp: 0 }
    // What was written before there was this target is not for it; what comes from now on is, also after a restart.
    if (kept === undefined) parts.place.save(this.#place)
  }

  /** A part was begun in the last run, and nobody knows whether it was heard. */
  get isInDoubt(): boolean {
    return this.#place.stamp > 0
  }

  /** Posts of the log that were not looked at. */
  get waiting(): number {
    return this.#place.epoch === this.#p.log.head.epoch ? this.#p.log.head.head - this.#place.offset : 0
  }

  /** Is it still to be said? */
  awaits(entry: Entry): boolean {
    if (this.#place.epoch !== this.#p.log.head.epoch || entry.offset <= this.#place.offset) return false
    const post = postSchema.safeParse(JSON.parse(entry.json)).data
    return post !== undefined && this.#isWanted(entry, post) && !this.#p.target.isThere(post)
  }

  async run(signal: AbortSignal): Promise<void> {
    const { log, sleep } = this.#p
    const ring = () => this.#ring()
    const unsubscribe = log.subscribe(ring)
    signal.addEventListener('abort', ring)
    try {
      while (!signal.aborted) {
        try {
          if (!(await this.#step(signal))) await this.#rung()
        } catch (error) {
          if (!(error instanceof StoreUnavailableError)) throw error
          await sleep(storeRetryMs, signal)
        }
      }
    } finally {
      unsubscribe()
      signal.removeEventListener('abort', ring)
    }
  }

  /** False when nothing is left to do. */
  async #step(signal: AbortSignal): Promise<boolean> {
    const { log } = this.#p
    this.#isRung = false
    if (this.#place.epoch !== log.head.epoch) await this.#resolve()
    const { epoch, offset } = this.#place
    const entries = await entriesAfter(log, offset, pageEntries)
    for (const entry of entries) {
      if (signal.aborted || log.head.epoch !== epoch) return true
      await this.#sayOrHear(entry, signal)
      if (signal.aborted) return true
      const wasSaid = this.#place.parts > 0
      this.#place = { epoch, offset: entry.offset, parts: 0, stamp: 0 }
      if (wasSaid || entry === entries.at(-1)) this.#save(this.#place)
    }
    return entries.length > 0
  }

  /** The log began a new epoch: go on where it says. One that knows nothing of us was made anew, and refills itself. */
  async #resolve(): Promise<void> {
    const { log } = this.#p
    const { epoch, head } = log.head
    const { offset, parts, stamp } = this.#place
    const start = await log.startFor({ epoch: this.#place.epoch, offset })
    // As after a crash: what was begun is still the next.
    if (start.known && start.after === offset) this.#save({ epoch, offset, parts, stamp })
    else this.#save({ epoch, offset: start.known ? start.after : head, parts: 0, stamp: 0 })
  }

  async #sayOrHear(entry: Entry, signal: AbortSignal): Promise<void> {
    const { heard, wasOnAir } = this.#p
    await this.#say(entry, signal)
    if (heard.has(entry.guid)) wasOnAir(entry)
  }

  /** Ends when it is said, or of no use any more. */
  async #say(entry: Entry, signal: AbortSignal): Promise<void> {
    const post = postSchema.safeParse(JSON.parse(entry.json)).data
    if (post === undefined || !this.#isWanted(entry, post)) return
    const { spreadMs, random, sleep, saying, target } = this.#p
    if (entry.from !== LOCAL && !this.isInDoubt) await sleep(random() * spreadMs, signal)
    if (signal.aborted || !this.#isWanted(entry, post) || target.isThere(post)) return
    saying(post)
    while (!signal.aborted && this.#isWanted(entry, post)) {
      const outcome = await this.#sayNext(entry, post, signal)
      if (outcome === 'all') return
      if (outcome === 'again') await sleep(sendAgainMs, signal)
    }
  }

  async #sayNext(entry: Entry, post: Post, signal: AbortSignal): Promise<'all' | 'again' | 'said'> {
    const { target, wasOnAir } = this.#p
    const quote = target.quote(post)
    if (quote === undefined) return 'again'
    const { parts, stamp } = this.#place
    const text = quote.parts[parts]
    if (text === undefined) return 'all'
    const part: OutgoingPart = {
      ...{ text, airClass: this.#classOf(entry, post), kind: kindOf(entry), room: post.room, author: quote.speaker },
      stamp: stamp === 0 ? undefined : stamp,
      stamped: second => this.#save({ ...this.#place, stamp: second }),
    }
    const outcome = await target.send(part, signal)
    // Given up in the middle of it: the next run finds out.
    if (outcome === 'said') wasOnAir(entry)
    if (outcome === 'said') this.#save({ ...this.#place, parts: parts + 1, stamp: 0 })
    else if (outcome === 'unsaid' && this.isInDoubt) this.#save({ ...this.#place, stamp: 0 })
    return outcome === 'said' ? 'said' : 'again'
  }

  #classOf({ from }: Entry, post: Post): OutgoingPart['airClass'] {
    const isLive = this.#p.now() - post.at <= liveMs
    if (from === LOCAL || (isLive && isPriority(post))) return 'local'
    return isLive ? 'live' : 'catch-up'
  }

  #isWanted({ from }: Entry, { guid, at, source, author }: Post): boolean {
    const { target, heard, isOn, isBlocked, rfMaxAgeMs, now } = this.#p
    const wasReadHere = from === LOCAL && source === target.source
    const isOld = now() - at > rfMaxAgeMs
    return isOn() && !isOld && !wasReadHere && !heard.has(guid) && !isBlocked(author)
  }

  #save(place: Place): void {
    this.#place = place
    this.#p.place.save(place)
  }

  #ring(): void {
    this.#isRung = true
    this.#wake()
  }

  async #rung(): Promise<void> {
    if (!this.#isRung) await new Promise<void>(resolve => (this.#wake = resolve))
    this.#wake = () => {}
  }
}

/** A notice of another city goes as urgently as what is written here, and is none of it. */
function kindOf({ from }: Entry): OutgoingPart['kind'] {
  return from === LOCAL ? 'push-local' : 'push-federated'
}
