// Where on a map: each city, those at one and the same place beside each other, and the lines of degrees.
import type { City, NetworkServer, Position } from '#common/network.ts'
import type { Place } from './base-map.ts'
import type { Bounds } from './places.ts'

/** Turned by it from one to the next, many lie around one place without hiding each other. */
const goldenAngle = 2.4

/** Where a city says it is; where this server is when it is the city itself. */
export function placeOf(server: Pick<NetworkServer, 'id' | 'position'>, city: City): Position | undefined {
  return city.self?.position ?? (city.id === server.id ? server.position : undefined) ?? undefined
}

/** Counts those at one place, this server first: so that each is beside the others. */
export function besideOthers(own: Position | null): (position: Position) => number {
  const countByPlace = new Map<string, number>()
  const count = ({ latitude, longitude }: Position) => {
    const place = `${latitude.toFixed(3)} ${longitude.toFixed(3)}`
    const before = countByPlace.get(place) ?? 0
    countByPlace.set(place, before + 1)
    return before
  }
  if (own !== null) count(own)
  return count
}

/** How far the mark of the nth at one place is from it: pixels to the right and down; the first is on it. */
export function asideOf(nth: number, size: number): [right: number, down: number] {
  const far = 1.2 * size * Math.sqrt(nth)
  return [far * Math.cos(goldenAngle * nth), far * Math.sin(goldenAngle * nth)]
}

/** Of a map that shows the world, of a part of it, and of a district. */
export function gridStep(zoom: number): number {
  if (zoom < 5.5) return 10
  return zoom < 8.5 ? 1 : 0.1
}

/** Around what is in sight, so that a short move shows no edge. */
export function gridLines({ south, west, north, east }: Bounds, step: number): Place[][] {
  const lines: Place[][] = []
  const from = (value: number) => Math.floor(value / step) - 10
  for (let x = from(west); x * step < east + 10 * step; x += 1)
    lines.push([
      [-85, x * step],
      [85, x * step],
    ])
  for (let y = from(south); y * step < north + 10 * step; y += 1)
    lines.push([
      [y * step, west - 180],
      [y * step, east + 180],
    ])
  return lines
}
