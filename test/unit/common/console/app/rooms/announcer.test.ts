// What is said of new posts to who listens to the page: soon after a quiet time, seldom in a busy room.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { newsWords, sayInMs } from '#common/console/app/rooms/announcer.ts'

const now = Date.UTC(2026, 10, 26, 12)

test('a post after a quiet time is said within seconds, by its text', () => {
  assert.ok(sayInMs(0, now) <= 3000)
  assert.ok(sayInMs(now - 60_000, now) <= 3000)
  assert.equal(newsWords(1, 'Ada, Denver', 'all well'), 'Ada, Denver: all well')
})

test('in a busy room there are 20 s of silence between two words, and posts are counted', () => {
  assert.equal(sayInMs(now - 1000, now), 19_000)
  assert.equal(newsWords(12, 'Ada, Denver', 'all well'), '12 new posts, the last by Ada, Denver')
})
