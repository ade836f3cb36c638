// How a log answers a reader that comes back with a cursor.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type Cursor, cursorSchema, type History, newEpoch, sameCursor, startFor } from '#common/cursor.ts'

const [current, ended, unknown] = ['C'.repeat(16), 'E'.repeat(16), 'U'.repeat(16)]
const history: History = { epoch: current, first: 1, head: 10, ended: new Map([[ended, 6]]) }
const trimmed: History = { ...history, first: 8 }

for (const [name, cursor, past, want] of [
  ['no cursor', null, history, { after: 0, known: false }],
  ['an unknown epoch', { epoch: unknown, offset: 4 }, history, { after: 0, known: false }],
  ['the current epoch', { epoch: current, offset: 4 }, history, { after: 4, known: true }],
  ['the head', { epoch: current, offset: 10 }, history, { after: 10, known: true }],
  [
    'ahead of the head',
    { epoch: current, offset: 12 },
    history,
    { after: 10, known: true, lost: { from: 11, to: 12 } },
  ],
  ['an ended epoch, before its end', { epoch: ended, offset: 5 }, history, { after: 5, known: true }],
  ['an ended epoch, at its end', { epoch: ended, offset: 6 }, history, { after: 6, known: true }],
  [
    'an ended epoch, behind its end',
    { epoch: ended, offset: 9 },
    history,
    { after: 6, known: true, lost: { from: 7, to: 9 } },
  ],
  ['no cursor, trimmed', null, trimmed, { after: 7, known: false, trimmed: { from: 1, to: 7 } }],
  ['a trimmed place', { epoch: current, offset: 4 }, trimmed, { after: 7, known: true, trimmed: { from: 5, to: 7 } }],
  ['the last trimmed place', { epoch: current, offset: 7 }, trimmed, { after: 7, known: true }],
  [
    'lost and trimmed',
    { epoch: ended, offset: 9 },
    trimmed,
    { after: 7, known: true, lost: { from: 7, to: 9 }, trimmed: { from: 7, to: 7 } },
  ],
] as const) {
  test(`startFor: ${name}`, () => assert.deepEqual(startFor(cursor, past), want))
}

test('startFor never goes on before the first kept entry nor behind the head, and every hole is told', () => {
  const offset = fc.integer({ min: 0, max: 40 })
  const cursorArbitrary: fc.Arbitrary<Cursor | null> = fc.oneof(
    fc.constant(null),
    fc.record({ epoch: fc.constantFrom(current, ended, unknown), offset }),
  )
  fc.assert(
    fc.property(cursorArbitrary, offset, offset, offset, (cursor, a, b, end) => {
      const [kept, head] = a <= b ? [a, b] : [b, a]
      const past = { epoch: current, first: kept + 1, head, ended: new Map([[ended, Math.min(end, head)]]) }
      checkStart(cursor, past)
    }),
  )
})

function checkStart(cursor: Cursor | null, past: History): void {
  const { after, known, lost, trimmed: hole } = startFor(cursor, past)
  assert.ok(after >= past.first - 1 && after <= past.head)
  if (cursor === null || !known) {
    assert.equal(lost, undefined)
    assert.equal(after, past.first - 1)
    return
  }
  // What the reader has, less what was lost, then the trimmed hole, leads without a step missed to where it goes on.
  const has = (lost?.from ?? cursor.offset + 1) - 1
  assert.equal((hole?.from ?? has + 1) - 1, has)
  assert.equal(hole?.to ?? has, after)
  assert.equal(lost?.to ?? cursor.offset, cursor.offset)
}

test('epochs are 16 characters, new each time, and fit the schema', () => {
  const epochs = new Set(Array.from({ length: 100 }, newEpoch))
  assert.equal(epochs.size, 100)
  for (const epoch of epochs) assert.deepEqual(cursorSchema.parse({ epoch, offset: 0 }), { epoch, offset: 0 })
  for (const bad of [
    { epoch: 'short', offset: 1 },
    { epoch: current, offset: -1 },
    { epoch: current, offset: 0.5 },
    null,
  ])
    assert.equal(cursorSchema.safeParse(bad).success, false)
})

test('sameCursor tells null, epochs and offsets apart', () => {
  const a = { epoch: current, offset: 1 }
  assert.equal(sameCursor(null, null), true)
  assert.equal(sameCursor(a, { ...a }), true)
  for (const b of [null, { ...a, offset: 2 }, { ...a, epoch: ended }]) {
    assert.equal(sameCursor(a, b), false)
    assert.equal(sameCursor(b, a), false)
  }
})
