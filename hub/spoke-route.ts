// The way in of a room server: WebSocket, handshake, its one place, its rooms, its link.
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { WebSocket } from 'ws'
import { LinkError, StoreUnavailableError } from '#common/errors.ts'
import type { Log } from '#common/log.ts'
import type { OwnCard } from '#common/own-card.ts'
import { closeCodes } from '#common/protocol/close-codes.ts'
import { encodeFrame } from '#common/protocol/codec.ts'
import type { RoomGrant } from '#common/protocol/frames.ts'
import { greetAsAcceptor, type Peer } from '#common/protocol/greet.ts'
import type { Self } from '#common/protocol/handshake.ts'
import type { LinkTimings } from '#common/protocol/heartbeat.ts'
import { Link, type LinkRoom } from '#common/protocol/link.ts'
import type { LiveLinks } from '#common/protocol/live-links.ts'
import type { Turns } from '#common/protocol/turns.ts'
import { FrameReader } from '#common/transport/frame-reader.ts'
import { WsTransport } from '#common/transport/ws-transport.ts'
import type { HubStore } from './hub-store.ts'
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
  roomsMax: number
  linksMax: number
}

const storeRetryMs = 5000
/** A spoke tells of itself, and of those it is linked with directly: no more than a city has neighbours. */
const relayedMax = 100

export async function spokeRoute(app: FastifyInstance, options: SpokeRouteOptions): Promise<void> {
  app.get(
    '/federation',
    { websocket: true, config: { rateLimit: false } },
    (ws: WebSocket, request: FastifyRequest) => {
      void accept(ws, request, options)
    },
  )
}

async function accept(ws: WebSocket, request: FastifyRequest, options: SpokeRouteOptions): Promise<void> {
  const { self, log, encrypted, behindProxy } = options
  const remote = `${request.ip}:${request.socket.remotePort}`
  const transport = new WsTransport({ ws, socket: request.raw.socket, remote, encrypted, behindProxy, verified: true })
  const reader = new FrameReader(transport)
  try {
    const peer = await greetAsAcceptor(reader, self, hello => grant(hello.rooms, options))
    await serve(reader, peer, options)
  } catch (error) {
    const { code, message, retryAfterMs } = refusal(error)
    log.warn(`link from ${remote} refused: ${message}`)
    transport.send(
      encodeFrame({ t: 'bye', code, reason: message.slice(0, 512), ...(retryAfterMs && { retryAfterMs }) }),
    )
    transport.close(code, message)
  }
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
    cards: { own: ownCard, relayedMax },
    ...(windowBytes && { windowBytes }),
  })
  reader.handOver(link)
  await spokes.serve(link, claim)
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

function refusal(error: unknown): { code: number; message: string; retryAfterMs?: number } {
  if (error instanceof LinkError) return { code: error.code, message: error.message }
  if (error instanceof StoreUnavailableError) {
    return {
      code: closeCodes.draining,
      message: `the store of the hub is away: ${error.message}`,
      retryAfterMs: storeRetryMs,
    }
  }
  return { code: 1011, message: `internal error: ${error instanceof Error ? error.message : String(error)}` }
}
