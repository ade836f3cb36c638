// What every proved peer goes through, whoever has dialled: may it link, is this the one link with it, which rooms, and then its link.
import type { X509Certificate } from 'node:crypto'
import { certificateFacts, certificateFactsIfAny } from '#common/certificate-facts.ts'
import type { Clock } from '#common/clock.ts'
import type { PeerConf } from '#common/config/edge-conf.ts'
import { LinkError } from '#common/errors.ts'
import type { Log } from '#common/log.ts'
import type { OwnCard } from '#common/own-card.ts'
import type { PostLog } from '#common/post-log.ts'
import { edgeAckDelayMs } from '#common/protocol/ack-pace.ts'
import { closeCodes, type LinkEnd } from '#common/protocol/close-codes.ts'
import type { Hello, RoomGrant } from '#common/protocol/frames.ts'
import type { Peer } from '#common/protocol/greet.ts'
import type { Self } from '#common/protocol/handshake.ts'
import type { LinkTimings } from '#common/protocol/heartbeat.ts'
import { Link, type LinkRoom } from '#common/protocol/link.ts'
import { LinkGuard, type LinkSeat, MemoryGuardStore, newLinkToken, renewMs } from '#common/protocol/link-guard.ts'
import { LinkLimits, usualFramesPerSpoke } from '#common/protocol/link-limits.ts'
import type { LiveLinks } from '#common/protocol/live-links.ts'
import type { Turns } from '#common/protocol/turns.ts'
import { cardsMax } from '#common/server-directory.ts'
import type { Transport } from '#common/transport/transport.ts'
import { clockToleranceMs } from '#common/trouble-limits.ts'
import type { KnownPeers } from './known-peers.ts'
import { keepsCurrent, type LinkFacts } from './link-choice.ts'
import type { Standby } from './standby.ts'

const linksMax = 256

export interface PeerDeskOptions {
  self: Self
  logs: readonly PostLog[]
  links: LiveLinks
  known: KnownPeers
  ownCard: OwnCard
  clock: Clock
  standby: Standby
  turns: Turns
  timings: LinkTimings
  log: Log
}

/** How we came to a connection. */
export interface Origin {
  direction: LinkFacts['direction']
  /** Whom we have dialled. */
  at?: PeerConf
}

/** A try to reach a peer of the config, from the dial to the link. */
export interface Call {
  readonly at: PeerConf
  /** Who has answered and been found right: we prove ourselves to it. */
  answered?: Pick<Peer, 'id' | 'boot'>
}

/** Why a dialler leaves without a trace. */
export const alreadyLinked = 'is linked with us already'

export class PeerDesk {
  readonly #o: PeerDeskOptions
  readonly #guard: LinkGuard
  readonly #limits = new LinkLimits({
    postsPerSpoke: 0,
    postsPerRoom: 0,
    postsPerAddress: 0,
    framesPerSpoke: usualFramesPerSpoke,
  })
  readonly #seats = new Set<LinkSeat>()
  readonly #calls = new Set<Call>()
  readonly #timer: NodeJS.Timeout

  constructor(options: PeerDeskOptions) {
    this.#o = options
    this.#guard = new LinkGuard({ store: new MemoryGuardStore(), log: options.log })
    this.#timer = setInterval(() => void this.#renewAll(), renewMs)
    this.#timer.unref()
    options.standby.subscribe(on => {
      for (const link of options.links.all()) link.setStandby(on)
    })
  }

  stop(): void {
    clearInterval(this.#timer)
  }

  /** What we say of ourselves on links to peers. */
  get self(): Self {
    return this.#o.self
  }

  /** What a dialler may do here; asked before it has proved anything. @throws LinkError */
  grant({ id, role, rooms }: Hello, shown?: X509Certificate): RoomGrant[] {
    const { links, known, logs } = this.#o
    if (links.isDraining) throw new LinkError(closeCodes.draining, 'this server is about to stop')
    if (role !== 'edge') throw new LinkError(closeCodes.protocol, 'only room servers link here')
    if (!known.mayLink(id)) throw new LinkError(closeCodes.revoked, 'is not among the peers of this server')
    known.refuseAgain(id, certificateFactsIfAny(shown)?.pin)
    // Who has the secret may come with many identities; they must not take the places of those in the config.
    const isExpected = known.isConfigured(id) || links.get(id) !== undefined
    if (links.size >= linksMax && !isExpected)
      throw new LinkError(closeCodes.rate, `this server has its ${linksMax} links`)
    const ours = new Set(logs.map(({ room }) => room))
    return rooms.map(({ room, read, write }) =>
      ours.has(room)
        ? { room, read, write }
        : { room, read: false, write: false, reason: `"${this.#o.self.name}" has no such room` },
    )
  }

  newCall(at: PeerConf): Call {
    const call = { at }
    this.#calls.add(call)
    return call
  }

  callEnded(call: Call): void {
    this.#calls.delete(call)
  }

  /** Looks at an acceptor before we prove ourselves to it. @throws LinkError to leave */
  judge(peer: Peer, transport: Transport, call: Call): void {
    const { at } = call
    if (peer.role !== 'edge')
      throw new LinkError(closeCodes.protocol, 'is a hub: name it in [[federation.hubs]], with its url')
    this.#admit(peer, transport, at)
    this.#setClock(peer)
    const there = this.#o.links.get(peer.id)
    if (there?.peer.boot !== peer.boot) {
      call.answered = peer
      return
    }
    // It has dialled us before we knew that it is this peer of the config.
    there.rename(at.name)
    throw new LinkError(1000, alreadyLinked)
  }

  /** The link with a proved peer, which takes the place of an older one. @throws LinkError when there must be none */
  async link(peer: Peer, transport: Transport, origin: Origin): Promise<Link> {
    const { self, known, log } = this.#o
    if (origin.direction === 'in') {
      // Before it is known by this very link: a stranger says what he likes.
      const isKnown = known.isKnown(peer.id)
      this.#admit(peer, transport)
      if (isKnown) this.#setClock(peer)
    }
    const current = this.#currentOf(peer)
    const pair = { ownId: self.identity.id, peerId: peer.id }
    if (current !== undefined && keepsCurrent(current, { direction: origin.direction, boot: peer.boot }, pair))
      throw new LinkError(1000, alreadyLinked)
    const name = known.nameOf(peer.id, peer.name)
    const seat = { serverId: peer.id, boot: peer.boot, link: newLinkToken(), address: transport.remote }
    const verdict = await this.#guard.take(seat, name)
    if (!verdict.accepted) throw new LinkError(closeCodes.replaced, verdict.reason)
    const rooms = this.#roomsOn(peer, origin)
    if (rooms.length === 0) log.warn(`"${name}" has no room in common with this server: see federate_as on both`)
    const link = this.#linkOf({ ...peer, name }, transport, rooms)
    this.#remember(seat, link)
    return link
  }

  /** The link with a peer, or else the one that is about to be: it has our proof, and we wait for its word. */
  #currentOf({ id }: Peer): (LinkFacts & { ageMs: number }) | undefined {
    const current = this.#o.links.current(id)
    if (current !== undefined)
      return { ...current, boot: current.link.peer.boot, ageMs: Date.now() - current.link.since }
    const call = [...this.#calls].find(({ answered }) => answered?.id === id)
    return call?.answered && { direction: 'out', boot: call.answered.boot, ageMs: 0 }
  }

  async live(link: Link, { direction }: Origin): Promise<LinkEnd> {
    return this.#o.links.live(link, direction)
  }

  #admit({ id, name }: Peer, { certificate }: Transport, at?: PeerConf): void {
    const facts = certificate && certificateFacts(certificate)
    this.#o.known.admit({ id, name, certificate: facts, at })
  }

  /** A clock that is known to be wrong is late, for a Raspberry Pi wakes up in 1970: it goes forward only. */
  #setClock({ clockOffMs: off, name }: Peer): void {
    const { clock, log } = this.#o
    if (clock.systemOffMs === 0 || off < clockToleranceMs || !clock.compare(off)) return
    log.warn(`the system clock is wrong: posts are stamped by the clock of "${name}" until it is set`)
  }

  #linkOf(peer: Peer, transport: Transport, rooms: readonly LinkRoom[]): Link {
    const { turns, timings, links, ownCard, standby } = this.#o
    const cards = { own: ownCard, relayedMax: cardsMax }
    return new Link({
      transport,
      peer,
      rooms,
      turns,
      timings,
      ackDelayMs: edgeAckDelayMs,
      observer: links,
      cards,
      standby: standby.on,
      limits: this.#limits.of(peer.id),
      // What comes here comes there by other ways, too.
      wantsOffers: () => true,
    })
  }

  /** What the acceptor has granted: to read its log, to write into it. */
  #roomsOn({ rooms }: Peer, { direction }: Origin): LinkRoom[] {
    return this.#o.logs.flatMap(log => {
      const grant = rooms.find(({ room }) => room === log.room)
      if (grant === undefined || !(grant.read || grant.write)) return []
      const { read, write } = grant
      const [peerReads, peerWrites] = direction === 'in' ? [read, write] : [write, read]
      return [{ log, peerReads, peerWrites }]
    })
  }

  #remember(seat: LinkSeat, link: Link): void {
    this.#seats.add(seat)
    void link.ended.then(() => {
      this.#seats.delete(seat)
      return this.#guard.release(seat)
    })
  }

  async #renewAll(): Promise<void> {
    for (const seat of [...this.#seats]) await this.#guard.renew(seat)
  }
}
