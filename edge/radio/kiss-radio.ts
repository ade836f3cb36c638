// A radio with MeshCore's KISS modem firmware: keeps it open and set, and sends and hears packets by it.
import { setTimeout as delay } from 'node:timers/promises'
import { type CarrierSense, getAirtime } from './kiss-commands.ts'
import { KissSession, type SessionTimings } from './kiss-session.ts'
import { checkUp, type Health, type KnownModem, setUp } from './kiss-setup.ts'
import { packetBytesMax } from './packet.ts'
import {
  type Radio,
  RadioError,
  type RadioEvents,
  type RadioSettings,
  type RadioState,
  type RadioStats,
  type Reception,
} from './radio.ts'
import { keepOpen, type ReopenTimings } from './reopening.ts'
import type { Line } from './serial-line.ts'

export interface KissTimings extends SessionTimings, ReopenTimings {
  /**
   * A radio is asked so often whether it is there and set; unanswered twice, it is opened anew. One that restarts sends
   * with other settings until then: of the three tries of a push, 6 s apart, not all shall be lost.
   */
  checkMs: number
  /** On top of what the modem may take until TxDone. */
  doneSlackMs: number
}

export interface KissRadioOptions {
  /** `/dev/…` or `tcp://host:port`. */
  port: string
  settings: RadioSettings
  carrierSense?: CarrierSense
  timings?: Partial<KissTimings>
  /** Closes it, as `close` does. */
  signal?: AbortSignal
}

/**
 * The modem's own values are for voice radios: they cost 0.7 s before every packet. Between its look at the channel and
 * its packet it does not look again: who begins in that time is lost, and we with him. Nor may it begin each time in the
 * moment in which the channel falls silent: a repeater with a second packet does so, too. Every other time it looks again
 * first, after what a preamble takes to be noticed: 40 ms more on the average.
 */
const promptCarrierSense: CarrierSense = { txDelayMs: 0, persistence: 127, slotTimeMs: 40 }

const usualTimings: KissTimings = {
  answerMs: 2000,
  metaMs: 100,
  checkMs: 10_000,
  reopenMinMs: 1000,
  reopenMaxMs: 30_000,
  doneSlackMs: 2000,
}

export class KissRadio implements Radio {
  readonly settings: RadioSettings
  readonly #port: string
  readonly #carrierSense: CarrierSense
  readonly #timings: KissTimings
  readonly #closing = new AbortController()
  readonly #signal: AbortSignal
  readonly #counts = { heard: 0, sent: 0, failed: 0, opened: 0 }
  #health: Health = { damaged: null, noiseFloorDbm: null, batteryMillivolts: null, temperatureCelsius: null }
  #lastHeard: Pick<RadioStats, 'lastSnrDb' | 'lastRssiDbm'> = { lastSnrDb: null, lastRssiDbm: null }
  #state: RadioState = 'opening'
  #reason = 'not opened yet'
  #events: RadioEvents | undefined
  #running: Promise<void> | undefined
  /** Only while it is ready. */
  #ready: { session: KissSession; modem: KnownModem } | undefined

  constructor({ port, settings, carrierSense = promptCarrierSense, timings = {}, signal }: KissRadioOptions) {
    this.settings = settings
    this.#port = port
    this.#carrierSense = carrierSense
    this.#timings = { ...usualTimings, ...timings }
    this.#signal = signal === undefined ? this.#closing.signal : AbortSignal.any([this.#closing.signal, signal])
  }

  get state(): RadioState {
    return this.#state
  }

  get modem(): KnownModem | null {
    return this.#ready?.modem ?? null
  }

  listen(events: RadioEvents): void {
    if (this.#running !== undefined) throw new RadioError('a radio is listened to once')
    this.#events = events
    this.#running = keepOpen({
      port: this.#port,
      timings: this.#timings,
      signal: this.#signal,
      use: line => this.#use(line),
      onDown: reason => this.#become('opening', reason),
    }).then(() => this.#become('closed', ''))
  }

  /** @throws RadioError when it is not on the air for certain; after an abort it may be there all the same */
  async send(packet: Uint8Array, signal?: AbortSignal, mayAgain?: () => boolean): Promise<void> {
    const { session, modem } = this.#needed()
    if (packet.length === 0 || packet.length > packetBytesMax)
      throw new RadioError(`a packet has 1 to ${packetBytesMax} bytes, not ${packet.length}`)
    try {
      const sending = session.transmit(packet, this.#doneMaxMs(modem), { signal, mayAgain })
      if (!(await unlessAborted(sending, signal))) throw new RadioError('the radio could not send a packet')
      this.#counts.sent += 1
    } catch (error) {
      this.#counts.failed += 1
      throw error
    }
  }

  /** What the radio itself says of a packet of so many bytes, 0 to 255. @throws RadioError */
  async airtimeMs(bytes: number): Promise<number> {
    return await this.#needed().session.ask(getAirtime(bytes))
  }

  stats(): RadioStats {
    const { heard, sent, failed, opened } = this.#counts
    return { heard, sent, failed, ...this.#health, ...this.#lastHeard, reopened: Math.max(0, opened - 1) }
  }

  async close(): Promise<void> {
    this.#closing.abort()
    await this.#running
    this.#become('closed', '')
  }

  #needed(): { session: KissSession; modem: KnownModem } {
    if (this.#ready === undefined) throw new RadioError(`the radio is not ready: ${this.#reason || this.#state}`)
    return this.#ready
  }

  /** KissModem::processTx waits for the air at most 1.5 × the longest packet, and for the end of ours 1.5 × its airtime. */
  #doneMaxMs({ longestMs }: KnownModem): number {
    return 3 * longestMs + this.#carrierSense.txDelayMs + this.#timings.doneSlackMs
  }

  /** @throws always: a line is used until something is wrong with it */
  async #use(line: Line): Promise<never> {
    this.#counts.opened += 1
    const session = new KissSession({ line, timings: this.#timings, onPacket: reception => this.#hear(reception) })
    const onClose = () => session.end('closed')
    this.#signal.addEventListener('abort', onClose)
    try {
      const modem = await setUp(session, { settings: this.settings, carrierSense: this.#carrierSense })
      this.#ready = { session, modem }
      this.#become('ready', '')
      while (true) {
        this.#health = await checkUp(session, this.settings)
        await delay(this.#timings.checkMs, undefined, { signal: session.over })
      }
    } catch (error) {
      throw session.over.aborted ? session.over.reason : error
    } finally {
      this.#ready = undefined
      this.#signal.removeEventListener('abort', onClose)
      session.end('closed')
    }
  }

  #hear(reception: Reception): void {
    this.#counts.heard += 1
    this.#lastHeard = { lastSnrDb: reception.snrDb, lastRssiDbm: reception.rssiDbm }
    this.#events?.onPacket(reception)
  }

  #become(state: RadioState, reason: string): void {
    if (state === this.#state && reason === this.#reason) return
    this.#state = state
    this.#reason = reason
    this.#events?.onState(state, reason)
  }
}

/** What was begun goes on, but nobody waits for it. */
async function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return await promise
  const { promise: aborted, reject } = Promise.withResolvers<never>()
  const onAbort = () => reject(new RadioError('given up: nobody knows what became of the packet'))
  if (signal.aborted) onAbort()
  signal.addEventListener('abort', onAbort)
  try {
    return await Promise.race([promise, aborted])
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}
