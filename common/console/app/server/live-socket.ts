// The live WebSocket: kept open, resumed from where each room stands, and honest about when it is not live.
import { signal } from '@preact/signals'
import type { LiveFrame } from '#common/room-shapes.ts'

/** A place in a room's log: everything up to `offset` is here. */
export interface Place {
  room: string
  epoch: string
  offset: number
}

/** `stale`: what is shown may be old. `since` in Unix ms, when it was last true. */
export type LiveState = { state: 'off' } | { state: 'live' } | { state: 'stale'; since: number }

export interface LiveSocketOptions {
  /** Path with its query. */
  open: (path: string) => WebSocket
  /** Unix ms. */
  now: () => number
  /** 0 to 1. */
  random: () => number
}

/** The server sends a beat every 10 s. */
const silentMs = 25_000
const lookMs = 2000
const firstWaitMs = 500
const longestWaitMs = 15_000
/** A request's address is limited in length: of more rooms the first are followed. */
export const liveRoomsMax = 64

export class LiveSocket {
  readonly state = signal<LiveState>({ state: 'off' })
  readonly #o: LiveSocketOptions
  readonly #listeners = new Set<(frame: LiveFrame) => void>()
  #places: () => Place[] = () => []
  #socket: WebSocket | undefined
  #heardAt = 0
  #lookedAt = 0
  #tries = 0
  #retryAt = 0
  #timer: ReturnType<typeof setInterval> | undefined

  constructor(options: LiveSocketOptions) {
    this.#o = options
  }

  /** Until stop(). `places` is asked at every connect: where each room stands then. */
  start(places: () => Place[]): void {
    this.#places = places
    if (this.#timer !== undefined) return
    this.#lookedAt = this.#o.now()
    this.#timer = setInterval(() => this.#look(), lookMs)
    this.#connect()
  }

  stop(): void {
    clearInterval(this.#timer)
    this.#timer = undefined
    this.#drop()
    this.state.value = { state: 'off' }
  }

  /** The rooms to follow have changed. */
  restart(): void {
    if (this.#timer === undefined) return
    this.#drop()
    this.#connect()
  }

  /** Something has happened after which a connection may be dead, or possible again. */
  lookNow(): void {
    if (this.#timer === undefined) return
    this.#retryAt = 0
    this.#look()
  }

  subscribe(listener: (frame: LiveFrame) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  #look(): void {
    const now = this.#o.now()
    // A clock that was set back must not hold up anything until it is there again.
    if (now < this.#lookedAt) this.#heardAt = this.#retryAt = now
    this.#lookedAt = now
    if (this.#socket !== undefined && this.#isSilent) this.#lost()
    if (this.#socket === undefined && now >= this.#retryAt) this.#connect()
  }

  #connect(): void {
    const places = this.#places().slice(0, liveRoomsMax)
    if (places.length === 0) return
    const socket = this.#o.open(`/api/v1/live?${queryOf(places)}`)
    this.#socket = socket
    this.#heardAt = this.#o.now()
    socket.addEventListener('message', ({ data }) => this.#socket === socket && this.#hear(String(data)))
    socket.addEventListener('close', () => this.#socket === socket && this.#lost())
  }

  /** Not by how late the look comes: behind another page browsers let timers run once a minute, and what comes is heard all the same. */
  get #isSilent(): boolean {
    return this.#o.now() - this.#heardAt > silentMs
  }

  #hear(text: string): void {
    // The machine slept: no socket outlives that for sure, and this may have been on its way before.
    if (this.#isSilent) return this.#lost()
    this.#heardAt = this.#o.now()
    this.#tries = 0
    if (this.state.value.state !== 'live') this.state.value = { state: 'live' }
    const frame: LiveFrame = JSON.parse(text)
    for (const listener of this.#listeners) listener(frame)
  }

  #lost(): void {
    this.#drop()
    if (this.state.value.state !== 'stale') this.state.value = { state: 'stale', since: this.#heardAt || this.#o.now() }
    this.#tries += 1
    const wait = Math.min(longestWaitMs, firstWaitMs * 2 ** Math.min(this.#tries, 6))
    this.#retryAt = this.#o.now() + wait * (0.5 + this.#o.random() / 2)
  }

  #drop(): void {
    const socket = this.#socket
    this.#socket = undefined
    socket?.close()
  }
}

function queryOf(places: readonly Place[]): string {
  const parts = places.flatMap(({ room, epoch, offset }): [string, string][] => [
    ['room', room],
    ['after', String(offset)],
    ['epoch', epoch],
  ])
  return new URLSearchParams([...parts, ['beat', '1']]).toString()
}
