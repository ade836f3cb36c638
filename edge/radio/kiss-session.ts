// One opened line to a KISS modem: questions matched to answers, packets to what became of them, receptions to how they
// were heard. One exchange at a time: the modem's errors do not say what they are about.
import { oneByOne } from '#common/one-by-one.ts'
import { encodeFrame, FrameDecoder, type KissFrame } from './kiss.ts'
import { dataFrame, type ModemEvent, type ModemRequest, modemError, readEvent } from './kiss-commands.ts'
import { RadioError, type Reception } from './radio.ts'
import type { Line } from './serial-line.ts'

export interface SessionTimings {
  /** How long an answer may take. */
  answerMs: number
  /** How long a packet waits for the frame that says how it was heard. */
  metaMs: number
}

export interface SessionParts {
  line: Line
  timings: SessionTimings
  onPacket: (reception: Reception) => void
}

export interface Transmission {
  signal?: AbortSignal | undefined
  /** Asked before the packet is sent anew; it was on the air perhaps. */
  mayAgain?: (() => boolean) | undefined
}

/** The modem is there, and does not do it. */
export class RefusedError extends RadioError {
  override name = 'RefusedError'
}

const asksMax = 2
const sendsMax = 3
const always = () => true

export class KissSession {
  readonly #p: SessionParts
  readonly #decoder = new FrameDecoder()
  readonly #over = new AbortController()
  /** Runs one exchange after the other. */
  readonly #inTurn = oneByOne()
  #onEvent: ((event: ModemEvent) => void) | undefined
  /** A packet whose RxMeta may still come. */
  #heard: { packet: Uint8Array; timer: NodeJS.Timeout } | undefined

  constructor(parts: SessionParts) {
    this.#p = parts
    parts.line.onBytes(bytes => this.#take(bytes))
    parts.line.onClose(reason => this.end(reason))
  }

  /** Aborted when nothing comes any more, with a RadioError that says why. */
  get over(): AbortSignal {
    return this.#over.signal
  }

  /** Closes the line too; who waits for an answer gets `reason` as a RadioError. */
  end(reason: string): void {
    if (this.over.aborted) return
    this.#deliver(null, null)
    this.#over.abort(new RadioError(reason))
    void this.#p.line.close()
  }

  /** For frames that the modem does not answer. */
  tell(frames: readonly KissFrame[]): void {
    if (this.over.aborted) return
    for (const frame of frames) this.#p.line.write(encodeFrame(frame))
  }

  /** Asks twice; a modem that is silent then is none, and the session over. @throws RefusedError, RadioError */
  async ask<T>(request: ModemRequest<T>): Promise<T> {
    return await this.#inTurn(async () => {
      for (let asks = 0; asks < asksMax; asks += 1) {
        const outcome = await this.#exchange(request.frame, this.#p.timings.answerMs, event => answerIn(event, request))
        if (outcome === undefined || ('code' in outcome && outcome.code === modemError.txBusy)) continue
        if ('value' in outcome) return outcome.value
        throw new RefusedError(`the modem refuses ${request.name}: error ${outcome.code}`)
      }
      throw this.#endWith(`the radio does not answer (asked for: ${request.name})`)
    })
  }

  /**
   * True when the radio sent it, false when it says that it failed. `doneMaxMs`: from the question to TxDone.
   * TxBusy means that an earlier program left a packet: the next TxDone is that one's, and ours is sent anew. The modem
   * says TxBusy also when its output was full, and the packet then goes out twice: every node drops the second.
   * @throws RadioError when nobody knows; the session is then over
   */
  async transmit(
    packet: Uint8Array,
    doneMaxMs: number,
    { signal, mayAgain = always }: Transmission = {},
  ): Promise<boolean> {
    return await this.#inTurn(async () => {
      for (let sends = 0; sends < sendsMax; sends += 1) {
        if (signal?.aborted) throw new RadioError('not sent: given up before')
        if (sends > 0 && !mayAgain()) throw new RadioError('not sent again: no air for it')
        const { isSent, isOther } = await this.#transmitOnce(packet, doneMaxMs)
        if (!isOther) return isSent
      }
      throw new RadioError(`not sent: the modem was busy with something else ${sendsMax} times`)
    })
  }

  /** `isOther`: what is told may be about another packet. @throws RadioError as `transmit` */
  async #transmitOnce(packet: Uint8Array, doneMaxMs: number): Promise<{ isSent: boolean; isOther: boolean }> {
    let isOther = false
    const isSent = await this.#exchange(dataFrame(packet), doneMaxMs, event => {
      if (event.kind === 'error' && event.code === modemError.txBusy) isOther = true
      return event.kind === 'tx-done' ? event.isSent : undefined
    })
    if (isSent === undefined) throw this.#endWith('the radio does not say what became of a packet')
    return { isSent, isOther }
  }

  #endWith(reason: string): RadioError {
    this.end(reason)
    return new RadioError(reason)
  }

  /** What `pick` makes of the first event that it wants; undefined when none comes in time. @throws RadioError when it is over */
  async #exchange<T>(
    frame: KissFrame,
    maxMs: number,
    pick: (event: ModemEvent) => T | undefined,
  ): Promise<T | undefined> {
    this.over.throwIfAborted()
    const { promise, resolve, reject } = Promise.withResolvers<T | undefined>()
    const onOver = () => reject(this.over.reason)
    const timer = setTimeout(() => resolve(undefined), maxMs)
    this.over.addEventListener('abort', onOver)
    this.#onEvent = event => {
      const picked = pick(event)
      if (picked !== undefined) resolve(picked)
    }
    this.tell([frame])
    try {
      return await promise
    } finally {
      clearTimeout(timer)
      this.over.removeEventListener('abort', onOver)
      this.#onEvent = undefined
    }
  }

  #take(bytes: Uint8Array): void {
    for (const frame of this.#decoder.push(bytes)) {
      if (this.over.aborted) return
      const event = readEvent(frame)
      if (event === undefined) continue
      if (event.kind === 'packet') this.#hold(event.packet)
      else if (event.kind === 'rx-meta') this.#deliver(event.snrDb, event.rssiDbm)
      else this.#onEvent?.(event)
    }
  }

  #hold(packet: Uint8Array): void {
    this.#deliver(null, null)
    const timer = setTimeout(() => this.#deliver(null, null), this.#p.timings.metaMs)
    this.#heard = { packet, timer }
  }

  #deliver(snrDb: number | null, rssiDbm: number | null): void {
    if (this.#heard === undefined) return
    const { packet, timer } = this.#heard
    clearTimeout(timer)
    this.#heard = undefined
    this.#p.onPacket({ packet, snrDb, rssiDbm })
  }
}

function answerIn<T>(event: ModemEvent, request: ModemRequest<T>): { value: T } | { code: number } | undefined {
  if (event.kind === 'error') return { code: event.code }
  if (event.kind !== 'answer' || event.answer !== request.answer) return undefined
  const value = request.read(event.data)
  return value === undefined ? undefined : { value }
}
