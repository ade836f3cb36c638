// Regions: a flood with a region's code is carried by the repeaters that serve it. Sources: the firmware's
// src/helpers/RegionMap.cpp and RoutingPolicy.h.
import { transportCode } from '../radio/crypto.ts'
import { isFlood, type Packet } from '../radio/packet.ts'
import type { Member } from './member.ts'

export interface Region {
  name: string
  key: Uint8Array
}

export interface Regions {
  /** Requests in them are answered in them. */
  known: readonly Region[]
  /** Of what we flood unasked; undefined: of no region, for every repeater that takes such floods. */
  home: Region | undefined
}

/**
 * Where the answer to a packet goes, if it goes by flood: as the packet came; and home when that cannot be told, of a
 * direct packet or a region that is not known here (chooseReplyScope).
 */
export function answerRegion(packet: Packet, { known, home }: Regions): Region | undefined {
  if (packet.route === 'flood') return undefined
  const { type, transportCodes, payload } = packet
  const isOf = ({ key }: Region) => transportCodes?.[0] === transportCode(key, type, payload)
  return (packet.route === 'transport-flood' ? known.find(isOf) : undefined) ?? home
}

/**
 * Where what nobody asked for goes by flood: where the member's own floods came from, for that they pass is known; the
 * firmware takes its home for all.
 */
export function regionOf({ region }: Member, { known, home }: Regions): Region | undefined {
  if (region === null) return undefined
  return known.find(({ name }) => name === region) ?? home
}

/** Notes in whose care the member's flood came. */
export function noteRegion(member: Member, packet: Packet, region: Region | undefined): void {
  if (isFlood(packet)) member.region = region?.name ?? null
}

/** The packet as a flood of the region. */
export function floodIn(region: Region | undefined, packet: Pick<Packet, 'type' | 'path' | 'payload'>): Packet {
  if (region === undefined) return { ...packet, route: 'flood' }
  const code = transportCode(region.key, packet.type, packet.payload)
  return { ...packet, route: 'transport-flood', transportCodes: [code, 0] }
}
