// The way in of a room server: its rooms, its one place, its link.
import type { FastifyInstance } from 'fastify'
import { LinkError } from '#common/errors.ts'
import { clientKey } from '#common/http/connections.ts'
import { linkRoute } from '#common/http/link-route.ts'
import type { Log } from '#common/log.ts'
import { isLoopbackAddress } from '#common/loopback.ts'
import type { OwnCard } from '#common/own-card.ts'
import { closeCodes } from '#common/protocol/close-codes.ts'
import type { Hello, RoomGrant } from '#common/protocol/frames.ts'
import type { Peer } from '#common/protocol/greet.ts'
import type { Self } from '#common/protocol/handshake.ts'
import type { LinkTimings } from '#common/protocol/heartbeat.ts'
import { Link, type LinkRoom } from '#common/protocol/link.ts'
import type { LinkLimits } from '#common/protocol/link-limits.ts'
import type { LiveLinks } from '#common/protocol/live-links.ts'
import type { Turns } from '#common/protocol/turns.ts'
import type { SpokeReport } from '#common/spoke-report.ts'
import type { FrameReader } from '#common/transport/frame-reader.ts'
import type { HubStore } from '../store/hub-store.ts'
import { KnownRooms } from './known-rooms.ts'
import type { SpokeGate } from './spoke-gate.ts'
import type { Spokes } from './spokes.ts'

export interface SpokeRouteOptions {
  self: Self
  store: HubStore
  spokes: Spokes
  gate: SpokeGate
  links: LiveLinks
  ownCard: OwnCard
  turns: Turns
  timings: LinkTimings
  log: Log
  /** TLS ends in this process or in a proxy before it. */
  encrypted: boolean
  behindProxy: boolean
  limits: LinkLimits
  roomsMax: number
  linksMax: number
  /** A spoke that is linked tells of itself. */
  onReport: (id: string, report: SpokeReport) => void
}

/** A spoke tells of itself, and of those it is linked with directly: no more than a city has neighbours. */
const relayedMax = 100

export async function spokeRoute(app: FastifyInstance, options: SpokeRouteOptions): Promise<void> {
  const { self, log, encrypted, behindProxy } = options
  const rooms = new KnownRooms(options.store)
  await linkRoute(app, {
    self,
    log,
    encrypted,
    behindProxy,
    greetingsMax: options.linksMax,
    grant: hello => grant(hello, rooms, options),
    serve: (reader, peer) => serve(reader, peer, { ...options, rooms }),
  })
}

type Serving = SpokeRouteOptions & { rooms: KnownRooms }

async function serve(reader: FrameReader, peer: Peer, options: Serving): Promise<void> {
  const { self, store, spokes, gate, turns, timings, links, ownCard } = options
  const { transport } = reader
  await gate.admit(peer, transport.remote)
  const rooms = await openRooms(peer.rooms, store)
  options.rooms.add(rooms.map(({ log }) => log.room))
  const seat = await spokes.seat(peer, transport.remote)
  const { windowBytes } = self
  gate.recheck(peer)
  const link = new Link({
    transport,
    peer,
    rooms,
    turns,
    timings,
    observer: links,
    wantsOffers: () => true,
    cards: { own: ownCard, relayedMax },
    onReport: options.onReport,
    limits: options.limits.of(peer.id, limitedAddress(transport.remote)),
    ...(windowBytes && { windowBytes }),
  })
  reader.handOver(link)
  await spokes.serve(link, seat)
}

/** Of `address:port`; programs on this machine are not counted. */
function limitedAddress(remote: string): string | undefined {
  const address = remote.slice(0, remote.lastIndexOf(':'))
  return isLoopbackAddress(address) ? undefined : clientKey(address)
}

/** What its rights say of the rooms it asks for, as long as there is place for them: from memory, for it may be a stranger. */
async function grant(hello: Hello, rooms: KnownRooms, options: SpokeRouteOptions): Promise<RoomGrant[]> {
  const { gate, links, roomsMax, linksMax } = options
  if (links.isDraining) throw new LinkError(closeCodes.draining, 'the hub restarts')
  if (links.size >= linksMax) throw new LinkError(closeCodes.rate, `this hub has its ${linksMax} links`)
  const known = await rooms.names()
  return gate.grant(hello, allowed => fitting(allowed, known, roomsMax))
}

function fitting(allowed: readonly RoomGrant[], known: ReadonlySet<string>, roomsMax: number): RoomGrant[] {
  let places = roomsMax - known.size
  return allowed.map(grant => {
    if (known.has(grant.room) || !(grant.read || grant.write)) return grant
    places -= 1
    if (places >= 0) return grant
    return { room: grant.room, read: false, write: false, reason: `this hub has its ${roomsMax} rooms` }
  })
}

async function openRooms(granted: readonly RoomGrant[], store: HubStore): Promise<LinkRoom[]> {
  const open = granted.filter(({ read, write }) => read || write)
  return Promise.all(
    open.map(async ({ room, read, write }) => ({ log: await store.log(room), peerReads: read, peerWrites: write })),
  )
}
