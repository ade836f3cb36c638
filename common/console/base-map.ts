// The map below the cities: land and borders of the world in a third of the bytes, as whole numbers from each point to the next.
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { GeometryCollection, Topology } from 'topojson-specification'
import type { BaseMap } from './app/network/base-map.ts'
import { packageFile } from './browser-modules.ts'

type Point = readonly number[]
type Line = readonly Point[]

/** A package of CommonJS whose exports Node does not see from outside. */
const { feature, mesh }: typeof import('topojson-client') = createRequire(import.meta.url)('topojson-client')
/** 4 km at the equator: the source, 1:110 million, is coarser. */
const stepsPerDegree = 25

/** Natural Earth, public domain, as the package world-atlas has it. */
export function readBaseMap(): BaseMap {
  const world: Topology = JSON.parse(readFileSync(packageFile('world-atlas', 'countries-110m.json').file, 'utf8'))
  const { land, countries } = world.objects
  if (land === undefined || countries === undefined) throw new Error('world-atlas has another form')
  const found = feature(world, land)
  const features = found.type === 'FeatureCollection' ? found.features : [found]
  const inner = mesh(world, countries as GeometryCollection, (a, b) => a !== b)
  return {
    stepsPerDegree,
    land: features.flatMap(({ geometry }) => polygonsOf(geometry)).map(rings => rings.map(stepsOf)),
    borders: inner.coordinates.map(stepsOf),
  }
}

function polygonsOf(geometry: GeoJSON.Geometry): readonly (readonly Line[])[] {
  if (geometry.type === 'MultiPolygon') return geometry.coordinates
  return geometry.type === 'Polygon' ? [geometry.coordinates] : []
}

/** The first point, then how far each is from the one before; a point that falls on the one before is left out. */
function stepsOf(line: Line): number[] {
  const steps: number[] = []
  let [x, y] = [0, 0]
  for (const [longitude = 0, latitude = 0] of line) {
    const [nextX, nextY] = [Math.round(longitude * stepsPerDegree), Math.round(latitude * stepsPerDegree)]
    if (steps.length > 0 && nextX === x && nextY === y) continue
    steps.push(nextX - x, nextY - y)
    ;[x, y] = [nextX, nextY]
  }
  return steps
}
