// What may happen to a post of this browser: every way ends stored, refused, or with a next try.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  afterTry,
  dueAt,
  firstOfEachRoom,
  type Outcome,
  type OwnPost,
  queuedPost,
  retryMsMax,
  triedAnew,
} from '#common/console/app/compose/own-post.ts'

const draft = { room: 'main', author: 'Net', text: 'Check in' }
const trouble = { code: 'no_answer', message: 'no' }
const later: Outcome = { kind: 'later', trouble, retryAfterMs: 0 }
const stored: Outcome = { kind: 'stored', guid: 'g', offset: 7 }
const refused: Outcome = { kind: 'refused', trouble: { code: 'bad_text', message: 'text must not be empty' } }

test('a post is due at once, and after failures ever later, up to a limit', () => {
  let post = queuedPost(draft, 'k', { at: 1000, chance: 0 })
  assert.equal(dueAt(post, 1000), 1000)
  const waits = Array.from({ length: 40 }, (_, i) => {
    post = afterTry(post, later, { at: 1000, chance: 1 - 2 ** -20 })
    assert.ok(post.sending.state === 'queued' && post.sending.tries === i + 1)
    return Math.round((dueAt(post, 1000) ?? 0) - 1000)
  })
  assert.deepEqual(waits.slice(0, 7), [1000, 2000, 4000, 8000, 16_000, 30_000, 30_000])
  assert.equal(waits.at(-1), retryMsMax)
})

test('a server that says when to come back is not asked before', () => {
  const post = queuedPost(draft, 'k', { at: 0, chance: 0 })
  assert.equal(dueAt(afterTry(post, { ...later, retryAfterMs: 45_000 }, { at: 10, chance: 0 }), 10), 45_010)
  assert.equal(dueAt(afterTry(post, { ...later, retryAfterMs: 1e12 }, { at: 10, chance: 0 }), 10), 300_010)
})

test('a clock that was set back holds nothing up', () => {
  const post = queuedPost(draft, 'k', { at: 1_790_000_000_000, chance: 0 })
  assert.equal(dueAt(post, 1_700_000_000_000), 1_700_000_000_000)
})

test('what is refused is tried again only when somebody asks for it; what is stored never', () => {
  const post = queuedPost(draft, 'k', { at: 0, chance: 0 })
  const isRefused = afterTry(post, refused, { at: 1, chance: 0 })
  assert.equal(dueAt(isRefused, 1), undefined)
  assert.equal(dueAt(triedAnew(isRefused, { at: 2, chance: 0 }), 2), 2)
  const isStored = afterTry(post, stored, { at: 3, chance: 0 })
  assert.deepEqual(isStored.sending, { state: 'stored', guid: 'g', offset: 7, storedAt: 3 })
  assert.equal(triedAnew(isStored, { at: 4, chance: 0 }), isStored)
})

test('whatever comes, in whatever order: the words and the key stay, and what is stored stays stored', () => {
  const outcomes = fc.constantFrom(later, stored, refused, { ...later, retryAfterMs: 5000 }, 'anew' as const)
  fc.assert(
    fc.property(fc.array(fc.tuple(outcomes, fc.nat(1e6))), steps => {
      let post: OwnPost = queuedPost(draft, 'k', { at: 0, chance: 0.5 })
      let wasStored = false
      for (const [outcome, at] of steps) {
        const now = { at, chance: 0.5 }
        post = outcome === 'anew' ? triedAnew(post, now) : afterTry(post, outcome, now)
        assert.ok(!wasStored || post.sending.state === 'stored')
        wasStored = post.sending.state === 'stored'
        const { key, room, author, text } = post
        assert.deepEqual({ key, room, author, text }, { key: 'k', ...draft })
      }
    }),
  )
})

test('each room has its own order, and none waits for another', () => {
  const post = (room: string, at: number) => queuedPost({ ...draft, room }, `${room}${at}`, { at, chance: 0 })
  const refusedOne = afterTry(post('a', 0), refused, { at: 1, chance: 0 })
  const posts = [refusedOne, post('a', 1), post('b', 2), post('a', 3)]
  assert.deepEqual(
    firstOfEachRoom(posts).map(({ key }) => key),
    ['a1', 'b2'],
  )
})
