// The command line on a room server's own serial port. A line ends in \r and is echoed; the answer begins with "  -> ".
// Source: the firmware's examples/simple_room_server/main.cpp, and MyMesh::handleCommand.
import { setTimeout as delay } from 'node:timers/promises'
import { oneByOne } from '#common/one-by-one.ts'
import { RadioError, type RadioState } from './radio.ts'
import { keepOpen, type ReopenTimings } from './reopening.ts'
import type { Line } from './serial-line.ts'

/** 151 bytes of buffer, of which the command, its number and the end of the line take some. */
export const roomPostBytesMax = 130

export interface RoomCliTimings extends ReopenTimings {
  answerMs: number
  checkMs: number
}

export interface RoomCliOptions {
  /** `/dev/…` or `tcp://host:port`. */
  port: string
  onState: (state: RadioState, reason: string) => void
  timings?: Partial<RoomCliTimings>
}

const usualTimings: RoomCliTimings = { answerMs: 3000, checkMs: 60_000, reopenMinMs: 1000, reopenMaxMs: 30_000 }
const answerMark = '  -> '
const lineBytesMax = 1024
const numbersMax = 100

interface Waiting {
  mark: string
  resolve: (answer: string) => void
}

export class RoomCli {
  readonly #o: RoomCliOptions
  readonly #timings: RoomCliTimings
  readonly #closing = new AbortController()
  readonly #running: Promise<void>
  #state: RadioState = 'opening'
  #reason = 'not opened yet'
  #line: Line | undefined
  #over = new AbortController()
  #input = ''
  #waiting: Waiting | undefined
  /** Runs one command after the other. */
  readonly #inTurn = oneByOne()
  #number = 0

  constructor(options: RoomCliOptions) {
    this.#o = options
    this.#timings = { ...usualTimings, ...options.timings }
    this.#running = keepOpen({
      port: options.port,
      timings: this.#timings,
      signal: this.#closing.signal,
      use: line => this.#use(line),
      onDown: reason => this.#become('opening', reason),
    })
  }

  get state(): RadioState {
    return this.#state
  }

  /** Why it is not ready; empty when it is. */
  get reason(): string {
    return this.#reason
  }

  /** True when the room has stored it: at most `roomPostBytesMax` bytes, in one line. @throws RadioError when nobody knows */
  async post(text: string): Promise<boolean> {
    if (this.#state !== 'ready') throw new RadioError(`the command line is not ready: ${this.#reason || this.#state}`)
    return (await this.#ask(`room.post ${text.replaceAll(/\s/g, ' ')}`)).startsWith('OK')
  }

  async close(): Promise<void> {
    this.#closing.abort()
    this.#over.abort(new RadioError('closed'))
    await this.#running
    this.#become('closed', '')
  }

  /** @throws always: a line is used until something is wrong with it */
  async #use(line: Line): Promise<never> {
    const over = new AbortController()
    this.#over = over
    this.#line = line
    this.#input = ''
    line.onBytes(bytes => this.#take(bytes))
    line.onClose(reason => over.abort(new RadioError(reason)))
    try {
      // Whatever was typed before.
      line.write(Buffer.from('\r'))
      while (true) {
        await this.#ask('ver')
        this.#become('ready', '')
        await delay(this.#timings.checkMs, undefined, { signal: over.signal }).catch(() => {})
        over.signal.throwIfAborted()
      }
    } finally {
      this.#line = undefined
    }
  }

  /** @throws RadioError when there is no answer; the line is opened anew then */
  #ask(command: string): Promise<string> {
    return this.#inTurn(() => this.#exchange(command))
  }

  async #exchange(command: string): Promise<string> {
    const over = this.#over
    over.signal.throwIfAborted()
    // A number in front comes back in front of the answer: one that is late answers nothing else.
    this.#number = (this.#number + 1) % numbersMax
    const mark = `${String(this.#number).padStart(2, '0')}|`
    const { promise, resolve, reject } = Promise.withResolvers<string>()
    const onOver = () => reject(over.signal.reason)
    const timer = setTimeout(
      () => over.abort(new RadioError('the room server does not answer')),
      this.#timings.answerMs,
    )
    over.signal.addEventListener('abort', onOver)
    this.#waiting = { mark, resolve }
    this.#line?.write(Buffer.from(`${mark}${command}\r`))
    try {
      return await promise
    } finally {
      clearTimeout(timer)
      over.signal.removeEventListener('abort', onOver)
      this.#waiting = undefined
    }
  }

  #take(bytes: Uint8Array): void {
    const lines = (this.#input + Buffer.from(bytes).toString('latin1')).split(/[\r\n]+/)
    this.#input = (lines.pop() ?? '').slice(-lineBytesMax)
    for (const line of lines) {
      const { mark = '', resolve } = this.#waiting ?? {}
      if (line.startsWith(answerMark + mark)) resolve?.(line.slice(answerMark.length + mark.length).trim())
    }
  }

  #become(state: RadioState, reason: string): void {
    if (state === this.#state && reason === this.#reason) return
    this.#state = state
    this.#reason = reason
    this.#o.onState(state, reason)
  }
}
