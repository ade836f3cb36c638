// Entries cut into frames: within the limits, nothing left out, nothing twice, and encoded once for all who stand at one place.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Entry } from '#common/post-log.ts'
import { decodeFrame } from '#common/protocol/codec.ts'
import { type FrameOf, postsBytesMax, postsPerFrameMax } from '#common/protocol/frames.ts'
import { cutPostsFrame } from '#common/protocol/posts-frames.ts'
import { fill } from '#test/support/link-by-hand.ts'
import { MemoryLog } from '#test/support/memory-log.ts'

async function logOf(texts: readonly string[]): Promise<{ log: MemoryLog; entries: Entry[] }> {
  const log = new MemoryLog('main')
  for (const text of texts) await fill(log, 1, { text })
  return { log, entries: await log.readAfter(0, 10_000) }
}

function decoded(text: Buffer): FrameOf<'posts'> {
  const frame = decodeFrame(text.toString())
  assert.equal(frame?.t, 'posts')
  return frame as FrameOf<'posts'>
}

const all = () => true

test('any entries, any of them skipped: frames follow each other, within 64 posts and 64 KiB on the wire', async () => {
  const text = fc.constantFrom('short', 'x'.repeat(600), '"'.repeat(600), '漢'.repeat(200), '\n'.repeat(600))
  const entry = fc.tuple(text, fc.boolean())
  await fc.assert(
    fc.asyncProperty(fc.array(entry, { minLength: 1, maxLength: 200 }), async choice => {
      const { log, entries } = await logOf(choice.map(([words]) => words))
      const ships = ({ offset }: Entry) => choice[offset - 1]?.[1] === true
      const place = { epoch: log.head.epoch, told: 0, position: 0 }
      const shipped: unknown[] = []
      while (place.position < entries.length) {
        const frame = cutPostsFrame(log, place, entries.slice(place.position), ships)
        const { after, next, posts, room, epoch } = decoded(frame.text)
        assert.ok(frame.text.length <= postsBytesMax, `${frame.text.length} bytes`)
        assert.ok(posts.length <= postsPerFrameMax)
        assert.deepEqual(
          { after, next, room, epoch },
          { after: place.told, next: frame.next, room: 'main', epoch: place.epoch },
        )
        assert.equal(frame.next, place.position + frame.entries)
        assert.ok(frame.entries > 0)
        assert.equal(frame.posts, posts.length)
        shipped.push(...posts)
        place.told = frame.next
        place.position = frame.next
      }
      const expected = entries.filter(ships).map(({ json }) => JSON.parse(json))
      assert.deepEqual(shipped, expected)
    }),
    { numRuns: 40 },
  )
})

test('64 KiB are bytes, not characters', async () => {
  const { log, entries } = await logOf(Array(64).fill('漢'.repeat(250)))
  const frame = cutPostsFrame(log, { epoch: log.head.epoch, told: 0, position: 0 }, entries, all)
  assert.ok(frame.text.length <= postsBytesMax, `${frame.text.length} bytes`)
  assert.ok(frame.posts > 50)
})

test('a frame with nothing in it moves the cursor', async () => {
  const { log } = await logOf([])
  const frame = cutPostsFrame(log, { epoch: log.head.epoch, told: 3, position: 9 }, [], all)
  assert.deepEqual([frame.posts, frame.entries, frame.next], [0, 0, 9])
  const { after, next, posts } = decoded(frame.text)
  assert.deepEqual([after, next, posts], [3, 9, []])
})

test('links at the same place get the same bytes, others their own', async () => {
  const { log, entries } = await logOf(['a', 'b', 'c'])
  const { epoch } = log.head
  const cut = (place: { told: number; position: number }, ships = all) =>
    cutPostsFrame(log, { epoch, ...place }, entries.slice(place.position), ships).text
  const whole = cut({ told: 0, position: 0 })
  assert.equal(cut({ told: 0, position: 0 }), whole)
  const partly = cut({ told: 0, position: 0 }, (entry?: Entry) => entry?.offset !== 2)
  assert.notEqual(partly, whole)
  assert.equal(decoded(partly).posts.length, 2)
  assert.notEqual(cut({ told: 1, position: 1 }), whole)
  assert.equal(decoded(cut({ told: 0, position: 1 })).after, 0)
})

test('an epoch that has begun meanwhile is not put on posts of the old one', async () => {
  const { log, entries } = await logOf(['a', 'b'])
  const { epoch } = log.head
  log.restore(log.snapshot())
  const frame = cutPostsFrame(log, { epoch, told: 0, position: 0 }, entries, all)
  assert.equal(decoded(frame.text).epoch, epoch)
})
