// What members ask a room server for, and the answers. Source: the firmware's examples/simple_room_server/MyMesh.cpp.
import { createHash } from 'node:crypto'
import { take, takeUint32, uint32 } from './bytes.ts'

export const requestType = { status: 1, keepAlive: 2, telemetry: 3, accessList: 5 } as const

export interface Request {
  /** Unix seconds of the node's clock; its answer bears it too. */
  timestamp: number
  /** One of requestType, or one that we do not know. */
  type: number
  /** With the zeros that pad it. */
  data: Uint8Array
}

/** From the opened bytes. @throws PacketError */
export function decodeRequest(bytes: Uint8Array): Request {
  const [type = 0] = take(bytes, 4, 1, 'request')
  return { timestamp: takeUint32(bytes, 0, 'request'), type, data: bytes.subarray(5) }
}

export function encodeRequest({ timestamp, type, data }: Request): Uint8Array {
  return Buffer.concat([uint32(timestamp), Uint8Array.of(type), data])
}

/** The second from which a keep-alive wants to be synced anew, 0 when it does not. */
export function keepAliveSince({ data }: Request): number {
  return data.length < 4 ? 0 : takeUint32(data, 0, 'keep-alive')
}

/** The 4 bytes that answer a keep-alive. */
export function keepAliveAck({ timestamp, type, data }: Request, publicKey: Uint8Array): Uint8Array {
  const since = Buffer.alloc(4)
  since.set(data.subarray(0, 4))
  return createHash('sha256')
    .update(encodeRequest({ timestamp, type, data: since }))
    .update(publicKey)
    .digest()
    .subarray(0, 4)
}

/** An answer bears the timestamp of its request. */
export function encodeAnswer(timestamp: number, data: Uint8Array): Uint8Array {
  return Buffer.concat([uint32(timestamp), data])
}

/** From the opened bytes. @throws PacketError */
export function decodeAnswer(bytes: Uint8Array): { timestamp: number; data: Uint8Array } {
  return { timestamp: takeUint32(bytes, 0, 'answer'), data: bytes.subarray(4) }
}

export interface ServerStats {
  batteryMillivolts: number
  queued: number
  noiseFloorDbm: number
  lastRssiDbm: number
  heard: number
  sent: number
  airtimeSeconds: number
  uptimeSeconds: number
  sentFlood: number
  sentDirect: number
  heardFlood: number
  heardDirect: number
  faults: number
  lastSnrDb: number
  directTwice: number
  floodTwice: number
  posts: number
  pushes: number
}

/** The fields in their order, with their bytes; signed ones are negative. */
const statsLayout: readonly (readonly [keyof ServerStats, 2 | 4 | -2])[] = [
  ['batteryMillivolts', 2],
  ['queued', 2],
  ['noiseFloorDbm', -2],
  ['lastRssiDbm', -2],
  ['heard', 4],
  ['sent', 4],
  ['airtimeSeconds', 4],
  ['uptimeSeconds', 4],
  ['sentFlood', 4],
  ['sentDirect', 4],
  ['heardFlood', 4],
  ['heardDirect', 4],
  ['faults', 2],
  ['lastSnrDb', -2],
  ['directTwice', 2],
  ['floodTwice', 2],
  ['posts', 2],
  ['pushes', 2],
]
const statsBytes = 52
const prefixBytes = 6
const entryBytes = prefixBytes + 1

/** 52 bytes; what does not fit into its field stands at the end of its range. */
export function encodeStats(stats: ServerStats): Uint8Array {
  const bytes = Buffer.alloc(statsBytes)
  let at = 0
  for (const [field, size] of statsLayout) {
    const value = Math.round(field === 'lastSnrDb' ? stats.lastSnrDb * 4 : stats[field])
    if (size === 4) bytes.writeUInt32LE(within(value, 0, 0xffff_ffff), at)
    else if (size === 2) bytes.writeUInt16LE(within(value, 0, 0xffff), at)
    else bytes.writeInt16LE(within(value, -0x8000, 0x7fff), at)
    at += Math.abs(size)
  }
  return bytes
}

/** @throws PacketError */
export function decodeStats(data: Uint8Array): ServerStats {
  const bytes = Buffer.from(take(data, 0, statsBytes, 'status'))
  const stats: Partial<ServerStats> = {}
  let at = 0
  for (const [field, size] of statsLayout) {
    if (size === 4) stats[field] = bytes.readUInt32LE(at)
    else if (size === 2) stats[field] = bytes.readUInt16LE(at)
    else stats[field] = bytes.readInt16LE(at) / (field === 'lastSnrDb' ? 4 : 1)
    at += Math.abs(size)
  }
  return stats as ServerStats
}

/** Who may do what: 7 bytes each, the first 6 of the public key and the permission. */
export function encodeAccessList(members: readonly { publicKey: Uint8Array; permission: number }[]): Uint8Array {
  return Buffer.concat(
    members.map(({ publicKey, permission }) =>
      Buffer.concat([publicKey.subarray(0, prefixBytes), Uint8Array.of(permission)]),
    ),
  )
}

/** Up to the zeros that pad it: a member without any permission is in no list. @throws PacketError when an entry is cut */
export function decodeAccessList(data: Uint8Array): { prefix: Uint8Array; permission: number }[] {
  const members = []
  for (let at = 0; data.subarray(at).some(byte => byte !== 0); at += entryBytes) {
    const entry = take(data, at, entryBytes, 'access list')
    members.push({ prefix: entry.subarray(0, prefixBytes), permission: entry[prefixBytes] ?? 0 })
  }
  return members
}

function within(value: number, min: number, max: number): number {
  return Math.min(max, Math.max(min, value))
}
