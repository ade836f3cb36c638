// Places on the map: nobody hides anybody, and lines of degrees are all around.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { asideOf, besideOthers, gridLines, gridStep, placeOf } from '#common/console/app/network/map-places.ts'
import { cityOf, hubServer, selfOf } from '#test/support/network-sample.ts'

const denver = { latitude: 39.74, longitude: -104.99 }

test('a city is where it says; the server that answers is where the server is; others are nowhere', () => {
  assert.deepEqual(placeOf(hubServer, cityOf(1, { self: selfOf({ position: denver }) })), denver)
  assert.deepEqual(placeOf(hubServer, cityOf(0, { self: null })), hubServer.position)
  assert.equal(placeOf(hubServer, cityOf(1, { self: selfOf({ position: null }) })), undefined)
})

test('those at one place are counted, the server first, and others not with them', () => {
  const next = besideOthers(denver)
  assert.deepEqual(
    [next({ ...denver, latitude: 39.7404 }), next(denver), next({ latitude: 1, longitude: 2 })],
    [1, 2, 0],
  )
  assert.equal(besideOthers(null)(denver), 0)
})

test('forty marks at one place are at least a mark apart', () => {
  const marks = Array.from({ length: 40 }, (_, nth) => asideOf(nth, 18))
  assert.deepEqual(marks[0], [0, 0])
  marks.forEach(([x, y], one) => {
    for (const [otherX, otherY] of marks.slice(one + 1)) assert.ok(Math.hypot(x - otherX, y - otherY) >= 18)
  })
})

test('lines of degrees are as many as help, and reach beyond what is in sight', () => {
  assert.deepEqual([2, 7, 10].map(gridStep), [10, 1, 0.1])
  const lines = gridLines({ south: 39, west: -106, north: 41, east: -104 }, 1)
  assert.ok(lines.length > 20 && lines.length < 60, `${lines.length} lines`)
  assert.ok(lines.some(([from]) => from?.[1] === -110) && lines.some(([from]) => from?.[0] === 45))
})
