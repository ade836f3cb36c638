// How a city is, in words: the worst first, and nothing of what a silent city said before.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { findingsOf, levels, stateOf } from '#common/console/app/network/state.ts'
import type { City } from '#common/network.ts'
import { silentMinutes } from '#common/trouble-limits.ts'
import { cityOf, netOf, radioOf, sampleAt, selfOf } from '#test/support/network-sample.ts'

const radio = (of: Parameters<typeof radioOf>[0]): Partial<City> => ({ self: selfOf({ radio: radioOf(of) }) })
const silentAfterMs = silentMinutes * 60_000
const gone = { connected: false, latencyMs: null }

for (const [name, city, level, word] of [
  ['linked', {}, 'ok', 'well'],
  ['without a report', { self: null, reportedAt: null }, 'ok', 'well'],
  ['without a radio', { self: selfOf({ radio: null }) }, 'ok', 'well'],
  ['two machines with one identity', { cloned: true }, 'bad', 'cloned'],
  ['revoked', { standing: 'revoked', ...gone }, 'off', 'revoked'],
  ['pending', { standing: 'pending', ...gone }, 'ask', 'asks to join'],
  ['approved before it came', { ...gone, lastSeenAt: null }, 'off', 'never here'],
  [
    'of an edge: a hub that has refused it so far',
    { ...gone, lastSeenAt: null, why: 'not yet approved' },
    'warn',
    'away',
  ],
  ['gone a moment ago', { ...gone, lastSeenAt: sampleAt - silentAfterMs + 1 }, 'warn', 'away'],
  ['gone for a while', { ...gone, lastSeenAt: sampleAt - silentAfterMs }, 'bad', 'silent'],
  ['radio unplugged', radio({ state: 'closed' }), 'bad', 'no radio'],
  ['radio not there yet', radio({ state: 'opening' }), 'bad', 'no radio'],
  ['three fifths of the air', radio({ budgetUsed: 0.6 }), 'warn', 'air scarce'],
  ['less of the air', radio({ budgetUsed: 0.599 }), 'ok', 'well'],
  ['nearly all that posts may use', radio({ budgetUsed: 0.74 }), 'warn', 'air scarce'],
  ['all that posts may use', radio({ budgetUsed: 0.75 }), 'bad', 'air used up'],
  [
    'packets that do not fit in the air that is left',
    radio({ budgetUsed: 0.72, budgetSeconds: 36 }),
    'bad',
    'air used up',
  ],
  ['clock an hour behind', { self: selfOf({ systemOffMs: 3_600_000 }) }, 'warn', 'clock'],
  ['a minute late', { backlog: 12, lagSeconds: 60 }, 'warn', 'late'],
  ['a backlog that is young', { backlog: 12, lagSeconds: 59 }, 'ok', 'well'],
  ['most of the line', { bytesToday: 80, wanCapBytes: 100 }, 'warn', 'line quota'],
  ['certificate of 30 days', { self: selfOf({ certificateDays: 30 }) }, 'warn', 'certificate'],
  ['certificate that has ended', { self: selfOf({ certificateDays: -1 }) }, 'bad', 'certificate'],
] as const) {
  test(`${name}: ${word}`, () => {
    const state = stateOf(cityOf(1, city), sampleAt)
    assert.deepEqual([state.level, state.word], [level, word])
  })
}

test('a refused link is told with the name of its other end', () => {
  const links = [{ id: 'x', name: 'City B', role: 'edge', state: 'refused', latencyMs: null, toSend: 3 }] as const
  assert.match(stateOf(cityOf(1, { self: selfOf({ links: [...links] }) }), sampleAt).text, /"City B"/)
})

test('an edge says why a server is not linked; of a city that was let in and waits it is said that it comes by itself', () => {
  const textOf = (city: Partial<City>) => {
    const { text, advice = '' } = stateOf(cityOf(1, { ...gone, ...city }), sampleAt)
    return `${text} ${advice}`
  }
  const why = 'not yet approved at this hub'
  assert.match(textOf({ lastSeenAt: null, why }), /^Not linked so far: not yet approved at this hub\. .*kept here/)
  assert.match(textOf({ lastSeenAt: sampleAt - 60_000, why }), /^Not linked for 1 min: not yet/)
  assert.match(textOf({ lastSeenAt: sampleAt - 60_000 }), /^Not linked for 1 min\. .*There: meshcore-room doctor/)
  assert.match(textOf({ lastSeenAt: null, standing: 'approved' }), /comes by itself/)
})

test('a clock that is behind needs time added', () => {
  const textOf = (systemOffMs: number) => stateOf(cityOf(1, { self: selfOf({ systemOffMs }) }), sampleAt).text
  assert.equal(textOf(3_600_000), 'Its clock is 1 h 0 min behind.')
  assert.equal(textOf(-3_600_000), 'Its clock is 1 h 0 min ahead.')
})

test('several faults stand in the order of their urgency', () => {
  const self = selfOf({ systemOffMs: 400_000, radio: radioOf({ state: 'closed' }) })
  const words = findingsOf(cityOf(1, { self, backlog: 1, lagSeconds: 90 }), sampleAt).map(finding => finding.word)
  assert.deepEqual(words, ['no radio', 'late', 'clock'])
})

test('what a city said before it went silent is no fault of today', () => {
  const city = cityOf(1, { ...gone, lastSeenAt: sampleAt - 3_600_000, ...radio({ state: 'closed' }) })
  assert.deepEqual(
    findingsOf(city, sampleAt).map(finding => finding.word),
    ['silent'],
  )
})

test('a net has cities at every level, and every finding is a sentence', () => {
  const findings = netOf(80).cities.flatMap(city => findingsOf(city, sampleAt))
  assert.deepEqual(new Set(findings.map(finding => finding.level)), new Set(levels))
  for (const { text } of findings) assert.match(text, /^[A-Z0-9].*[^.]$|^[A-Z0-9].*\.$/)
})

test('what the clock lacks to the time of the net is behind, and what it has more is ahead', () => {
  const textOf = (systemOffMs: number) => stateOf(cityOf(1, { self: selfOf({ systemOffMs }) }), sampleAt).text
  assert.match(textOf(3_600_000), /1 h 0 min behind/)
  assert.match(textOf(-3_600_000), /1 h 0 min ahead/)
})
