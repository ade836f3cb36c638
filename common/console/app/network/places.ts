// Where cities are on a map: bounds that hold all of them, also across the line of dates, and lines between those that are linked.
import type { City, NetworkServer, Position } from '#common/network.ts'
import type { ReportedLink } from '#common/spoke-report.ts'

export interface Bounds {
  south: number
  west: number
  north: number
  /** May be above 180, when the bounds cross the line of dates. */
  east: number
}

const leastSpan = 3
export const wholeWorld: Bounds = { south: -58, west: -170, north: 75, east: 190 }

/** The smallest that hold all, with a margin; the whole world when there are none. */
export function boundsOf(positions: readonly Position[]): Bounds {
  if (positions.length === 0) return wholeWorld
  const latitudes = positions.map(position => position.latitude)
  const [south, north] = widened(Math.min(...latitudes), Math.max(...latitudes))
  const [west, east] = widened(...spanOfLongitudes(positions.map(position => position.longitude)))
  return { south: Math.max(-85, south), west, north: Math.min(85, north), east }
}

/** A longitude as it lies on a map whose left edge is `west`: at most 360 degrees to the right of it. */
export function longitudeFrom(west: number, longitude: number): number {
  return west + mod(longitude - west, 360)
}

/** From the one end of the widest part that has nobody, around the world, to its other end. */
function spanOfLongitudes(longitudes: readonly number[]): [west: number, east: number] {
  const sorted = longitudes.map(longitude => mod(longitude + 180, 360) - 180).sort((a, b) => a - b)
  let widest = { gap: -1, west: 0, east: 0 }
  sorted.forEach((longitude, index) => {
    const next = sorted[index + 1] ?? (sorted[0] ?? 0) + 360
    if (next - longitude > widest.gap) widest = { gap: next - longitude, west: next, east: longitude }
  })
  const west = mod(widest.west + 180, 360) - 180
  return [west, west + 360 - widest.gap]
}

function widened(low: number, high: number): [number, number] {
  const margin = Math.max((high - low) * 0.04, (leastSpan - (high - low)) / 2, 0)
  return [low - margin, high + margin]
}

function mod(value: number, by: number): number {
  return ((value % by) + by) % by
}

export interface MapLine {
  /** Of both ends, the lesser first. */
  key: string
  from: string
  to: string
  state: ReportedLink['state']
  /** As it was when the one that tells of it was heard last. */
  isOld: boolean
  latencyMs: number | null
}

/** One line for two that are linked or would be: the end that told of it last is right. */
export function linesOf(server: Pick<NetworkServer, 'id'>, cities: readonly City[]): MapLine[] {
  const lines = new Map<string, { line: MapLine; toldAt: number }>()
  const note = (line: MapLine, toldAt: number) => {
    const known = lines.get(line.key)
    if (known === undefined || known.toldAt < toldAt) lines.set(line.key, { line, toldAt })
  }
  for (const city of cities) {
    for (const link of city.self?.links ?? []) note(lineOf(city, link), city.reportedAt ?? 0)
    // What this server itself sees is never old.
    if (city.id !== server.id && isExpected(city)) note(ownLineOf(server.id, city), Number.POSITIVE_INFINITY)
  }
  return [...lines.values()].map(({ line }) => line)
}

function isExpected({ standing, lastSeenAt }: City): boolean {
  return standing !== 'revoked' && standing !== 'pending' && lastSeenAt !== null
}

function lineOf(city: City, { id, state, latencyMs }: ReportedLink): MapLine {
  return { ...ends(city.id, id), state, isOld: !city.connected, latencyMs }
}

function ownLineOf(id: string, { id: cityId, connected, latencyMs }: City): MapLine {
  return { ...ends(id, cityId), state: connected ? 'connected' : 'waiting', isOld: false, latencyMs }
}

function ends(a: string, b: string): Pick<MapLine, 'key' | 'from' | 'to'> {
  const [from, to] = a < b ? [a, b] : [b, a]
  return { key: `${from} ${to}`, from, to }
}
