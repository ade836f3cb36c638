// A stock companion radio: keeps it open and set, reads its texts one by one, each only when the one before is stored.
import { setTimeout as delay } from 'node:timers/promises'
import { CompanionReader, type HeardText } from './companion-reader.ts'
import type { CompanionReply } from './companion-replies.ts'
import { type CompanionRequest, CompanionSession } from './companion-session.ts'
import {
  checkClock,
  checkUp,
  type KnownCompanion,
  putRoomContact,
  setUp,
  unknownHealth,
  type WishedChannel,
} from './companion-setup.ts'
import { RadioError, type RadioSettings, type RadioState, type RadioStats } from './radio.ts'
import { keepOpen, type ReopenTimings } from './reopening.ts'
import type { Line } from './serial-line.ts'

export interface CompanionTimings extends ReopenTimings {
  answerMs: number
  /** A radio is asked so often whether it is there, and what time it has. */
  checkMs: number
  /** What could not be stored is tried again after this. */
  storeAgainMs: number
}

export interface CompanionEvents {
  onState(state: RadioState, reason: string): void
  /** Resolves when it is stored, or of no use; the next one is read then. Rejects when it should be tried again. */
  onText(text: HeardText): Promise<void>
  /** A node has made itself known. `publicKey`: 32 bytes. */
  onNode(publicKey: Uint8Array, name: string): void
}

export interface CompanionRadioOptions {
  /** `/dev/…` or `tcp://host:port`. */
  port: string
  channels?: readonly WishedChannel[]
  /** Is made a contact. */
  room?: { key: Uint8Array; name: string } | undefined
  /** Unix seconds of our clock. */
  seconds: () => number
  timings?: Partial<CompanionTimings>
}

const usualTimings: CompanionTimings = {
  answerMs: 3000,
  checkMs: 30_000,
  storeAgainMs: 1000,
  reopenMinMs: 1000,
  reopenMaxMs: 30_000,
}
/** Before the first opening; nothing is sent then. */
const noSettings: RadioSettings = {
  frequencyHz: 0,
  bandwidthHz: 62_500,
  spreadingFactor: 8,
  codingRate: 8,
  txPowerDbm: 0,
}

export class CompanionRadio {
  readonly #o: CompanionRadioOptions
  readonly #timings: CompanionTimings
  readonly #closing = new AbortController()
  readonly #counts = { heard: 0, sent: 0, failed: 0, opened: 0 }
  readonly #listeners = new Set<(reply: CompanionReply) => void>()
  #health = unknownHealth
  #last: { snrDb: number; rssiDbm: number } | undefined
  #state: RadioState = 'opening'
  #reason = 'not opened yet'
  #events: CompanionEvents | undefined
  #running: Promise<void> | undefined
  /** As last seen: it keeps its name and its settings while it is away. */
  #known: KnownCompanion | undefined
  #session: CompanionSession | undefined
  #clockAheadSeconds = 0
  readonly #reader: CompanionReader
  #wake: () => void = () => {}

  constructor(options: CompanionRadioOptions) {
    this.#o = options
    this.#timings = { ...usualTimings, ...options.timings }
    this.#reader = new CompanionReader({
      onText: text => this.#events?.onText(text) ?? Promise.resolve(),
      channels: () => this.#known?.channels ?? new Map(),
      storeAgainMs: this.#timings.storeAgainMs,
    })
  }

  get state(): RadioState {
    return this.#state
  }

  /** Why it is not ready; empty when it is. */
  get reason(): string {
    return this.#reason
  }

  get settings(): RadioSettings {
    return this.#known?.settings ?? noSettings
  }

  get modem(): KnownCompanion | null {
    return this.#state === 'ready' ? (this.#known ?? null) : null
  }

  /** As it was last seen; undefined before the first time. */
  get known(): KnownCompanion | undefined {
    return this.#known
  }

  /** Those that it is a member of, or will be when it is there. */
  get wishedChannels(): readonly WishedChannel[] {
    return this.#o.channels ?? []
  }

  /** Unix seconds of the radio's clock, as good as we know it. */
  get seconds(): number {
    return this.#o.seconds() + this.#clockAheadSeconds
  }

  listen(events: CompanionEvents): void {
    if (this.#running !== undefined) throw new RadioError('a radio is listened to once')
    this.#events = events
    const { port } = this.#o
    this.#running = keepOpen({
      port,
      timings: this.#timings,
      signal: this.#closing.signal,
      use: line => this.#use(line),
      onDown: reason => this.#become('opening', reason),
    })
  }

  /** @throws CompanionRefusal, RadioError */
  async ask<T>(request: CompanionRequest<T>): Promise<T> {
    return await this.#needed().ask(request)
  }

  /** As `ask`, of a command by which the radio sends. */
  async send<T>(request: CompanionRequest<T>): Promise<T> {
    try {
      const answer = await this.ask(request)
      this.#counts.sent += 1
      return answer
    } catch (error) {
      this.#counts.failed += 1
      throw error
    }
  }

  /** The contact may have been removed, with an app or by newer ones. */
  async restoreRoom(): Promise<void> {
    const { room } = this.#o
    if (room !== undefined) await putRoomContact(this.#needed(), room.key, room.name)
  }

  /** Calls back with what the radio tells unasked, until the returned function is called. */
  onTold(listener: (reply: CompanionReply) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  stats(): RadioStats {
    const { heard, sent, failed, opened } = this.#counts
    const last = { lastSnrDb: this.#last?.snrDb ?? null, lastRssiDbm: this.#last?.rssiDbm ?? null }
    return {
      heard,
      sent,
      failed,
      ...this.#health,
      temperatureCelsius: null,
      ...last,
      reopened: Math.max(0, opened - 1),
    }
  }

  async close(): Promise<void> {
    this.#closing.abort()
    this.#session?.end('closed')
    await this.#running
    this.#become('closed', '')
  }

  #needed(): CompanionSession {
    if (this.#session === undefined) throw new RadioError(`the radio is not ready: ${this.#reason || this.#state}`)
    return this.#session
  }

  /** @throws always: a line is used until something is wrong with it */
  async #use(line: Line): Promise<never> {
    this.#counts.opened += 1
    const session = new CompanionSession({
      line,
      answerMs: this.#timings.answerMs,
      onReply: reply => this.#hear(reply),
    })
    const onClose = () => session.end('closed')
    this.#closing.signal.addEventListener('abort', onClose)
    try {
      await this.#setUp(session)
      this.#session = session
      this.#become('ready', '')
      while (true) {
        this.#clockAheadSeconds = await checkClock(session, this.#o.seconds)
        this.#health = await checkUp(session)
        await this.#readFor(this.#timings.checkMs, session)
      }
    } catch (error) {
      throw session.over.aborted ? session.over.reason : error
    } finally {
      this.#session = undefined
      this.#closing.signal.removeEventListener('abort', onClose)
      session.end('closed')
    }
  }

  async #setUp(session: CompanionSession): Promise<void> {
    const { channels = [], seconds, room } = this.#o
    const known = await setUp(session, {
      channels,
      seconds,
      contactsSince: this.#known?.contactsSince ?? 0,
      onContact: ({ publicKey, name }) => this.#events?.onNode(Uint8Array.from(publicKey), name),
    })
    this.#clockAheadSeconds = await checkClock(session, seconds)
    if (room !== undefined) await putRoomContact(session, room.key, room.name)
    this.#known = known
  }

  /** Reads texts when there are some, for so long. */
  async #readFor(ms: number, session: CompanionSession): Promise<void> {
    const endsAt = performance.now() + ms
    for (let left = ms; left > 0; left = endsAt - performance.now()) {
      const woken = new AbortController()
      this.#wake = () => woken.abort()
      await this.#reader.readAll(session)
      await delay(left, undefined, { signal: AbortSignal.any([woken.signal, session.over]) }).catch(() => {})
      session.over.throwIfAborted()
    }
  }

  #hear(reply: CompanionReply): void {
    // An answer that came too late for its question.
    if (this.#reader.keep(reply) || reply.kind === 'texts-waiting') return this.#wake()
    if (reply.kind === 'heard') {
      this.#counts.heard += 1
      this.#last = reply
    } else if (reply.kind === 'new-advert') this.#events?.onNode(Uint8Array.from(reply.publicKey), reply.name)
    else if (reply.kind === 'advert') void this.#learn(Uint8Array.from(reply.publicKey))
    for (const listener of this.#listeners) listener(reply)
  }

  /** A contact has made itself known anew: under another name, perhaps. */
  async #learn(publicKey: Uint8Array): Promise<void> {
    try {
      const name = await this.ask({
        command: { kind: 'get-contact', publicKey },
        pick: reply => (reply.kind === 'contact' ? reply.name : undefined),
      })
      this.#events?.onNode(publicKey, name)
    } catch (error) {
      if (!(error instanceof RadioError)) throw error
    }
  }

  #become(state: RadioState, reason: string): void {
    if (state === this.#state && reason === this.#reason) return
    this.#state = state
    this.#reason = reason
    this.#events?.onState(state, reason)
  }
}
