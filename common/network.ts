// The answers of GET /api/v1/network and what is below it, and of a post's deliveries: the same shapes at hub and edge. Browsers load it as it is.
import type { ReportedRoom, ReportedSelf } from './spoke-report.ts'

export interface Position {
  latitude: number
  longitude: number
}

/** The server that answers. */
export interface NetworkServer {
  id: string
  name: string
  role: 'hub' | 'edge'
  version: string
  uptimeSeconds: number
  /** Why it, or a part of it, is not ready; empty when all is well. */
  reasons: string[]
  certificateDays: number | null
  position: Position | null
}

/** A city, as the server that answers knows it. */
export interface City {
  id: string
  name: string
  role: 'hub' | 'edge'
  /** What operators have decided; at an edge always `open`. */
  standing: 'approved' | 'open' | 'pending' | 'revoked'
  why?: string
  connected: boolean
  /** Unix ms; null: never. */
  lastSeenAt: number | null
  software: string
  /** Empty for who may not know it. */
  address: string
  /** Hub instance that has its link. */
  instance: string
  /** Two machines have its identity. */
  cloned: boolean
  latencyMs: number | null
  /** Posts that it has yet to get from here, and for how long the oldest of them is here; null: not known. */
  backlog: number | null
  lagSeconds: number | null
  /** Posts it has yet to send here; null: not known. */
  toSend: number | null
  bytesToday: number
  wanCapBytes: number | null
  /** Rights by room; `*` for every room that is not named. */
  rights: Record<string, { read: boolean; write: boolean }>
  /** The `air` of a hub's answer is empty: deliveries tell it. */
  rooms: ReportedRoom[]
  /** As it last told of itself, and when (Unix ms); null: never. */
  self: ReportedSelf | null
  reportedAt: number | null
}

/** GET /api/v1/network?since=<at of the answer before>: with `since` only what has changed after it; all, where that is yet to come. */
export interface Network {
  /** Unix ms: what to ask with next time. */
  at: number
  server: NetworkServer
  /** By name. */
  cities: City[]
  /** Ids of all cities, so that one that is gone can be told; and names of all servers known, by id. */
  ids: string[]
  names: Record<string, string>
}

/** From one sample to the next. */
export const sampleMs = 5 * 60_000
/** Asked for at once. */
export const historyIdsMax = 50

/** Of a city, one every `sampleMs`, the oldest first: at most those of 24 hours. */
export interface Sample {
  /** Unix ms. */
  at: number
  latencyMs: number | null
  backlog: number | null
  /** Share of the duty cycle, 0 to 1. */
  budgetUsed: number | null
}

/** GET /api/v1/history?id=…&id=…: at most `historyIdsMax` ids. */
export interface NetworkHistory {
  samples: Record<string, Sample[]>
}

/**
 * `away`: not linked, and has not stored it. `under-way`: linked, and has not stored it yet. `stored`: there, and not for the air: the
 * city has no radio, or its way to the air is not told. Then as AirState. `kept-out`: the city may not read the room.
 */
export type DeliveryState = 'away' | 'under-way' | 'stored' | 'waiting' | 'on-air' | 'passed' | 'kept-out'

/** GET /api/v1/rooms/:room/posts/:guid/deliveries. */
export interface Deliveries {
  guid: string
  room: string
  /** The server that answers has it. */
  storedAt: { id: string; name: string; receivedAt: number }
  /** Of the cities of the room, by name. */
  cities: { id: string; name: string; state: DeliveryState }[]
}

/** GET, POST {token} and DELETE /api/v1/session. */
export interface Session {
  who: string
  role: 'viewer' | 'operator' | 'admin'
  /** False where no token is needed: on the machine itself. */
  signedIn: boolean
  server: { id: string; name: string; role: 'hub' | 'edge'; version: string }
}
