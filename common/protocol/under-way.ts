// What one outbox has sent and its reader has yet to acknowledge, and what that takes of the link's window.
import { LinkError } from '../errors.ts'
import { closeCodes } from './close-codes.ts'
import type { SendWindow } from './send-window.ts'

export class UnderWay {
  readonly #window: SendWindow
  #frames: { next: number; bytes: number }[] = []
  #epoch = ''
  /** The reader was told of nothing behind this in this epoch, whatever it says. */
  #toldMax = 0
  /** Acknowledged up to here. */
  acked = 0

  constructor(window: SendWindow) {
    this.#window = window
  }

  get isEmpty(): boolean {
    return this.#frames.length === 0
  }

  /** The reader begins behind `after`; what it was sent before in the same epoch it may still acknowledge. */
  begin(epoch: string, after: number): void {
    this.#toldMax = Math.max(after, this.#epoch === epoch ? this.#toldMax : 0)
    this.#epoch = epoch
    this.acked = after
  }

  /** A frame that reaches `next` was sent. */
  push(next: number, bytes: number): void {
    this.#frames.push({ next, bytes })
    this.#toldMax = Math.max(this.#toldMax, next)
    this.#window.take(bytes)
  }

  /** @throws LinkError when the reader was never told of `offset` */
  ack(offset: number): void {
    if (offset > this.#toldMax)
      throw new LinkError(closeCodes.protocol, `acknowledges ${offset}, was sent nothing behind ${this.#toldMax}`)
    let bytes = 0
    for (let first = this.#frames[0]; first !== undefined && first.next <= offset; first = this.#frames[0]) {
      this.#frames.shift()
      bytes += first.bytes
      this.acked = first.next
    }
    this.#window.release(bytes)
  }

  /** What was sent is given up: the reader begins anew, or is gone. */
  clear(): void {
    const bytes = this.#frames.reduce((sum, frame) => sum + frame.bytes, 0)
    this.#frames = []
    this.#window.release(bytes)
  }
}
