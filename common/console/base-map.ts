// The map below the cities: land and borders of the world, in a third of the bytes that the package has them in.
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { GeometryCollection, Topology } from 'topojson-specification'
import { stepsPerDegree } from './app/network/base-map.ts'
import { cutAtDateLine, type Line } from './date-line.ts'

const require = createRequire(import.meta.url)
/** A package of CommonJS whose exports Node does not see from outside. */
const { feature, mesh }: typeof import('topojson-client') = require('topojson-client')

/** Natural Earth, public domain, as the package world-atlas has it; in the form that app/network/base-map.ts unpacks. */
export function readBaseMap(): Buffer {
  const world: Topology = JSON.parse(readFileSync(require.resolve('world-atlas/countries-110m.json'), 'utf8'))
  const { land, countries } = world.objects
  if (land === undefined || countries === undefined) throw new Error('world-atlas has another form')
  const found = feature(world, land)
  const features = found.type === 'FeatureCollection' ? found.features : [found]
  const polygons = features.flatMap(({ geometry }) => polygonsOf(geometry)).map(rings => rings.flatMap(cutAtDateLine))
  const inner = mesh(world, countries as GeometryCollection, (a, b) => a !== b).coordinates.map(lineOf)
  return Buffer.from([
    ...packed(polygons.length),
    ...polygons.flatMap(rings => [...packed(rings.length), ...rings.flatMap(packedLine)]),
    ...packed(inner.length),
    ...inner.flatMap(packedLine),
  ])
}

function polygonsOf(geometry: GeoJSON.Geometry): Line[][] {
  if (geometry.type === 'MultiPolygon') return geometry.coordinates.map(rings => rings.map(lineOf))
  return geometry.type === 'Polygon' ? [geometry.coordinates.map(lineOf)] : []
}

function lineOf(positions: readonly (readonly number[])[]): Line {
  return positions.map(([longitude = 0, latitude = 0]) => [longitude, latitude])
}

/** A point that falls on the one before is left out. */
function packedLine(line: Line): number[] {
  const steps: number[] = []
  let [x, y] = [Number.NaN, Number.NaN]
  for (const [longitude, latitude] of line) {
    const [nextX, nextY] = [Math.round(longitude * stepsPerDegree), Math.round(latitude * stepsPerDegree)]
    if (nextX !== x || nextY !== y) steps.push(nextX - (x || 0), nextY - (y || 0))
    ;[x, y] = [nextX, nextY]
  }
  return [...packed(steps.length / 2), ...steps.flatMap(packed)]
}

function packed(value: number): number[] {
  const bytes: number[] = []
  let left = value < 0 ? -2 * value - 1 : 2 * value
  for (; left > 127; left >>= 7) bytes.push((left & 127) | 128)
  return [...bytes, left]
}
