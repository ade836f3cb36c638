// Cities on a map: bounds around them, and the lines between them.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { boundsOf, linesOf, longitudeFrom, wholeWorld } from '#common/console/app/network/places.ts'
import type { ReportedLink } from '#common/spoke-report.ts'
import { cityOf, hubServer, idOf, selfOf } from '#test/support/network-sample.ts'

const at = (latitude: number, longitude: number) => ({ latitude, longitude })
const latitude = fc.double({ min: -84, max: 84, noNaN: true })
const longitude = fc.double({ min: -180, max: 180, noNaN: true })

test('one city has land around it, and no city is the whole world', () => {
  assert.deepEqual(boundsOf([at(40, -105)]), { south: 38.5, west: -106.5, north: 41.5, east: -103.5 })
  assert.equal(boundsOf([]), wholeWorld)
})

test('cities on both sides of the line of dates lie beside each other', () => {
  const { west, east } = boundsOf([at(-18, 178), at(-14, -172)])
  assert.ok(west > 170 && east < 195, `${west} to ${east}`)
  assert.equal(Math.round(longitudeFrom(west, -172)), 188)
})

test('bounds hold every city, and are never wider than the world with its margin', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(latitude, longitude), { minLength: 1, maxLength: 20 }), points => {
      const { south, west, north, east } = boundsOf(points.map(([one, other]) => at(one, other)))
      assert.ok(east - west <= 360 * 1.16 + 1e-9)
      for (const [lat, lng] of points) {
        const x = longitudeFrom(west, lng)
        assert.ok(lat >= south && lat <= north && x >= west && x <= east + 1e-9, `${lng} in ${west} to ${east}`)
      }
    }),
  )
})

const link = (id: number, state: ReportedLink['state']): ReportedLink => ({
  ...{ id: idOf(id), name: `City ${id}`, role: 'edge', state, latencyMs: 30, toSend: 0 },
})
const told = (index: number, reportedAt: number, links: ReportedLink[]) =>
  cityOf(index, { reportedAt, self: selfOf({ links }) })
const between = (lines: ReturnType<typeof linesOf>, a: number, b: number) =>
  lines.filter(line => line.from === idOf(a) && line.to === idOf(b))

test('two that tell of one link have one line, as the later of them says', () => {
  const cities = [told(1, 100, [link(2, 'connected')]), told(2, 200, [link(1, 'waiting')])]
  const [line, ...more] = between(linesOf(hubServer, cities), 1, 2)
  assert.deepEqual([line?.state, more.length], ['waiting', 0])
})

test('of its own links the server knows best', () => {
  const hub = { ...link(0, 'standby'), role: 'hub' } as const
  const [line] = between(linesOf(hubServer, [told(1, 100, [hub])]), 0, 1)
  assert.deepEqual([line?.state, line?.isOld], ['connected', false])
})

test('who may not join has no line, and what a silent city told is old', () => {
  const silent = { connected: false, latencyMs: null }
  const cities = [
    cityOf(1, { standing: 'revoked', self: null, ...silent }),
    cityOf(2, { lastSeenAt: null, self: null, ...silent }),
    { ...told(3, 100, [link(4, 'connected')]), ...silent },
  ]
  const lines = linesOf(hubServer, cities)
  assert.deepEqual(
    lines.map(line => [line.to, line.state, line.isOld]),
    [
      [idOf(4), 'connected', true],
      [idOf(3), 'waiting', false],
    ],
  )
})

test('an edge that tells of itself has no line to itself', () => {
  const self = told(5, 100, [link(6, 'connected')])
  assert.equal(linesOf({ id: self.id }, [self, cityOf(6, { self: null })]).length, 1)
})
