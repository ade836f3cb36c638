// Where the rows of a feed are: what is looked at keeps its place, whatever is measured or comes in.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type Keyed, RowPlaces } from '#common/console/app/rooms/row-places.ts'

const rowsOf = (from: number, to: number): Keyed[] =>
  Array.from({ length: to - from + 1 }, (_, i) => ({ key: `row ${from + i}` }))
/** As a box of 100 pixels shows them, each row 20 high until measured. */
function listOf(rows: Keyed[]) {
  const places = new RowPlaces<Keyed>(() => 20)
  places.setRows(rows)
  places.measured(0, [], 100)
  const settle = () => places.put(places.top)
  settle()
  const scroll = (top: number, boxHeight = 100) => places.look(top, boxHeight)
  return { places, scroll, settle }
}

test('nothing is drawn before the box is measured, then what is in sight and a few around it', () => {
  const places = new RowPlaces<Keyed>(() => 20)
  places.setRows(rowsOf(1, 100))
  assert.deepEqual([places.sight, places.drawn], [undefined, { first: 0, end: 0 }])
  const { places: measured, scroll } = listOf(rowsOf(1, 100))
  scroll(1000)
  assert.deepEqual(
    [measured.sight, measured.drawn],
    [
      { first: 50, end: 55 },
      { first: 42, end: 63 },
    ],
  )
})

test('a list is at its end until somebody scrolls, and again when they are back', () => {
  const { places, scroll, settle } = listOf(rowsOf(1, 10))
  places.setRows(rowsOf(1, 12))
  places.measured(11, [50], 100)
  assert.deepEqual([places.top, places.isAtEnd], [170, true])
  settle()
  scroll(60)
  places.setRows(rowsOf(1, 13))
  assert.deepEqual([places.top, places.isAtEnd], [60, false])
  scroll(180)
  places.setRows(rowsOf(1, 14))
  assert.equal(places.top, 210)
})

test('at the end of a box that has grown or shrunk it is still there, though the browser moves it before it is measured', () => {
  for (const [top, boxHeight] of [
    [50, 150],
    [99, 60],
  ] as const) {
    const { places, scroll } = listOf(rowsOf(1, 10))
    scroll(top, boxHeight)
    places.measured(0, [], boxHeight)
    assert.deepEqual([places.top, places.isAtEnd], [200 - boxHeight, true])
  }
  const { places, scroll } = listOf(rowsOf(1, 10))
  scroll(20, 150)
  places.measured(0, [], 150)
  assert.deepEqual([places.top, places.isAtEnd], [20, false])
})

test('where the box was put is no scrolling, though browsers round it', () => {
  const { places, scroll } = listOf(rowsOf(1, 10))
  places.measured(0, [33.7], 100)
  places.put(113.5)
  scroll(113.5)
  places.setRows(rowsOf(1, 11))
  assert.equal(places.isAtEnd, true)
})

test('a row that is looked for stays in the middle, and rows that are gone hold nothing', () => {
  const { places, scroll } = listOf(rowsOf(10, 40))
  places.holdRow('row 20')
  assert.equal(places.top, 160)
  places.setRows(rowsOf(1, 40))
  assert.equal(places.top, 340)
  places.put(340)
  scroll(350)
  places.setRows(rowsOf(1, 40).filter(({ key }) => key !== 'row 18'))
  assert.equal(places.top, 330)
  places.setRows([])
  assert.deepEqual([places.top, places.sight], [0, { first: 0, end: 0 }])
})

test('rows that come in above, and rows above that turn out higher, do not move what is in sight', () => {
  const heights = fc.array(fc.integer({ min: 5, max: 60 }), { minLength: 1, maxLength: 40 })
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 500 }), fc.integer({ min: 0, max: 30 }), heights, (top, more, measured) => {
      const { places, scroll } = listOf(rowsOf(100, 140))
      scroll(top)
      const first = places.sight?.first ?? 0
      const before = places.topOf(first) - places.top
      const above = Math.min(first, measured.length)
      const rows = rowsOf(100 - more, 140)
      places.setRows(rows)
      places.measured(more + first - above, measured.slice(0, above), 100)
      assert.equal(places.topOf(more + first) - places.top, before)
    }),
  )
})
