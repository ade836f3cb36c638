// How much of our log one reader has been told of: posts sent to it, entries skipped, and what it has acknowledged.
import type { Entry, PostLog } from '../post-log.ts'
import type { FrameOf } from './frames.ts'
import { cutPostsFrame, type PostsFrame } from './posts-frames.ts'
import type { SendWindow } from './send-window.ts'
import { UnderWay } from './under-way.ts'

/** A reader whose cursor lags only by entries it does not get is told so at the latest after this many. */
const skippedMax = 1000

export interface CoverageOptions {
  log: PostLog
  window: SendWindow
  sendPosts: (text: Buffer) => void
}

export class Coverage {
  readonly #o: CoverageOptions
  readonly #underWay: UnderWay
  #epoch = ''
  #position = 0
  /** The reader has been told of everything up to here: behind #position by entries skipped without a word. */
  #told = 0
  /** Nothing was sent since the last start: the reader's cursor may name an older epoch. */
  #isFresh = true
  /** Posts sent over this link. */
  sent = 0

  constructor(options: CoverageOptions) {
    this.#o = options
    this.#underWay = new UnderWay(options.window)
  }

  get epoch(): string {
    return this.#epoch
  }

  /** Everything up to here was sent, or skipped. */
  get position(): number {
    return this.#position
  }

  /** Everything up to here was acknowledged. */
  get acked(): number {
    return this.#underWay.acked
  }

  /** The reader has, or does not want, everything up to here. */
  get settled(): number {
    return this.#underWay.isEmpty ? this.#position : this.#underWay.acked
  }

  /** The reader does not know yet that it stands at our position. */
  get isUntold(): boolean {
    return this.#isFresh || this.#told < this.#position
  }

  /** The reader begins behind `after` in `epoch`. */
  begin(epoch: string, after: number): void {
    this.#epoch = epoch
    this.#underWay.begin(epoch, after)
    this.goOnBehind(after)
  }

  /** The reader is told by a `start` that it goes on behind `after`; what is under way stays so. */
  goOnBehind(after: number): void {
    this.#position = after
    this.#told = after
    this.#isFresh = true
  }

  /** Nothing up to `offset` is sent. The reader is told of it with the next posts. */
  skipTo(offset: number): void {
    this.#position = Math.max(this.#position, offset)
  }

  /** Sends what goes into one frame out of `entries`, which follow our position. Returns how many of them are done with. */
  ship(entries: readonly Entry[], ships: (entry: Entry) => boolean): number {
    const frame = cutPostsFrame(this.#o.log, this.#place, entries, ships)
    this.#position = frame.next
    if (frame.posts > 0) this.#send(frame)
    else if (this.#position - this.#told >= skippedMax) this.tell()
    return frame.entries
  }

  /** Tells the reader of what was skipped without a word, if there is any. */
  tellSkipped(): void {
    if (this.#told < this.#position) this.tell()
  }

  /** Tells the reader where it stands. */
  tell(): void {
    this.#send(cutPostsFrame(this.#o.log, this.#place, [], () => false))
  }

  /** @throws LinkError when the reader acknowledges what it was never sent */
  ack({ epoch, offset }: FrameOf<'ack'>): void {
    if (epoch === this.#epoch) this.#underWay.ack(offset)
  }

  /** What is under way is given up. */
  clear(): void {
    this.#underWay.clear()
  }

  get #place() {
    return { epoch: this.#epoch, told: this.#told, position: this.#position }
  }

  #send(frame: PostsFrame): void {
    this.#told = frame.next
    this.#isFresh = false
    this.#underWay.push(frame.next, frame.text.length)
    this.sent += frame.posts
    this.#o.sendPosts(frame.text)
  }
}
