// A net of some size for the pictures: the cities are made up, with a fault here and there; the page does not know.
import type { City, Network, NetworkHistory } from '#common/network.ts'
import type { ReportedLink } from '#common/spoke-report.ts'
import { hubServer, idOf, netOf, samplesOf } from '#test/support/network-sample.ts'

/** Beside each the city of the sample that it is like: 0 to 11 have faults. */
const places: readonly [name: string, latitude: number, longitude: number, like: number][] = [
  ['Albuquerque', 35.08, -106.65, 12],
  ['Boise', 43.62, -116.2, 13],
  ['Casper', 42.85, -106.32, 15],
  ['Durango', 37.28, -107.88, 0],
  ['Grand Junction', 39.06, -108.55, 3],
  ['Los Angeles', 34.05, -118.24, 21],
  ['Moab', 38.57, -109.55, 7],
  ['Phoenix', 33.45, -112.07, 4],
  ['Portland', 45.52, -122.68, 23],
  ['Rapid City', 44.08, -103.23, 10],
  ['Sacramento', 38.58, -121.49, 25],
  ['Salt Lake City', 40.76, -111.89, 26],
]
const neighbours: readonly (readonly [string, string, ReportedLink['state']])[] = [
  ['Casper', 'Rapid City', 'standby'],
  ['Salt Lake City', 'Boise', 'connected'],
  ['Sacramento', 'Los Angeles', 'connected'],
  ['Phoenix', 'Los Angeles', 'standby'],
]

/** As the hub would tell of it at `at`. */
export function sampleNet(at: number): Network {
  const samples = netOf(40, at).cities
  const cities = places.map(([name, latitude, longitude, like], index): City => {
    const sample = samples[(like + 39) % 40]
    if (sample === undefined) throw new Error(`the sample net has no city ${like}`)
    const self = sample.self && { ...sample.self, position: { latitude, longitude }, links: linksOf(name) }
    return { ...sample, id: idOf(index + 1), name, self }
  })
  const server = { ...hubServer, name: 'Front Range hub', uptimeSeconds: 1_900_000 }
  const names = Object.fromEntries([[server.id, server.name], ...cities.map(city => [city.id, city.name])])
  return { at, server, cities, ids: cities.map(({ id }) => id), names }
}

function linksOf(name: string): ReportedLink[] {
  return neighbours.flatMap(([from, to, state]) => {
    const id = idOf(places.findIndex(([place]) => place === to) + 1)
    return from === name ? [{ id, name: to, role: 'edge', state, latencyMs: 31, toSend: 0 }] : []
  })
}

export function sampleHistory(at: number): NetworkHistory {
  return { samples: Object.fromEntries(places.map((_, index) => [idOf(index + 1), samplesOf(index + 1, at)])) }
}
