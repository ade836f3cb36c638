// This city, and the servers it is linked with, as the picture of the network shows them.
import { createHash } from 'node:crypto'
import type { City } from '#common/network.ts'
import type { ReportedRoom, ReportedSelf } from '#common/spoke-report.ts'
import { isUp, type PeerRoomStatus, type PeerStatus } from '#common/status.ts'

/** Nothing that a hub alone knows. */
const usual = { standing: 'open', instance: '', cloned: false } as const

export interface OwnFacts {
  id: string
  name: string
  software: string
  wanCapBytes: number | null
  rooms: ReportedRoom[]
  self: ReportedSelf
  toSend: number
  bytesToday: number
  /** Unix ms. */
  now: number
}

/** It is always up to date with itself. */
export function ownCity({ id, name, software, wanCapBytes, rooms, self, toSend, bytesToday, now }: OwnFacts): City {
  return {
    ...{ id, name, role: 'edge', ...usual, connected: true, lastSeenAt: now, software, address: '' },
    ...{ latencyMs: null, backlog: 0, lagSeconds: 0, toSend, bytesToday, wanCapBytes },
    ...{ rights: { '*': { read: true, write: true } }, rooms, self, reportedAt: now },
  }
}

export interface PeerFacts {
  peer: PeerStatus
  /** Of the link, while there is one. */
  software: string
  bytesToday: number
  /** Unix ms. */
  now: number
}

/** No key ends so: its last 6 bits are 4 of the key and two zeros. */
const standInEnd = '-'
const idLength = 43

/** Stands for a server of the config that has never been linked, so that it can be shown: who it is nobody knows. */
function standInId({ role, address }: PeerStatus): string {
  // The hub is one, at whichever of its addresses.
  if (role === 'hub') return 'hub'.padEnd(idLength, standInEnd)
  return createHash('sha256').update(address).digest('base64url').slice(0, -1) + standInEnd
}

export function isStandIn({ id }: Pick<City, 'id'>): boolean {
  return id.endsWith(standInEnd)
}

/** A hub or another city: of its radio and its nodes nothing is known here, and so nothing is said of its rooms. */
export function peerCity({ peer, software, bytesToday, now }: PeerFacts): City {
  const { name, role, address, latencyMs, lastError, rooms } = peer
  const id = peer.id || standInId(peer)
  const connected = isUp(peer)
  return {
    ...{ id, name, role, ...usual, ...(!connected && lastError !== null && { why: lastError }) },
    ...{ connected, lastSeenAt: connected ? now : lastSeenAt(peer), software, address },
    latencyMs: latencyMs === null ? null : Math.round(latencyMs),
    ...backlogOf(peer),
    ...{ toSend: null, bytesToday, wanCapBytes: null, rights: rightsOf(rooms) },
    ...{ rooms: [], self: null, reportedAt: null },
  }
}

/** Null: never in the life of this process. */
function lastSeenAt({ bytesIn, since }: PeerStatus): number | null {
  return bytesIn > 0 ? Date.parse(since) : null
}

/** What a link that stands by lacks the hub brings: how much that is nobody knows here. */
function backlogOf({ state, rooms }: PeerStatus): Pick<City, 'backlog' | 'lagSeconds'> {
  const shipped = rooms.filter(({ sends }) => sends !== false)
  const isKnown = state !== 'standby' && shipped.every(({ toSend }) => toSend !== null)
  if (!isKnown) return { backlog: null, lagSeconds: null }
  const lags = shipped.map(({ lagSeconds }) => lagSeconds ?? null)
  return {
    backlog: shipped.reduce((sum, { toSend }) => sum + (toSend ?? 0), 0),
    lagSeconds: lags.includes(null) ? null : Math.max(0, ...lags.map(lag => lag ?? 0)),
  }
}

/** What the other end may do here. */
function rightsOf(rooms: readonly PeerRoomStatus[]): City['rights'] {
  return Object.fromEntries(
    rooms.map(({ room, sends = true, receives = true }) => [room, { read: sends, write: receives }]),
  )
}
