// What the server's answers mean for a post: stored, refused, or to be tried again.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { adviceOn, outcomeOf, outcomeOfError, unreachable } from '#common/console/app/compose/post-outcome.ts'
import { ApiError } from '#common/console/app/server/api.ts'

const refusal = (status: number, code: string, retryAfterMs = 0) =>
  outcomeOfError(new ApiError('why', { status, code, retryAfterMs }))

test('a post is stored only when the server says which', () => {
  const body = { room: 'main', guid: 'g', offset: 3, duplicate: true }
  assert.deepEqual(outcomeOf(body), { kind: 'stored', guid: 'g', offset: 3 })
  for (const bad of [undefined, null, '<html>', {}, { guid: 'g' }, []]) assert.equal(outcomeOf(bad).kind, 'later')
})

test('what would be refused again is refused; the rest is tried again', () => {
  for (const [status, code] of [
    [400, 'bad_text'],
    [403, 'forbidden'],
    [403, 'blocked'],
    [404, 'unknown_room'],
    [413, 'too_large'],
    [422, 'key_reused'],
  ] as const)
    assert.deepEqual(refusal(status, code), { kind: 'refused', trouble: { code, message: 'why' } })
  for (const [status, code] of [
    [0, 'no_answer'],
    [401, 'unauthorized'],
    [421, 'other_server'],
    [429, 'too_many_posts'],
    [503, 'store_unavailable'],
    [500, 'internal'],
    // Of a proxy or a hotspot.
    [403, 'failed'],
    [404, 'failed'],
  ] as const)
    assert.deepEqual(refusal(status, code), { kind: 'later', trouble: { code, message: 'why' }, retryAfterMs: 0 })
})

test('when to come back is kept', () => {
  const outcome = refusal(429, 'too_many_posts', 12_000)
  assert.ok(outcome.kind === 'later' && outcome.retryAfterMs === 12_000)
})

test('every trouble says what to do, or at least what is wrong', () => {
  assert.ok(unreachable.kind === 'later')
  assert.match(adviceOn(unreachable.trouble), /No connection/)
  assert.match(adviceOn({ code: 'unauthorized', message: 'x' }), /Sign in/)
  assert.equal(adviceOn({ code: 'bad_text', message: 'text must not be empty' }), 'Text must not be empty.')
})
