// What an endpoint's answer means, and how long to wait after it.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { backOffMs, outcomeOf, retryAfterMs } from '#hub/webhooks/answers.ts'

const now = Date.UTC(2026, 0, 1)
const kindOf = (status: number) => outcomeOf(status, undefined, now).kind

test('2xx is delivered', () => {
  for (const status of [200, 201, 202, 204, 299]) assert.equal(kindOf(status), 'delivered')
})

test('only an answer that speaks of the posts themselves is a refusal', () => {
  for (const status of [400, 413, 422]) assert.equal(kindOf(status), 'refused')
  for (const status of [101, 401, 403, 404, 405, 408, 410, 425, 429, 500, 502, 503, 599])
    assert.equal(kindOf(status), 'failed')
})

test('a redirect is a failure that says what to do', () => {
  for (const status of [301, 302, 303, 307, 308])
    assert.deepEqual(outcomeOf(status, undefined, now), {
      kind: 'failed',
      error: `HTTP ${status}: redirects are not followed, url must be the last address`,
    })
})

test('Retry-After in seconds or as a date, within an hour; anything else says nothing', () => {
  assert.equal(retryAfterMs('120', now), 120_000)
  assert.equal(retryAfterMs('999999', now), 3_600_000)
  assert.equal(retryAfterMs('Thu, 01 Jan 2026 00:01:30 GMT', now), 90_000)
  assert.equal(retryAfterMs('Thu, 01 Jan 2027 00:00:00 GMT', now), 3_600_000)
  for (const useless of [undefined, '', '0', '-5', 'soon', '1.5', 'Wed, 31 Dec 2025 00:00:00 GMT'])
    assert.equal(retryAfterMs(useless, now), undefined, useless)
  assert.deepEqual(outcomeOf(503, '7', now), { kind: 'failed', error: 'HTTP 503', retryAfterMs: 7000 })
})

test('the wait doubles from 5 to 10 s up to 5 to 10 minutes', () => {
  const waits = (random: number) => [1, 2, 3, 7, 8, 1000].map(tries => backOffMs(tries, 600_000, () => random))
  assert.deepEqual(waits(0), [5_000, 10_000, 20_000, 300_000, 300_000, 300_000])
  assert.deepEqual(waits(1), [10_000, 20_000, 40_000, 600_000, 600_000, 600_000])
})

test('the wait is never over the limit, and never nothing', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 1e9 }),
      fc.integer({ min: 1000, max: 3_600_000 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (tries, max, random) => {
        const wait = backOffMs(tries, max, () => random)
        return wait >= Math.min(5000, max / 2) && wait <= max
      },
    ),
  )
})
