// How a room server writes to a node: by the way that is known, or by flood with the way back in it. Source: the
// firmware's examples/simple_room_server/MyMesh.cpp.
import { seal } from '../radio/crypto.ts'
import { encodeDatagram } from '../radio/datagrams.ts'
import { isFlood, type Packet, type Path, payloadType } from '../radio/packet.ts'
import { encodePathReturn } from '../radio/path-returns.ts'
import { floodIn, type Region } from './regions.ts'

/** Who writes to whom. */
export interface Correspondence {
  /** Public keys. */
  room: Uint8Array
  node: Uint8Array
  secret: Uint8Array
}

/** How the node's packet came: its answer goes the same way. */
export interface CameBy {
  packet: Packet
  /** Of the answer, if it goes by flood. */
  region: Region | undefined
  /** The way to the node, where it is known. */
  path: Path | null
}

/** A response: with the way to us in it when the request came by flood, so that the next one comes direct. */
export function responsePacket(to: Correspondence, data: Uint8Array, cameBy: CameBy): Packet {
  const { packet } = cameBy
  if (!isFlood(packet)) return routed(payloadType.response, datagram(to, data), cameBy)
  const pathReturn = encodePathReturn({ path: packet.path, extraType: payloadType.response, extra: data })
  return flooded(payloadType.path, datagram(to, pathReturn), cameBy)
}

export function textPacket(to: Correspondence, text: Uint8Array, cameBy: CameBy): Packet {
  return routed(payloadType.text, datagram(to, text), cameBy)
}

export function ackPacket(payload: Uint8Array, cameBy: CameBy): Packet {
  return routed(payloadType.ack, payload, cameBy)
}

/** The way to a node. */
export interface Way {
  /** Null: by flood. */
  path: Path | null
  /** Of the hashes in the path of a flood. */
  hashBytes: 1 | 2 | 3
  region: Region | undefined
}

/** A text that answers nothing. */
export function unaskedText(to: Correspondence, text: Uint8Array, { path, hashBytes, region }: Way): Packet {
  const [type, payload] = [payloadType.text, datagram(to, text)]
  if (path !== null) return { route: 'direct', type, path, payload }
  return floodIn(region, { type, path: { hashBytes, hops: new Uint8Array() }, payload })
}

function routed(type: number, payload: Uint8Array, cameBy: CameBy): Packet {
  if (cameBy.path === null) return flooded(type, payload, cameBy)
  return { route: 'direct', type, path: cameBy.path, payload }
}

/** In the region of the request, and with path hashes of its size. */
function flooded(type: number, payload: Uint8Array, { packet, region }: CameBy): Packet {
  return floodIn(region, { type, path: { hashBytes: packet.path.hashBytes, hops: new Uint8Array() }, payload })
}

function datagram({ room, node, secret }: Correspondence, data: Uint8Array): Uint8Array {
  return encodeDatagram({ to: node[0] ?? 0, from: room[0] ?? 0, sealed: seal(secret, data) })
}
