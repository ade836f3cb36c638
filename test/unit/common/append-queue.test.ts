// One write in flight, groups in order, an answer for everybody, and a bound.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import fc from 'fast-check'
import { AppendQueue } from '#common/append-queue.ts'
import { StoreUnavailableError } from '#common/errors.ts'
import type { AppendResult, Batch } from '#common/post-log.ts'

function batch(count: number, from = 'a'): Batch {
  return { from, posts: Array.from({ length: count }, (_, i) => ({ guid: `${from} ${i}`, at: 1, json: '{}' })) }
}

function stored(n: number): AppendResult {
  return { conflict: false, verdicts: [], offsets: [n] }
}

/** A store whose writes end when the test says so. */
class HeldStore {
  readonly groups: (readonly Batch[])[] = []
  readonly #waiting: PromiseWithResolvers<AppendResult[]>[] = []
  readonly write = (batches: readonly Batch[]): Promise<AppendResult[]> => {
    this.groups.push(batches)
    const held = Promise.withResolvers<AppendResult[]>()
    this.#waiting.push(held)
    return held.promise
  }

  /** Ends the oldest write, and lets the queue go on. */
  async end(results?: AppendResult[] | Error): Promise<void> {
    const held = this.#waiting.shift()
    const group = this.groups[this.groups.length - 1 - this.#waiting.length] ?? []
    if (results instanceof Error) held?.reject(results)
    else held?.resolve(results ?? group.map((_, i) => stored(i)))
    await setImmediate()
  }
}

test('what arrives during a write goes together into the next, in order', async () => {
  const store = new HeldStore()
  const queue = new AppendQueue(store.write)
  const batches = ['a', 'b', 'c', 'd'].map(from => batch(2, from))
  const answers = batches.map(b => queue.append(b))
  assert.deepEqual(store.groups, [[batches[0]]])
  assert.equal(queue.depth, 8)
  await store.end()
  assert.deepEqual(store.groups, [[batches[0]], batches.slice(1)])
  assert.equal(queue.depth, 6)
  await store.end()
  assert.deepEqual(await Promise.all(answers), [stored(0), stored(0), stored(1), stored(2)])
  assert.equal(queue.depth, 0)
})

test('a group holds at most 512 posts, but never nothing', async () => {
  const store = new HeldStore()
  const queue = new AppendQueue(store.write)
  const answers = [1, 300, 212, 1, 600, 5].map(count => queue.append(batch(count)))
  for (let i = 0; i < 5; i += 1) await store.end()
  await Promise.all(answers)
  const sizes = store.groups.map(group => group.map(b => b.posts.length))
  assert.deepEqual(sizes, [[1], [300, 212], [1], [600], [5]])
})

test('a failed write rejects its own group only; the queue goes on', async () => {
  const store = new HeldStore()
  const queue = new AppendQueue(store.write)
  const [first, second, third] = [queue.append(batch(1)), queue.append(batch(1)), queue.append(batch(1))]
  const failed = [second, third].map(answer => assert.rejects(answer, /disk/))
  await store.end()
  await store.end(new Error('the disk does not write'))
  await Promise.all(failed)
  assert.deepEqual(await first, stored(0))
  assert.equal(queue.depth, 0)
  const fourth = queue.append(batch(1))
  await store.end()
  assert.deepEqual(await fourth, stored(0))
})

test('a missing result rejects its batch', async () => {
  const store = new HeldStore()
  const answer = new AppendQueue(store.write).append(batch(1))
  const rejected = assert.rejects(answer, /no result/)
  await store.end([])
  await rejected
})

test('above 20,000 waiting posts an append is refused, and taken again when the store has caught up', async () => {
  const store = new HeldStore()
  const queue = new AppendQueue(store.write)
  const answers = [queue.append(batch(20_001))]
  await assert.rejects(queue.append(batch(1)), StoreUnavailableError)
  await store.end()
  answers.push(queue.append(batch(1)))
  await store.end()
  assert.equal((await Promise.all(answers)).length, 2)
})

test('any batches: stored in the order given, one write at a time, each answered once with its own result', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.integer({ min: 0, max: 400 }), { maxLength: 30 }), async counts => {
      let writing = 0
      let written = 0
      const order: string[] = []
      const queue = new AppendQueue(async group => {
        writing += 1
        assert.equal(writing, 1)
        await setImmediate()
        order.push(...group.map(b => b.from))
        writing -= 1
        return group.map(() => stored(written++))
      })
      const answers = await Promise.all(counts.map((count, i) => queue.append(batch(count, String(i)))))
      assert.deepEqual(
        answers,
        counts.map((_, i) => stored(i)),
      )
      assert.deepEqual(
        order,
        counts.map((_, i) => String(i)),
      )
      assert.equal(queue.depth, 0)
    }),
    { numRuns: 30 },
  )
})
