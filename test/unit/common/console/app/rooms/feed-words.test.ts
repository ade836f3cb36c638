import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  clockText,
  dayWords,
  delayOf,
  delayWords,
  stampText,
  startOfDay,
  timeWords,
  zoneText,
} from '#common/console/app/rooms/feed-words.ts'
import { noon } from '#test/support/feed-posts.ts'

const dayMs = 86_400_000

test('how late a post came', () => {
  const words = (ms: number) => delayWords(delayOf({ at: noon, receivedAt: noon + ms }))
  assert.deepEqual([-3000, 0, 4000].map(words), ['', '', ''])
  assert.equal(words(12_000), '+12 s')
  assert.equal(words(15 * 60_000), '15 min late')
  assert.equal(words(-40_000), 'clock 40 s ahead')
  assert.equal(delayOf({ at: noon, receivedAt: noon + 60_000 }).kind, 'late')
})

test('times in UTC', () => {
  assert.equal(stampText(noon + 9000, 'utc'), '2026-11-26 12:00:09')
  assert.equal(zoneText(noon, 'utc'), 'UTC')
  assert.equal(startOfDay(noon, 'utc', 1), Date.UTC(2026, 10, 27))
  assert.equal(timeWords(noon - dayMs, noon, 'utc'), '25 Nov 12:00')
  assert.equal(timeWords(noon - 60_000, noon, 'utc'), '11:59')
})

test('local times are those of the machine', () => {
  const date = new Date(noon)
  assert.equal(clockText(noon, 'local'), date.toTimeString().slice(0, 5))
  assert.equal(startOfDay(noon, 'local'), new Date(date.getFullYear(), date.getMonth(), date.getDate()).getTime())
  assert.match(zoneText(noon, 'local'), /^UTC([+-]\d\d:\d\d)?$/)
})

test('days by their names', () => {
  const words = (at: number) => dayWords(at, noon, 'utc')
  assert.equal(words(noon - 1), 'Today')
  assert.equal(words(noon - dayMs), 'Yesterday')
  assert.equal(words(noon - 3 * dayMs), 'Monday 23 November')
  assert.equal(words(noon - 365 * dayMs), 'Wednesday 26 November 2025')
})
