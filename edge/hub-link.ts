// Keeps one link to the hub, by whichever of its addresses answers.

import type { Clock } from '#common/clock.ts'
import type { HubAddress } from '#common/config/edge-conf.ts'
import { LinkError } from '#common/errors.ts'
import type { Log } from '#common/log.ts'
import type { OwnCard } from '#common/own-card.ts'
import type { PostLog } from '#common/post-log.ts'
import { closeCodes, closePolicy } from '#common/protocol/close-codes.ts'
import { greetAsDialler, type Peer } from '#common/protocol/greet.ts'
import type { Self } from '#common/protocol/handshake.ts'
import type { LinkTimings } from '#common/protocol/heartbeat.ts'
import { Link, type LinkEnd, type LinkRoom } from '#common/protocol/link.ts'
import type { LiveLinks } from '#common/protocol/live-links.ts'
import { keepLinked, type ReconnectTimings } from '#common/protocol/reconnect.ts'
import type { Turns } from '#common/protocol/turns.ts'
import { cardsMax } from '#common/server-directory.ts'
import type { PeerRoomStatus, PeerStatus } from '#common/status.ts'
import { dial } from '#common/transport/dial.ts'
import { FrameReader } from '#common/transport/frame-reader.ts'
import type { Transport } from '#common/transport/transport.ts'

const stopping = 'the room server stops'
/** Nobody waits for the word that an edge has stored a post; acks of a tenth of a second go in one frame. */
const ackDelayMs = 100
/** A hub that knows as many servers as there may be has told of all by then. */
const cardsListenMs = 10_000

export interface HubLinkOptions {
  /** Alternatives for one hub: tried in turn. */
  hubs: readonly HubAddress[]
  self: Self
  logs: readonly PostLog[]
  links: LiveLinks
  ownCard: OwnCard
  clock: Clock
  turns: Turns
  log: Log
  reconnect: ReconnectTimings
  timings: LinkTimings
}

export class HubLink {
  readonly #o: HubLinkOptions
  #index = 0
  #state: 'connecting' | 'connected' | 'waiting' = 'waiting'
  #since = Date.now()
  #lastError: string | null = null
  #loggedError = ''
  /** Who it was on the last link. */
  #lastPeer: Pick<Peer, 'name' | 'id'> | undefined
  /** Our log up to where the hub needed nothing more when the last link ended: what was written since is still to be sent. */
  readonly #settledByRoom = new Map<string, number>()

  constructor(options: HubLinkOptions) {
    this.#o = options
  }

  /** Resolves when `signal` aborts. */
  run(signal: AbortSignal): Promise<void> {
    return keepLinked({
      live: aborted => this.#live(aborted),
      onWait: () => this.#enter('waiting'),
      signal,
      timings: this.#o.reconnect,
    })
  }

  get connected(): boolean {
    return this.#state === 'connected'
  }

  get lastError(): string | null {
    return this.#lastError
  }

  /** How /status shows the hub while there is no link to it; undefined while there is one. */
  absentStatus(): PeerStatus | undefined {
    if (this.#state === 'connected') return undefined
    return {
      name: this.#lastPeer?.name ?? new URL(this.#hub.url).host,
      id: this.#lastPeer?.id ?? '',
      role: 'hub',
      address: this.#hub.url,
      direction: 'out',
      state: this.#state,
      since: new Date(this.#since).toISOString(),
      latencyMs: null,
      bytesIn: 0,
      bytesOut: 0,
      lastError: this.#lastError,
      rooms: this.#o.logs.map(log => this.#absentRoom(log)),
    }
  }

  #absentRoom({ room, head }: PostLog): PeerRoomStatus {
    const settled = this.#settledByRoom.get(room)
    const toSend = settled === undefined ? null : Math.max(0, head.head - settled)
    return { room, toSend, sent: 0, received: 0, caughtUp: false }
  }

  get #hub(): HubAddress {
    const hub = this.#o.hubs[this.#index % this.#o.hubs.length]
    if (hub === undefined) throw new Error('a hub link needs an address')
    return hub
  }

  async #live(signal: AbortSignal): Promise<LinkEnd> {
    this.#enter('connecting')
    let transport: Transport | undefined
    try {
      transport = await dial({ ...this.#hub, clockWrong: this.#o.clock.systemOffMs !== 0, signal })
      const end = await this.#serve(transport, signal)
      this.#lastError = end.reason
      return this.#elsewhere(end)
    } catch (error) {
      const { code, message } = error instanceof LinkError ? error : new LinkError(1011, String(error))
      transport?.close(code, message)
      if (!signal.aborted) this.#failed(message)
      return this.#elsewhere({ code, reason: message, retryAfterMs: closePolicy(code).retryAfterMs })
    }
  }

  async #serve(transport: Transport, signal: AbortSignal): Promise<LinkEnd> {
    const { links, turns, timings } = this.#o
    const reader = new FrameReader(transport)
    let leave = () => reader.abandon(1001, stopping)
    const onAbort = () => leave()
    signal.addEventListener('abort', onAbort, { once: true })
    try {
      const peer = await this.#greet(reader)
      const link = new Link({
        transport,
        peer,
        rooms: this.#roomsOn(peer),
        turns,
        timings,
        ackDelayMs,
        observer: links,
        cards: { own: this.#o.ownCard, relayedMax: cardsMax, listenMs: cardsListenMs },
      })
      leave = () => link.close(closeCodes.draining, stopping, 0)
      reader.handOver(link)
      this.#enter('connected')
      this.#lastError = null
      this.#loggedError = ''
      this.#lastPeer = peer
      const end = await links.live(link, 'out')
      for (const [room, offset] of link.settledByRoom()) this.#settledByRoom.set(room, offset)
      return end
    } finally {
      signal.removeEventListener('abort', onAbort)
    }
  }

  async #greet(reader: FrameReader): Promise<Peer> {
    const { self, logs } = this.#o
    const wanted = logs.map(({ room }) => ({ room, read: true, write: true }))
    const peer = await greetAsDialler(reader, self, { wanted })
    this.#judge(peer)
    return peer
  }

  #judge(peer: Peer): void {
    if (!this.#o.clock.compare(peer.clockOffMs)) return
    this.#o.log.warn(`the system clock is wrong: posts are stamped by the clock of "${peer.name}" until it is set`)
  }

  #roomsOn(peer: Peer): LinkRoom[] {
    return this.#o.logs.flatMap(log => {
      const grant = peer.rooms.find(({ room }) => room === log.room)
      if (!grant?.read || !grant.write) this.#o.log.warn(refusalLine(peer.name, log.room, grant?.reason))
      return grant === undefined ? [] : [{ log, peerReads: grant.write, peerWrites: grant.read }]
    })
  }

  /** With several addresses the next one is tried soon, whatever this one asked for; a wrong secret is wrong everywhere. */
  #elsewhere(end: LinkEnd): LinkEnd {
    this.#index += 1
    return this.#o.hubs.length > 1 && end.code !== closeCodes.proof ? { ...end, retryAfterMs: 0 } : end
  }

  /** The same complaint is logged once, not at every try. */
  #failed(reason: string): void {
    this.#lastError = reason
    if (reason === this.#loggedError) return
    this.#loggedError = reason
    this.#o.log.warn(`no link to the hub: ${reason}; posts are kept and sent later`)
  }

  #enter(state: 'connecting' | 'connected' | 'waiting'): void {
    // Tries come and go; what counts is since when there is a link, or none.
    if ((this.#state === 'connected') !== (state === 'connected')) this.#since = Date.now()
    this.#state = state
  }
}

function refusalLine(hub: string, room: string, reason: string | undefined): string {
  return `"${hub}" does not serve room "${room}" in full: ${reason ?? 'no reason given'}`
}
