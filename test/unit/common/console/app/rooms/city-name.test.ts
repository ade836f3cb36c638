import assert from 'node:assert/strict'
import { test } from 'node:test'
import { spotOf } from '#common/console/app/rooms/city-name.ts'
import { idOf } from '#test/support/network-sample.ts'

test('a city has a spot of its own kind: colours alone would be too few', () => {
  const spots = Array.from({ length: 300 }, (_, n) => spotOf(idOf(n)))
  assert.equal(new Set(spots).size, 24)
})
