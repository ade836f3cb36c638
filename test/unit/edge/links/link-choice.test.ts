// Of two links that cross, both ends keep the same one; whoever has lost a link without a word gets a new one.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { keepsCurrent } from '#edge/links/link-choice.ts'

/** What A and B keep, each of what it sees: the link that A has dialled, or the one that B has. */
function crossed(aId: string, bId: string, order: { a: 'a' | 'b'; b: 'a' | 'b' }, ageMs = 100) {
  const seen = (own: 'a' | 'b', first: 'a' | 'b') => {
    const direction = (dialler: 'a' | 'b') => (dialler === own ? 'out' : 'in') as 'out' | 'in'
    const second = first === 'a' ? 'b' : 'a'
    const ids = own === 'a' ? { ownId: aId, peerId: bId } : { ownId: bId, peerId: aId }
    const current = { direction: direction(first), boot: '1', ageMs }
    return keepsCurrent(current, { direction: direction(second), boot: '1' }, ids) ? first : second
  }
  return [seen('a', order.a), seen('b', order.b)]
}

test('in whatever order the two links come up, both ends keep the one dialled by the smaller id', () => {
  for (const a of ['a', 'b'] as const) {
    for (const b of ['a', 'b'] as const) {
      assert.deepEqual(crossed('AAA', 'BBB', { a, b }), ['a', 'a'])
      assert.deepEqual(crossed('BBB', 'AAA', { a, b }), ['b', 'b'])
    }
  }
})

const ids = { ownId: 'AAA', peerId: 'BBB' }

test('a link that has lived is replaced: its other end would not dial if it knew of it', () => {
  assert.equal(keepsCurrent({ direction: 'out', boot: '1', ageMs: 29_999 }, { direction: 'in', boot: '1' }, ids), true)
  assert.equal(keepsCurrent({ direction: 'out', boot: '1', ageMs: 30_000 }, { direction: 'in', boot: '1' }, ids), false)
})

test('a link dialled by the same end, or by another process of it, is a new one', () => {
  assert.equal(keepsCurrent({ direction: 'in', boot: '1', ageMs: 1 }, { direction: 'in', boot: '1' }, ids), false)
  assert.equal(keepsCurrent({ direction: 'out', boot: '1', ageMs: 1 }, { direction: 'in', boot: '2' }, ids), false)
})
