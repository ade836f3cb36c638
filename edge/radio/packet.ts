// A packet as it is on the air: header, transport codes, path, payload. Source: the firmware's src/Packet.cpp.
import { createHash } from 'node:crypto'
import { PacketError } from './packet-error.ts'

export const packetBytesMax = 255
export const payloadBytesMax = 184
export const pathBytesMax = 64
/** The count of hops has 6 bits: a path of one-byte hashes ends one short of 64 bytes. */
const hopsMax = 63

export const payloadType = {
  request: 0,
  response: 1,
  text: 2,
  ack: 3,
  advert: 4,
  groupText: 5,
  groupData: 6,
  anonymousRequest: 7,
  path: 8,
  trace: 9,
  multipart: 10,
  control: 11,
  raw: 15,
} as const

/** In the order of their numbers. */
const routes = ['transport-flood', 'flood', 'direct', 'transport-direct'] as const
export type Route = (typeof routes)[number]

/** Of repeaters, in the order in which a packet meets them; each is named by the first bytes of its public key. */
export interface Path {
  hashBytes: 1 | 2 | 3
  hops: Uint8Array
}

export interface Packet {
  route: Route
  /** One of payloadType, or one that we do not know. */
  type: number
  /** With the transport routes only. */
  transportCodes?: readonly [number, number]
  path: Path
  payload: Uint8Array
}

export const noPath: Path = { hashBytes: 1, hops: new Uint8Array() }

/** @throws PacketError; what the firmware drops unseen is refused here too */
export function decodePacket(bytes: Uint8Array): Packet {
  if (bytes.length > packetBytesMax) throw new PacketError(`a packet has at most 255 bytes, this has ${bytes.length}`)
  const header = byteAt(bytes, 0)
  if (header >> 6 !== 0) throw new PacketError(`version ${header >> 6} of the packet format`)
  const route = routes[header & 3] ?? 'flood'
  const isScoped = route.startsWith('transport')
  const pathAt = isScoped ? 5 : 1
  const { path, end } = readPath(bytes, pathAt)
  const payload = bytes.subarray(end)
  if (payload.length > payloadBytesMax) throw new PacketError(`a payload has at most 184 bytes`)
  const packet = { route, type: (header >> 2) & 15, path, payload }
  return isScoped ? { ...packet, transportCodes: [uint16At(bytes, 1), uint16At(bytes, 3)] } : packet
}

/** @throws PacketError when it is too long for the air, or a field does not fit into its bits */
export function encodePacket({ route, type, transportCodes = [0, 0], path, payload }: Packet): Uint8Array {
  if (type < 0 || type > 15) throw new PacketError(`a payload type has 4 bits, not ${type}`)
  if (payload.length > payloadBytesMax) throw new PacketError(`a payload has at most 184 bytes, not ${payload.length}`)
  const codes = route.startsWith('transport') ? transportCodes.flatMap(code => [code & 255, code >> 8]) : []
  const head = [(type << 2) | routes.indexOf(route), ...codes]
  const bytes = Buffer.concat([Uint8Array.from(head), encodePath(path), payload])
  if (bytes.length > packetBytesMax) throw new PacketError(`a packet has at most 255 bytes, not ${bytes.length}`)
  return bytes
}

/** The byte that says how long a path is, and the path. @throws PacketError */
export function encodePath({ hashBytes, hops }: Path): Uint8Array {
  const count = hops.length / hashBytes
  if (hops.length > pathBytesMax || count > hopsMax || !Number.isInteger(count)) throw new PacketError('not a path')
  return Buffer.concat([Uint8Array.of(((hashBytes - 1) << 6) | count), hops])
}

/** The path whose length stands at `at`. @throws PacketError */
export function readPath(bytes: Uint8Array, at: number): { path: Path; end: number } {
  const length = byteAt(bytes, at)
  const hashBytes = (length >> 6) + 1
  const end = at + 1 + hashBytes * (length & 63)
  if (!isHashSize(hashBytes)) throw new PacketError('a path with hashes of 4 bytes')
  if (end - at - 1 > pathBytesMax || end > bytes.length) throw new PacketError('a path that is longer than its packet')
  return { path: { hashBytes, hops: bytes.subarray(at + 1, end) }, end }
}

/** 8 bytes, hex: the same wherever the packet is heard, for it leaves out the path; but for a trace, which is its path. */
export function packetHash({ type, path, payload }: Packet): string {
  const hash = createHash('sha256').update(Uint8Array.of(type))
  if (type === payloadType.trace) hash.update(Uint8Array.of(encodePath(path)[0] ?? 0, 0))
  return hash.update(payload).digest('hex').slice(0, 16)
}

export function isFlood({ route }: Packet): boolean {
  return route === 'flood' || route === 'transport-flood'
}

export function hopCount({ hashBytes, hops }: Path): number {
  return hops.length / hashBytes
}

function isHashSize(value: number): value is 1 | 2 | 3 {
  return value >= 1 && value <= 3
}

function byteAt(bytes: Uint8Array, at: number): number {
  const byte = bytes[at]
  if (byte === undefined) throw new PacketError('a packet that ends in its header')
  return byte
}

function uint16At(bytes: Uint8Array, at: number): number {
  return byteAt(bytes, at) | (byteAt(bytes, at + 1) << 8)
}
