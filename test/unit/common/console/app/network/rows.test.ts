// Sorting and filtering of the table, and the picture that answers with changes keep true.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { hasHoles, merged } from '#common/console/app/network/merge.ts'
import { columns, countsOf, firstView, levelsIn, rowsOf, shownRows } from '#common/console/app/network/rows.ts'
import { urgency } from '#common/console/app/network/state.ts'
import type { Network } from '#common/network.ts'
import { cityOf, hubServer, idOf, netOf, sampleAt } from '#test/support/network-sample.ts'

const net = netOf(500)
const rows = rowsOf(net.cities, sampleAt)
const namesOf = (view: Partial<typeof firstView>) =>
  shownRows(rows, { ...firstView, ...view }).map(row => row.city.name)

test('at first the most urgent are on top, and within one level names count as people count', () => {
  const shown = shownRows(rows, firstView)
  const order = shown.map(row => urgency(row.state.level))
  assert.deepEqual(
    order,
    [...order].sort((a, b) => a - b),
  )
  const first = shown.filter(row => row.state.level === 'ok').map(row => row.city.name)
  assert.ok(first.indexOf('Aspen 3') < first.indexOf('Aspen 11'))
})

test('every column sorts both ways, and what is not known stays last', () => {
  for (const column of columns) {
    const up = shownRows(rows, { ...firstView, column })
    const down = shownRows(rows, { ...firstView, column, isDescending: true })
    assert.equal(new Set([...up, ...down]).size, rows.length, column)
  }
  const unknown = shownRows(rows, { ...firstView, column: 'latency', isDescending: true }).at(-1)
  assert.equal(unknown?.city.connected, false)
})

test('words are looked for together, in name, id, address, room, version and state', () => {
  const golden = namesOf({ text: 'GOLDEN  front' })
  assert.ok(golden.length > 40 && golden.every(name => name.startsWith('Golden')))
  assert.deepEqual(namesOf({ text: idOf(17) }), [net.cities[16]?.name])
  assert.ok(namesOf({ text: 'silent' }).length > 5)
  assert.equal(namesOf({ text: 'FRONTRANGE 0.1.0' }).length > 400, true)
  assert.deepEqual(namesOf({ text: 'golden nowhere' }), [])
})

test('levels filter, and their counts are those of all cities', () => {
  const counts = countsOf(rows)
  assert.equal(namesOf({ levels: ['bad', 'ask'] }).length, counts.bad + counts.ask)
  assert.equal(
    Object.values(counts).reduce((sum, one) => sum + one),
    500,
  )
  assert.deepEqual(levelsIn({ bad: 1, ask: 0, warn: 0, ok: 2, off: 0 }), ['bad', 'ok'])
})

test('an answer with what has changed leaves all other cities the same objects', () => {
  const changed = { ...cityOf(3), name: 'Zenith' }
  const next = merged(net, { ...net, at: net.at + 2000, cities: [changed] })
  assert.equal(next.cities.length, 500)
  assert.equal(next.cities.at(-1), changed)
  assert.equal(next.cities.filter(city => net.cities.includes(city)).length, 499)
  assert.equal(next.at, net.at + 2000)
})

test('an answer in which nothing has changed keeps the very list', () => {
  const known = merged(net, { ...net, cities: [] })
  assert.equal(merged(known, { ...net, at: net.at + 1, cities: [] }).cities, known.cities)
})

test('a city that is gone goes, and one that nobody has told of is a hole', () => {
  const ids = net.ids.slice(1)
  assert.equal(merged(net, { ...net, ids, cities: [] }).cities.length, 499)
  assert.equal(hasHoles(merged(net, { ...net, cities: [] })), false)
  assert.equal(hasHoles(merged(net, { ...net, ids: [...ids, idOf(9999)], cities: [] })), true)
})

test('the answer of another server begins anew', () => {
  const other = { ...netOf(2), server: { ...hubServer, id: idOf(77) } }
  assert.equal(merged(net, other), other)
})

test('whatever changes come, the picture is that of a full answer', () => {
  const step = fc.array(fc.tuple(fc.integer({ min: 1, max: 12 }), fc.nat(3)), { maxLength: 6 })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 8 }), steps => {
      const truth = new Map<string, ReturnType<typeof cityOf>>()
      let seen: Network | undefined
      steps.forEach((changes, at) => {
        const touched = new Map(changes.map(([index, kind]) => [idOf(index), { index, kind }]))
        for (const [id, { index, kind }] of touched) {
          if (kind === 0) truth.delete(id)
          else truth.set(id, cityOf(index, { backlog: at * 10 + kind }))
        }
        const cities = [...truth.values()].filter(city => touched.has(city.id) || seen === undefined)
        seen = merged(seen, { at, server: hubServer, cities, ids: [...truth.keys()], names: {} })
        const byId = (a: { id: string }, b: { id: string }) => (a.id < b.id ? -1 : 1)
        assert.deepEqual([...seen.cities].sort(byId), [...truth.values()].sort(byId))
      })
    }),
  )
})
