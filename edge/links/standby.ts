// When the links to peers carry posts beside a hub: once it has been away for a while, until it serves us again.
import type { Log } from '#common/log.ts'

/** A hub that is back is not yet trusted with this many posts to go. */
const fewPosts = 64
const looksPerTakeover = 8
const lookMsMax = 1000

/** How it stands with the hub, at one look. */
export interface HubView {
  isLinked: boolean
  /** All that the hub had when the link came about is here. */
  isCaughtUp: boolean
  /** Entries of our logs that it has yet to acknowledge, and how many it has. */
  toSend: number
  settled: number
}

export interface StandbyState {
  /** The hub serves us: peers need not. */
  on: boolean
  /** Monotonic ms since which it does nothing for us; undefined while it does. */
  lostAt: number | undefined
  settled: number
}

/** The state at the next look, `now` in monotonic ms. A hub that is linked and takes no posts is as good as away. */
export function nextStandby(state: StandbyState, hub: HubView, { now, takeoverMs }: Moment): StandbyState {
  const serves = hub.isLinked && (hub.toSend === 0 || hub.settled > state.settled)
  const lostAt = serves ? undefined : (state.lostAt ?? now)
  const { settled } = hub
  if (state.on) return { on: lostAt === undefined || now - lostAt < takeoverMs, lostAt, settled }
  return { on: serves && hub.isCaughtUp && hub.toSend <= fewPosts, lostAt, settled }
}

export interface Moment {
  now: number
  takeoverMs: number
}

export interface StandbyOptions {
  /** Absent: peers carry posts always. */
  hub: (() => HubView) | undefined
  /** The least time without the hub; up to as much again is added at random, so that not all islands begin at once. */
  takeoverMs: number
  /** Without any there is nothing to say. */
  hasPeers: () => boolean
  log: Log
  random?: () => number
}

export class Standby {
  readonly #o: StandbyOptions
  readonly #listeners = new Set<(on: boolean) => void>()
  #state: StandbyState = { on: true, lostAt: undefined, settled: 0 }
  #takeoverMs = 0
  #timer: NodeJS.Timeout | undefined

  constructor(options: StandbyOptions) {
    this.#o = options
    this.#drawTakeover()
  }

  get on(): boolean {
    return this.#o.hub !== undefined && this.#state.on
  }

  subscribe(listener: (on: boolean) => void): void {
    this.#listeners.add(listener)
  }

  /** Looks at the hub from now on. */
  start(): void {
    if (this.#o.hub === undefined) return
    const everyMs = Math.min(lookMsMax, this.#o.takeoverMs / looksPerTakeover)
    this.#timer = setInterval(() => this.#look(), everyMs)
    this.#timer.unref()
  }

  stop(): void {
    clearInterval(this.#timer)
  }

  #look(): void {
    const { hub } = this.#o
    if (hub === undefined) return
    const before = this.#state
    const now = performance.now()
    this.#state = nextStandby(before, hub(), { now, takeoverMs: this.#takeoverMs })
    if (this.#state.on === before.on) return
    this.#tell(now - (this.#state.lostAt ?? now))
    for (const listener of this.#listeners) listener(this.#state.on)
  }

  #tell(awayMs: number): void {
    const { log, hasPeers } = this.#o
    if (this.#state.on) this.#drawTakeover()
    if (!hasPeers()) return
    if (this.#state.on) {
      log.info('the hub serves this server again: links to peers stand by')
      return
    }
    log.warn(
      `no hub serves this server for ${Math.round(awayMs / 1000)} s: links to peers carry the posts until one does`,
    )
  }

  #drawTakeover(): void {
    const { takeoverMs, random = Math.random } = this.#o
    this.#takeoverMs = takeoverMs * (1 + random())
  }
}
