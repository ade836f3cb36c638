// Frames into a connection that may be slow: counts what is on its way, says when to hold back, and when to give up.

/** Text goes as UTF-8. */
export type PacedFrame = string | Uint8Array

export interface PacedWriterOptions<F extends PacedFrame = string> {
  /** Hands a frame to the connection; `done` is called once it is off our hands (or lost with the connection). */
  write: (frame: F, done: () => void) => void
  /** The other end does not read: end the connection. Called once. */
  onStalled: () => void
  /** Longest time without any progress while something waits; default 60 s. */
  stallMs?: number
}

/** Above this a reader is slow: nothing more is read for it until it has caught up. */
const fullBytes = 64 * 1024
/** Above this, answers pile up unread. */
const bytesMax = 192 * 1024

export class PacedWriter<F extends PacedFrame = string> {
  readonly #write: PacedWriterOptions<F>['write']
  readonly #onStalled: () => void
  readonly #stallMs: number
  #bytes = 0
  #timer: NodeJS.Timeout | undefined
  #waiting: (() => void)[] = []
  #isClosed = false

  constructor({ write, onStalled, stallMs = 60_000 }: PacedWriterOptions<F>) {
    this.#write = write
    this.#onStalled = onStalled
    this.#stallMs = stallMs
  }

  /** True when the caller should wait for `drained` before it sends more. */
  get isFull(): boolean {
    return this.#bytes >= fullBytes
  }

  /** Sends a frame; ignored after close. A connection that holds too much unread is given up. */
  send(frame: F): void {
    if (this.#isClosed) return
    const bytes = Buffer.byteLength(frame)
    if (this.#bytes + bytes > bytesMax) return this.#giveUp()
    this.#bytes += bytes
    this.#timer ??= this.#startTimer()
    this.#write(frame, () => this.#onDone(bytes))
  }

  /** Resolves when there is room again, or after close. Never later than `stallMs` after the last progress. */
  drained(): Promise<void> {
    if (!this.isFull || this.#isClosed) return Promise.resolve()
    return new Promise(resolve => this.#waiting.push(resolve))
  }

  /** Lets everybody go who waits. */
  close(): void {
    this.#isClosed = true
    clearTimeout(this.#timer)
    this.#wake()
  }

  #onDone(bytes: number): void {
    this.#bytes -= bytes
    if (this.#isClosed) return
    clearTimeout(this.#timer)
    this.#timer = this.#bytes > 0 ? this.#startTimer() : undefined
    if (!this.isFull) this.#wake()
  }

  #startTimer(): NodeJS.Timeout {
    return setTimeout(() => this.#giveUp(), this.#stallMs)
  }

  #wake(): void {
    const waiting = this.#waiting
    this.#waiting = []
    for (const resolve of waiting) resolve()
  }

  #giveUp(): void {
    if (this.#isClosed) return
    this.close()
    this.#onStalled()
  }
}
