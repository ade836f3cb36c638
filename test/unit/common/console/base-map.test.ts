// The base map: small, and the world still where it is.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Place, unpackBaseMap } from '#common/console/app/network/base-map.ts'
import { readBaseMap } from '#common/console/base-map.ts'

const bytes = readBaseMap()
const map = unpackBaseMap(bytes)
const rings = map.land.flat()

test('steps lead back to the places', () => {
  // One piece of land with one ring of two points: -1,050 and 400 tenths of a degree, then 10 and -20; no borders.
  const packed = Uint8Array.of(2, 2, 4, 0xb3, 0x10, 0xa0, 0x06, 20, 39, 0)
  const line = [
    [40, -105],
    [38, -104],
  ]
  assert.deepEqual(unpackBaseMap(packed), { land: [[line]], borders: [] })
})

test('bytes that are cut off anywhere are refused', () => {
  for (const end of [0, 1, 100, bytes.length - 1]) {
    assert.throws(() => unpackBaseMap(bytes.subarray(0, end)), /cut off/, `${end} bytes`)
  }
})

for (const [name, place, isLand] of [
  ['Denver', [39.7, -105], true],
  ['Berlin', [52.5, 13.4], true],
  ['the middle of Australia', [-25, 134], true],
  ['Chukotka, beyond the date line', [66.5, -175], true],
  ['Siberia, before it', [66.5, 175], true],
  ['the Pacific beside Fiji', [-16.6, 100], false],
  ['the Atlantic', [35, -45], false],
  ['the Caspian Sea', [41.9, 50.6], false],
] as const) {
  test(`${name} is ${isLand ? 'land' : 'water'}`, () => {
    assert.equal(rings.filter(ring => isInside(ring, place)).length % 2 === 1, isLand)
  })
}

test('rings are closed and on earth, and there are borders', () => {
  for (const ring of rings) {
    assert.deepEqual(ring[0], ring.at(-1))
    for (const [latitude, longitude] of ring) assert.ok(Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180)
  }
  assert.ok(map.borders.length > 100)
})

test('no land is drawn across the whole map, but for the bottom of Antarctica', () => {
  const wide = rings.flatMap(ring =>
    ring.filter(([, x], i) => Math.abs(x - (ring[i + 1]?.[1] ?? x)) > 180).map(([latitude]) => latitude),
  )
  assert.ok(wide.length <= 1 && wide.every(latitude => latitude < -80), `at ${wide}`)
})

/** By counting how often a ray to the east meets the ring. */
function isInside(ring: readonly Place[], [y, x]: readonly [number, number]): boolean {
  return (
    ring.filter(([y1, x1], index) => {
      const [y2, x2] = ring[index + 1] ?? [y1, x1]
      return y1 > y !== y2 > y && x < ((x2 - x1) * (y - y1)) / (y2 - y1) + x1
    }).length %
      2 ===
    1
  )
}
