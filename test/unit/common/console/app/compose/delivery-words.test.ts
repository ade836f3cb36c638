// How far a post has come: the sum of it, and when it is worth another look.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { askAgainMs, deliverySummary, stateOrder, stateWords } from '#common/console/app/compose/delivery-words.ts'
import type { DeliveryState } from '#common/network.ts'

const of = (...states: DeliveryState[]) => ({ cities: states.map((state, i) => ({ id: `${i}`, name: `${i}`, state })) })

test('the sum counts whoever may have it', () => {
  assert.equal(deliverySummary(of()), '')
  assert.equal(deliverySummary(of('kept-out')), '')
  assert.equal(deliverySummary(of('away')), '0 of 1 city has it')
  assert.equal(deliverySummary(of('on-air', 'away', 'kept-out')), '1 of 2 cities has it, 1 on air')
  assert.equal(
    deliverySummary(of('on-air', 'stored', 'waiting', 'passed', 'under-way')),
    '4 of 5 cities have it, 1 on air, 1 waits for air',
  )
})

test('the sum is a sentence', () => {
  assert.equal(deliverySummary(of('waiting', 'waiting')), '2 of 2 cities have it, 2 wait for air')
})

test('every state has its words, and shapes that tell good from poor without colour', () => {
  assert.deepEqual([...stateOrder].sort(), Object.keys(stateWords).sort())
  const shapes = Object.values(stateWords).map(({ shape }) => shape)
  assert.equal(new Set(shapes).size, shapes.length)
})

test('it is asked for often while it moves, seldom while somebody is away, and no more when all is done', () => {
  assert.equal(askAgainMs(undefined, 0), 2000)
  assert.equal(askAgainMs(of('stored'), 1000), 2000)
  assert.equal(askAgainMs(of('stored', 'on-air', 'passed', 'kept-out'), 60_000), undefined)
  assert.equal(askAgainMs(of('stored', 'under-way'), 60_000), 2000)
  assert.equal(askAgainMs(of('waiting'), 60_000), 10_000)
  assert.equal(askAgainMs(of('away', 'on-air'), 60_000), 10_000)
  assert.equal(askAgainMs(undefined, 60_000), 10_000)
  assert.equal(askAgainMs(of('away'), 2 * 3_600_000), undefined)
})
