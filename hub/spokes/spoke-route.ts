// The way in of a room server: its rooms, its one place, its link.
import type { FastifyInstance } from 'fastify'
import { LinkError } from '#common/errors.ts'
import { clientKey } from '#common/http/connections.ts'
import { linkRoute } from '#common/http/link-route.ts'
import type { Log } from '#common/log.ts'
import { isLoopbackAddress } from '#common/loopback.ts'
import type { OwnCard } from '#common/own-card.ts'
import { closeCodes } from '#common/protocol/close-codes.ts'
import type { RoomGrant } from '#common/protocol/frames.ts'
import type { Peer } from '#common/protocol/greet.ts'
import type { Self } from '#common/protocol/handshake.ts'
import type { LinkTimings } from '#common/protocol/heartbeat.ts'
import { Link, type LinkRoom } from '#common/protocol/link.ts'
import type { LinkLimits } from '#common/protocol/link-limits.ts'
import type { LiveLinks } from '#common/protocol/live-links.ts'
import type { Turns } from '#common/protocol/turns.ts'
import type { FrameReader } from '#common/transport/frame-reader.ts'
import type { HubStore } from '../hub-store.ts'
import type { Spokes } from './spokes.ts'

export interface SpokeRouteOptions {
  self: Self
  store: HubStore
  spokes: Spokes
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
}

/** A spoke tells of itself, and of those it is linked with directly: no more than a city has neighbours. */
const relayedMax = 100

export async function spokeRoute(app: FastifyInstance, options: SpokeRouteOptions): Promise<void> {
  const { self, log, encrypted, behindProxy } = options
  await linkRoute(app, {
    self,
    log,
    encrypted,
    behindProxy,
    greetingsMax: options.linksMax,
    grant: ({ rooms }) => grant(rooms, options),
    serve: (reader, peer) => serve(reader, peer, options),
  })
}

async function serve(reader: FrameReader, peer: Peer, options: SpokeRouteOptions): Promise<void> {
  const { self, store, spokes, turns, timings, links, ownCard } = options
  const { transport } = reader
  const rooms = await openRooms(peer.rooms, store)
  const claim = await spokes.claim(peer, transport.remote)
  const { windowBytes } = self
  const link = new Link({
    transport,
    peer,
    rooms,
    turns,
    timings,
    observer: links,
    wantsOffers: () => true,
    cards: { own: ownCard, relayedMax },
    limits: options.limits.of(peer.id, limitedAddress(transport.remote)),
    ...(windowBytes && { windowBytes }),
  })
  reader.handOver(link)
  await spokes.serve(link, claim)
}

/** Of `address:port`; programs on this machine are not counted. */
function limitedAddress(remote: string): string | undefined {
  const address = remote.slice(0, remote.lastIndexOf(':'))
  return isLoopbackAddress(address) ? undefined : clientKey(address)
}

/** Every proved spoke may read and write every room it asks for, as long as there is place for it. */
async function grant(
  wanted: readonly RoomGrant[],
  { store, links, roomsMax, linksMax }: SpokeRouteOptions,
): Promise<RoomGrant[]> {
  if (links.isDraining) throw new LinkError(closeCodes.draining, 'the hub restarts')
  if (links.size >= linksMax) throw new LinkError(closeCodes.rate, `this hub has its ${linksMax} links`)
  const known = new Set(await store.rooms())
  return wanted.map(({ room, read, write }) => {
    const isFull = !known.has(room) && known.size >= roomsMax
    if (!isFull) known.add(room)
    return isFull
      ? { room, read: false, write: false, reason: `this hub has its ${roomsMax} rooms` }
      : { room, read, write }
  })
}

async function openRooms(granted: readonly RoomGrant[], store: HubStore): Promise<LinkRoom[]> {
  const open = granted.filter(({ read, write }) => read || write)
  return Promise.all(
    open.map(async ({ room, read, write }) => ({ log: await store.log(room), peerReads: read, peerWrites: write })),
  )
}
