// Follows logs into one client's connection. No queue: per room there is only a cursor, and a slow reader's cursor lags.
import { setTimeout as delay, setImmediate as nextTurn } from 'node:timers/promises'
import { postFrame } from './api-post.ts'
import type { Cursor, OffsetRange } from './cursor.ts'
import { StoreUnavailableError } from './errors.ts'
import type { PacedWriter } from './paced-writer.ts'
import type { PostLog } from './post-log.ts'
import { entriesAfter } from './read-on.ts'
import type { LogFrame } from './room-shapes.ts'

const pageEntries = 100
const storeRetryMs = 1000

/** A frame that is no post, but for what all have. */
type Bare = { [T in 'gap' | 'reset']: Omit<Extract<LogFrame, { t: T }>, 'room' | 'epoch'> }['gap' | 'reset']

/** Where one connection stands in one room. */
interface Followed {
  readonly log: PostLog
  cursor: Cursor
  /** False until the log has said where a reader with this cursor goes on. */
  isResolved: boolean
  readonly unsubscribe: () => void
}

/** Sends frames, each with room and epoch: LogFrame says which. */
export class LogFollower {
  readonly #writer: PacedWriter
  readonly #followedByRoom = new Map<string, Followed>()
  #isRung = false
  #wake: (() => void) | undefined

  constructor(writer: PacedWriter) {
    this.#writer = writer
  }

  /** Sends the posts of `log` after `cursor`, by default those still to come. Called again it moves the cursor. */
  follow(log: PostLog, cursor?: Cursor): void {
    const known = this.#followedByRoom.get(log.room)
    const followed = {
      log,
      cursor: cursor ?? { epoch: log.head.epoch, offset: log.head.head },
      isResolved: cursor === undefined,
      unsubscribe: known?.unsubscribe ?? log.subscribe(() => this.#ring()),
    }
    this.#followedByRoom.set(log.room, followed)
    this.#ring()
  }

  /** Sends until `signal` aborts. Rejects on faults no waiting can mend; a store that is away is waited for. */
  async run(signal: AbortSignal): Promise<void> {
    const ring = () => this.#ring()
    signal.addEventListener('abort', ring)
    try {
      while (!signal.aborted) {
        if (await this.#round(signal)) await nextTurn()
        else await this.#rung()
      }
    } finally {
      signal.removeEventListener('abort', ring)
      for (const { unsubscribe } of this.#followedByRoom.values()) unsubscribe()
    }
  }

  /** A page of every room; true when there may be more. */
  async #round(signal: AbortSignal): Promise<boolean> {
    let hasMore = false
    try {
      for (const followed of [...this.#followedByRoom.values()]) {
        await this.#writer.drained()
        if (signal.aborted) return false
        if (await this.#step(followed)) hasMore = true
      }
      return hasMore
    } catch (error) {
      if (!(error instanceof StoreUnavailableError)) throw error
      await delay(storeRetryMs, undefined, { signal }).catch(() => undefined)
      return true
    }
  }

  async #step(followed: Followed): Promise<boolean> {
    const { log } = followed
    if (!followed.isResolved || followed.cursor.epoch !== log.head.epoch) return this.#resolve(followed)
    const { epoch, offset } = followed.cursor
    const entries = await entriesAfter(log, offset, pageEntries)
    if (!this.#isCurrent(followed, epoch)) return true
    for (const entry of entries) {
      if (this.#writer.isFull) return true
      this.#sendGap(followed, { from: followed.cursor.offset + 1, to: entry.offset - 1 })
      this.#writer.send(postFrame(entry, epoch))
      followed.cursor = { epoch, offset: entry.offset }
    }
    return entries.length === pageEntries
  }

  /** Asks the log where the cursor goes on, and tells the reader when that is not where it stood. */
  async #resolve(followed: Followed): Promise<boolean> {
    const { log, cursor } = followed
    const { epoch } = log.head
    const start = await log.startFor(cursor)
    if (!this.#isCurrent(followed, epoch)) return true
    followed.cursor = { epoch, offset: start.after }
    followed.isResolved = true
    if (!start.known || start.lost !== undefined || cursor.epoch !== epoch)
      this.#send(followed, { t: 'reset', after: start.after, head: log.head.head })
    if (start.known && start.trimmed !== undefined) this.#sendGap(followed, start.trimmed)
    return true
  }

  /** False when the cursor was moved, or the log began a new epoch, while the log was asked. */
  #isCurrent(followed: Followed, epoch: string): boolean {
    return this.#followedByRoom.get(followed.log.room) === followed && followed.log.head.epoch === epoch
  }

  #sendGap(followed: Followed, { from, to }: OffsetRange): void {
    if (from <= to) this.#send(followed, { t: 'gap', from, to })
  }

  #send({ log, cursor }: Followed, { t, ...fields }: Bare): void {
    this.#writer.send(JSON.stringify({ t, room: log.room, epoch: cursor.epoch, ...fields }))
  }

  #ring(): void {
    this.#isRung = true
    this.#wake?.()
  }

  /** Resolves when something changed since the last time. */
  async #rung(): Promise<void> {
    if (!this.#isRung) await new Promise<void>(resolve => (this.#wake = resolve))
    this.#wake = undefined
    this.#isRung = false
  }
}
