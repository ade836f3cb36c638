// Keeps one link to the hub, by whichever of its addresses answers.
import type { Clock } from '#common/clock.ts'
import type { HubAddress } from '#common/config/edge-conf.ts'
import type { Log } from '#common/log.ts'
import type { OwnCard } from '#common/own-card.ts'
import type { PostLog } from '#common/post-log.ts'
import { edgeAckDelayMs } from '#common/protocol/ack-pace.ts'
import { closeCodes, type LinkEnd } from '#common/protocol/close-codes.ts'
import type { Peer } from '#common/protocol/greet.ts'
import type { Self } from '#common/protocol/handshake.ts'
import type { LinkTimings } from '#common/protocol/heartbeat.ts'
import { Link, type LinkRoom } from '#common/protocol/link.ts'
import type { LiveLinks } from '#common/protocol/live-links.ts'
import { keepLinked, type ReconnectTimings } from '#common/protocol/reconnect.ts'
import type { Turns } from '#common/protocol/turns.ts'
import { cardsMax } from '#common/server-directory.ts'
import type { PeerStatus } from '#common/status.ts'
import type { Transport } from '#common/transport/transport.ts'
import { dialLink, failedEnd } from './dial-link.ts'
import { absentRoom, DialState } from './dial-state.ts'

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
  /** Have peers brought us posts that the hub will have, too? */
  hasPeers: () => boolean
  turns: Turns
  log: Log
  reconnect: ReconnectTimings
  timings: LinkTimings
}

export class HubLink {
  readonly #o: HubLinkOptions
  readonly #state = new DialState()
  #index = 0
  #link: Link | undefined
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
      onWait: () => this.#state.state === 'refused' || this.#state.enter('waiting'),
      signal,
      timings: this.#o.reconnect,
    })
  }

  /** Undefined while there is none. */
  get link(): Link | undefined {
    return this.#link
  }

  /** How /status shows the hub while there is no link to it; undefined while there is one. */
  absentStatus(): PeerStatus | undefined {
    if (this.#state.state === 'connected') return undefined
    const { name = new URL(this.#hub.url).host, id = '' } = this.#lastPeer ?? {}
    const { logs, links } = this.#o
    const rooms = logs.map(log => absentRoom(log.room, this.#toSend(log)))
    const who = { name, id, role: 'hub', address: this.#hub.url, direction: 'out', rooms } as const
    return this.#state.absent(who, links.tallies)
  }

  /** Null before the first link. */
  #toSend({ room, head }: PostLog): number | null {
    const settled = this.#settledByRoom.get(room)
    return settled === undefined ? null : Math.max(0, head.head - settled)
  }

  get #hub(): HubAddress {
    const hub = this.#o.hubs[this.#index % this.#o.hubs.length]
    if (hub === undefined) throw new Error('a hub link needs an address')
    return hub
  }

  async #live(signal: AbortSignal): Promise<LinkEnd> {
    this.#state.enter('connecting')
    try {
      return this.#elsewhere(await this.#dial(signal))
    } catch (error) {
      const end = failedEnd(error)
      if (!signal.aborted) this.#failed(end.reason)
      return this.#elsewhere(end)
    }
  }

  #dial(signal: AbortSignal): Promise<LinkEnd> {
    const { self, logs, clock } = this.#o
    return dialLink(
      {
        target: { ...this.#hub, clockWrong: clock.systemOffMs !== 0 },
        self,
        wanted: logs.map(({ room }) => ({ room, read: true, write: true })),
        judge: peer => this.#judge(peer),
        // It says whether this server is approved there when it has seen our proof.
        hearsFirst: true,
        link: (peer, transport) => this.#linkTo(peer, transport),
        live: link => this.#serve(link),
      },
      signal,
    )
  }

  #linkTo(peer: Peer, transport: Transport): Link {
    const { turns, timings, links, ownCard, hasPeers } = this.#o
    return new Link({
      transport,
      peer,
      rooms: this.#roomsOn(peer),
      turns,
      timings,
      ackDelayMs: edgeAckDelayMs,
      observer: links,
      cards: { own: ownCard, relayedMax: cardsMax, listenMs: cardsListenMs },
      wantsOffers: hasPeers,
    })
  }

  async #serve(link: Link): Promise<LinkEnd> {
    this.#state.enter('connected')
    this.#lastPeer = link.peer
    this.#link = link
    const end = await this.#o.links.live(link, 'out')
    this.#link = undefined
    for (const [room, offset] of link.settledByRoom()) this.#settledByRoom.set(room, offset)
    this.#state.failed(end.reason)
    return end
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

  /** With several addresses the next one is tried soon, whatever this one asked for; who is refused is so everywhere. */
  #elsewhere(end: LinkEnd): LinkEnd {
    this.#index += 1
    if (end.code === closeCodes.revoked) this.#state.enter('refused')
    const isSoon = this.#o.hubs.length > 1 && end.code !== closeCodes.proof && end.code !== closeCodes.revoked
    return isSoon ? { ...end, retryAfterMs: 0 } : end
  }

  #failed(reason: string): void {
    if (this.#lastPeer !== undefined) this.#o.links.tallies.failed(this.#lastPeer.id, reason)
    if (this.#state.failed(reason)) this.#o.log.warn(`no link to the hub: ${reason}; posts are kept and sent later`)
  }
}

function refusalLine(hub: string, room: string, reason: string | undefined): string {
  return `"${hub}" does not serve room "${room}" in full: ${reason ?? 'no reason given'}`
}
