import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  type Filter,
  filterFrom,
  filterQuery,
  inputStamp,
  isFiltered,
  isWanted,
  markedPieces,
  noFilter,
  parseStamp,
} from '#common/console/app/rooms/search.ts'
import { cityA, cityB, feedPost, noon } from '#test/support/feed-posts.ts'

const whole: Filter = { text: 'Bridge', author: 'ada', origin: cityA, since: noon, until: noon + 60_000 }

test('a filter as a query, and back', () => {
  assert.deepEqual(filterQuery(noFilter), {})
  assert.deepEqual(filterFrom(new URLSearchParams(filterQuery(whole))), whole)
  assert.deepEqual(filterFrom(new URLSearchParams('since=soon&q=')), noFilter)
  assert.equal(filterQuery({ ...noFilter, text: 'x'.repeat(200) }).q?.length, 100)
  assert.equal(isFiltered(noFilter), false)
  for (const [field, value] of Object.entries(whole)) assert.ok(isFiltered({ ...noFilter, [field]: value }), field)
})

test('live posts are judged as the server does', () => {
  const post = feedPost(1, { text: 'The BRIDGE is closed', author: { name: 'Ada' } })
  assert.ok(isWanted(post, whole) && isWanted(post, noFilter) && isWanted(post, { ...noFilter, text: 'ADA' }))
  const others: Partial<Filter>[] = [
    ...[{ text: 'road' }, { author: 'bob' }, { origin: cityB }, { since: noon + 5000 }, { until: noon - 1 }],
  ]
  for (const other of others) assert.ok(!isWanted(post, { ...whole, ...other }), JSON.stringify(other))
})

test('what was looked for is marked in a text', () => {
  assert.deepEqual(markedPieces('a Bridge, bridges', 'bridge'), ['a ', 'Bridge', ', ', 'bridge', 's'])
  assert.deepEqual(markedPieces('plain', ''), ['plain'])
  assert.deepEqual(markedPieces('İstanbul', 'i'), ['İstanbul'])
})

test('times of input fields', () => {
  assert.equal(parseStamp('2026-11-26T12:00', 'utc'), noon)
  assert.equal(parseStamp('2026-11-26T12:00:30', 'utc'), noon + 30_000)
  for (const zone of ['utc', 'local'] as const) assert.equal(parseStamp(inputStamp(noon, zone), zone), noon)
  assert.equal(parseStamp('', 'utc'), null)
  assert.equal(inputStamp(null, 'utc'), '')
})
