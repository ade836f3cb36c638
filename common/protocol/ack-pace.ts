// When a reader says what it has stored: acks are cumulative, so a few a second do, unless the sender waits for one.
import type { FrameOf } from './frames.ts'

/** Of an edge, in ms. Nobody waits for the word that it has stored a post; acks of a tenth of a second go in one frame. */
export const edgeAckDelayMs = 100

type Ack = FrameOf<'ack'>

export interface AckPaceOptions {
  /** How long an ack may wait for others; 0 waits for the end of this turn of the event loop only. */
  delayMs: number
  /** With so many bytes stored and not acknowledged, nothing waits: the sender's window would close. */
  bytesMax: number
  send: (ack: Ack) => void
}

export class AckPace {
  readonly #o: AckPaceOptions
  /** The newest of each room. */
  readonly #due = new Map<string, Ack>()
  #bytes = 0
  #timer: NodeJS.Timeout | undefined

  constructor(options: AckPaceOptions) {
    this.#o = options
  }

  /** `bytes` of posts more are stored, up to what `ack` says. */
  stored(ack: Ack, bytes: number): void {
    const isFirst = this.#due.size === 0
    this.#due.set(ack.room, ack)
    this.#bytes += bytes
    const { delayMs, bytesMax } = this.#o
    if (this.#bytes >= bytesMax) this.flush()
    else if (!isFirst) return
    else if (delayMs === 0) process.nextTick(() => this.flush())
    else this.#timer = setTimeout(() => this.flush(), delayMs).unref()
  }

  flush(): void {
    clearTimeout(this.#timer)
    this.#bytes = 0
    const acks = [...this.#due.values()]
    this.#due.clear()
    for (const ack of acks) this.#o.send(ack)
  }
}
