// A city as the net is shown: what the registry, operators' decisions and its own word say of it; and whether that is news.
import type { City } from '#common/network.ts'
import type { ListedSpoke } from '../rights/spoke-list.ts'
import type { SpokeBytes } from '../upkeep/byte-ledger.ts'
import type { Backlog } from './backlog.ts'
import type { KnownReport } from './spoke-reports.ts'

/** A lag is news when it has grown by a tenth or so. */
const lagSteps = 8

export interface CityFacts extends Backlog {
  spoke: ListedSpoke
  report: KnownReport
  used: SpokeBytes | undefined
  /** Id of this hub. */
  hubId: string
}

export function cityOf({ spoke, report, used, hubId, backlog, lagSeconds }: CityFacts): City {
  const { id, name, state, why, connected, lastSeenAt, software, address, instance, cloned, rooms } = spoke
  const link = connected ? report.self?.links.find(link => link.id === hubId) : undefined
  return {
    ...{ id, name, role: 'edge', standing: state, ...(why !== undefined && { why }) },
    ...{ connected, lastSeenAt, software, address, instance, cloned: cloned !== undefined },
    latencyMs: link?.latencyMs ?? null,
    ...{ backlog, lagSeconds, toSend: link?.toSend ?? null },
    bytesToday: used?.bytes ?? 0,
    wanCapBytes: used?.cap ?? null,
    ...{ rights: rooms, rooms: report.rooms, self: report.self, reportedAt: report.reportedAt },
  }
}

/** A city in a picture, and since which picture it is as it is. */
export interface SeenCity {
  city: City
  /** Unix ms, the `at` of that picture. */
  changedAt: number
  /** JSON of `city`, made once it is asked for. */
  text: () => string
  /** What is news when it changes, beside its own word. */
  facts: string
}

/** `before` itself when nothing at all has changed. */
export function seenCity(city: City, before: SeenCity | undefined, at: number): SeenCity {
  const facts = factsOf(city)
  const isSame = before?.facts === facts && before.city.self === city.self && sameRooms(before.city, city)
  if (isSame && sameTicks(before.city, city)) return before
  return { city, changedAt: isSame ? before.changedAt : at, text: textOnce(city), facts }
}

function textOnce(city: City): () => string {
  let text: string | undefined
  return () => {
    text ??= JSON.stringify({ ...city, rooms: withoutAir(city) })
    return text
  }
}

function sameRooms(a: City, b: City): boolean {
  return a.rooms === b.rooms || JSON.stringify(withoutAir(a)) === JSON.stringify(withoutAir(b))
}

/** The ways of single posts are told where they are asked for. */
function withoutAir({ rooms }: City): City['rooms'] {
  return rooms.map(room => ({ ...room, air: [] }))
}

/** A linked city was seen just now, one that lags does so longer and longer, and bytes are counted on: that is no news each time. */
function factsOf(city: City): string {
  const { rooms: _rooms, self: _self, bytesToday: _bytes, reportedAt: _at, lastSeenAt, lagSeconds, ...facts } = city
  const seenAt = city.connected ? null : lastSeenAt
  return JSON.stringify([facts, seenAt, lagSeconds === null ? null : Math.floor(Math.log2(lagSeconds + 1) * lagSteps)])
}

function sameTicks(a: City, b: City): boolean {
  const isSeenAlike = a.lastSeenAt === b.lastSeenAt && a.reportedAt === b.reportedAt
  return isSeenAlike && a.bytesToday === b.bytesToday && a.lagSeconds === b.lagSeconds
}
