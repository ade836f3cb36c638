// In which week's set a GUID is kept, and for how long.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { liveWeeks, seenWeeks } from '#hub/redis/redis-keys.ts'

const weekMs = 7 * 86_400_000
const retentionMs = 30 * 86_400_000
const now = 3000 * weekMs + 1000

test('a set is kept for as long as its posts are, and is looked at as long as it is kept', () => {
  const { week, nearby, expiresAt } = seenWeeks(now, { retentionMs, now })
  assert.deepEqual([week, nearby], [3000, 2999])
  assert.equal(expiresAt, 3002 * weekMs + retentionMs)
  assert.ok(liveWeeks(expiresAt - 1, retentionMs).includes(week))
})

test('a post of the far future is remembered no longer than one that is a month ahead', () => {
  const month = seenWeeks(now + 5 * weekMs, { retentionMs, now })
  const ages = seenWeeks(now + 1_000_000 * weekMs, { retentionMs, now })
  assert.equal(ages.week, 1_003_000)
  assert.equal(ages.expiresAt, month.expiresAt)
})
