// What was acknowledged in a browser stays so, in all its tabs, and the first visit does not ask about what is over.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { firstAcks, isAcked, joinAcks, parseAcks, withAcks } from '#common/console/app/alerts/acks.ts'

const alert = (n: number) => ({ n })

test('at the first visit only what is not over asks', () => {
  const all = [1, 2, 3, 4, 5].map(alert)
  const acks = firstAcks(all, [2, 4].map(alert))
  assert.deepEqual(
    all.filter(({ n }) => !isAcked(acks, n)).map(({ n }) => n),
    [2, 4],
  )
  assert.ok(!isAcked(acks, 6))
  assert.deepEqual(firstAcks(all, []), { upTo: 5, also: [] })
  assert.deepEqual(firstAcks([], []), { upTo: 0, also: [] })
})

test('some, and of two tabs what either has', () => {
  const numbers = fc.array(fc.integer({ min: 1, max: 60 }), { maxLength: 30 })
  const some = fc.record({ upTo: fc.integer({ min: 0, max: 60 }), more: numbers })
  const of = ({ upTo, more }: { upTo: number; more: number[] }) => withAcks({ upTo, also: [] }, more)
  fc.assert(
    fc.property(some, some, (a, b) => {
      const both = joinAcks(of(a), of(b))
      for (let n = 1; n <= 61; n += 1) assert.equal(isAcked(both, n), isAcked(of(a), n) || isAcked(of(b), n))
      assert.deepEqual(parseAcks(JSON.stringify(both)), both)
    }),
  )
})

test('what somebody else has written there counts as nothing', () => {
  for (const text of [null, '', 'x', '[]', '{}', '{"upTo":"1","also":[]}', '{"upTo":1,"also":{}}', '7'])
    assert.equal(parseAcks(text), undefined, String(text))
  assert.deepEqual(parseAcks('{"upTo":1,"also":[3,"x",4.5]}'), { upTo: 1, also: [3] })
})
