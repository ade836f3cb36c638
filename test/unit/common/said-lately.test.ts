// What is said again and again is said once an hour, and what strangers make up fills no memory.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SaidLately } from '#common/said-lately.ts'

test('the same is news again after an hour, something else at once', () => {
  let now = 0
  const lately = new SaidLately(10, () => now)
  assert.ok(lately.isNews('a'))
  assert.ok(!lately.isNews('a'))
  assert.ok(lately.isNews('b'))
  now = 3_599_999
  assert.ok(!lately.isNews('a'))
  now = 3_600_000
  assert.ok(lately.isNews('a'))
  assert.ok(!lately.isNews('a'))
})

test('beyond so many the oldest is forgotten', () => {
  const lately = new SaidLately(2, () => 0)
  for (const what of ['a', 'b', 'c']) lately.isNews(what)
  assert.ok(!lately.isNews('b'))
  assert.ok(lately.isNews('a'))
})
