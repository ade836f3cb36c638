// The newest entries in memory: contiguous, bounded, and the same as the log.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { LogTail } from '#common/log-tail.ts'
import type { Entry } from '#common/post-log.ts'

function entry(offset: number, length = 10): Entry {
  const post = { guid: `guid ${offset}`, at: 1, json: 'x'.repeat(length) }
  return { ...post, offset, from: 'local', fromEpoch: '', fromOffset: 0, receivedAt: 2 }
}

function entries(from: number, to: number): Entry[] {
  return Array.from({ length: Math.max(0, to - from + 1) }, (_, i) => entry(from + i))
}

function offsets(read: readonly Entry[] | undefined): number[] | undefined {
  return read?.map(e => e.offset)
}

test('a new tail begins at its head and holds nothing', () => {
  const tail = new LogTail(100, 7)
  assert.equal(tail.head, 7)
  assert.deepEqual(tail.readAfter(7, 10), [])
  assert.equal(tail.readAfter(6, 10), undefined)
})

test('readAfter gives at most its limit, and undefined where the tail does not reach back', () => {
  const tail = new LogTail(1_000, 7)
  tail.push(entries(8, 12))
  assert.deepEqual(offsets(tail.readAfter(7, 3)), [8, 9, 10])
  assert.deepEqual(offsets(tail.readAfter(10, 3)), [11, 12])
  assert.deepEqual(offsets(tail.readAfter(12, 3)), [])
  assert.equal(tail.readAfter(6, 3), undefined)
})

test('entries already held are ignored, a hole is refused and leaves the tail as it was', () => {
  const tail = new LogTail(1_000, 0)
  tail.push(entries(1, 3))
  tail.push(entries(2, 4))
  assert.deepEqual(offsets(tail.readAfter(0, 9)), [1, 2, 3, 4])
  assert.throws(() => tail.push([entry(6)]), RangeError)
  assert.equal(tail.head, 4)
})

test('the oldest are dropped beyond the bound, even the newest when it alone is too big', () => {
  const tail = new LogTail(25, 0)
  tail.push(entries(1, 4))
  assert.equal(tail.readAfter(1, 9), undefined)
  assert.deepEqual(offsets(tail.readAfter(2, 9)), [3, 4])
  tail.push([entry(5, 26)])
  assert.equal(tail.readAfter(4, 9), undefined)
  assert.deepEqual(tail.readAfter(5, 9), [])
})

test('reset forgets everything and goes on after another head', () => {
  const tail = new LogTail(1_000, 0)
  tail.push(entries(1, 4))
  tail.reset(2)
  assert.equal(tail.head, 2)
  assert.equal(tail.readAfter(1, 9), undefined)
  tail.push([entry(3)])
  assert.deepEqual(offsets(tail.readAfter(2, 9)), [3])
})

test('any pushes: a read is what the log holds there, the bound holds, and the newest that fit are there', () => {
  const pushes = fc.array(fc.array(fc.integer({ min: 1, max: 40 }), { maxLength: 30 }), { maxLength: 150 })
  fc.assert(
    fc.property(pushes, fc.integer({ min: 10, max: 400 }), (groups, bytesMax) => {
      const tail = new LogTail(bytesMax, 0)
      const log: Entry[] = []
      for (const lengths of groups) {
        const group = lengths.map((length, i) => entry(log.length + i + 1, length))
        log.push(...group)
        tail.push(group)
      }
      assert.equal(tail.head, log.length)
      let bytes = 0
      for (let after = log.length; after >= 0; after -= 1) {
        const fits = bytes <= bytesMax
        assert.deepEqual(tail.readAfter(after, 5), fits ? log.slice(after, after + 5) : undefined)
        bytes += log[after - 1]?.json.length ?? 0
      }
    }),
    { numRuns: 60 },
  )
})
