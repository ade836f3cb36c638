// Values of a city in a table's words, and the window of rows that is drawn.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { measures } from '#common/console/app/network/measures.ts'
import { windowOf } from '#common/console/app/network/rows.ts'
import {
  backlogWords,
  briefWords,
  certificateWords,
  latencyWords,
  linksWords,
  radioWords,
  seenWords,
  versionWords,
} from '#common/console/app/network/words.ts'
import { cityOf, idOf, radioOf, sampleAt, selfOf } from '#test/support/network-sample.ts'

test('lengths of time are brief', () => {
  const lengths = [400, 59_000, 61_000, 3_600_000, 47 * 3_600_000, 48 * 3_600_000]
  assert.deepEqual(lengths.map(briefWords), ['0 s', '59 s', '1 min', '1 h', '47 h', '2 days'])
})

test('what is not known is a dash', () => {
  assert.deepEqual([latencyWords(null), backlogWords(cityOf(1, { backlog: null })), versionWords('')], ['–', '–', '–'])
})

test('no latency is nothing', () => {
  assert.deepEqual([0, 0.04, 0.96, 1].map(latencyWords), ['< 1 ms', '< 1 ms', '< 1 ms', '1 ms'])
  assert.equal(measures.latencyMs.words(0), '< 1 ms')
})

test('latency, backlog, version and the last sight', () => {
  assert.deepEqual(
    [latencyWords(8.44), latencyWords(120.6), versionWords('meshcore-room/0.1.0')],
    ['8 ms', '121 ms', '0.1.0'],
  )
  assert.equal(backlogWords(cityOf(1, { backlog: 12, lagSeconds: 200 })), '12 (3 min)')
  const gone = { connected: false, lastSeenAt: sampleAt - 7_200_000 }
  assert.equal(seenWords(cityOf(1, gone), sampleAt), '2 h ago')
  assert.equal(seenWords(cityOf(1, { connected: false, lastSeenAt: null }), sampleAt), 'never')
  assert.deepEqual(
    [idOf(2), idOf(1)].map(here => seenWords(cityOf(1), sampleAt, here)),
    ['linked', 'here'],
  )
})

test('radio, links and certificate, as a city has told of them; while it is away nobody knows the first two', () => {
  const link = { id: idOf(2), name: 'B', role: 'edge', latencyMs: null, toSend: 0 } as const
  const links = (['connected', 'standby', 'waiting', 'refused'] as const).map(state => ({ ...link, state }))
  const wordsOf = (facts: Parameters<typeof cityOf>[1]) => {
    const city = cityOf(1, facts)
    return [radioWords(city), linksWords(city), certificateWords(city)]
  }
  assert.deepEqual(wordsOf({ self: selfOf({ links, certificateDays: 9 }) }), ['ready', '2 of 4', '9 days'])
  const gone = selfOf({ radio: radioOf({ state: 'closed' }), certificateDays: null })
  assert.deepEqual(wordsOf({ self: gone }), ['gone', '0 of 0', '–'])
  assert.deepEqual(wordsOf({ self: selfOf({ radio: null, certificateDays: 1 }) }), ['none', '0 of 0', '1 day'])
  assert.deepEqual(wordsOf({ connected: false }), ['–', '–', '300 days'])
  assert.deepEqual(wordsOf({ self: null }), ['–', '–', '–'])
})

test('rows in sight are drawn with some around them, and never more than there are', () => {
  assert.deepEqual(windowOf(500, 44, { top: 4400, height: 440 }), { first: 94, end: 116 })
  assert.deepEqual(windowOf(500, 44, { top: 0, height: 440 }), { first: 0, end: 16 })
  assert.deepEqual(windowOf(3, 44, { top: 4400, height: 440 }), { first: 3, end: 3 })
})
