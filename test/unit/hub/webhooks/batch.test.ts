// The next batch of a room while its log changes under the reader.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Cursor } from '#common/cursor.ts'
import { LogTail } from '#common/log-tail.ts'
import type { Entry, PostLog } from '#common/post-log.ts'
import { bodyOf, type PostBatch, readBatch } from '#hub/webhooks/batch.ts'
import { fill } from '#test/support/link-by-hand.ts'
import { MemoryLog } from '#test/support/memory-log.ts'

/** Keeps nothing in its tail, and may change while it is read. */
class ShakyLog extends MemoryLog {
  shake = () => {}
  override async readAfter(offset: number, limit: number): Promise<Entry[]> {
    const entries = await super.readAfter(offset, limit)
    this.shake()
    return entries
  }
}

function shakyLog(now = Date.now): ShakyLog {
  return new ShakyLog('a', { tailBytes: 0, retentionDays: 1, now })
}

test('posts that were read as the log lost them are in no batch', async () => {
  const log = shakyLog()
  await fill(log, 3)
  const copy = log.snapshot()
  await fill(log, 3)
  const { epoch } = log.head
  for (const cursor of [
    { epoch, offset: 0 },
    { epoch: 'another-epoch-01', offset: 2 },
  ]) {
    log.shake = () => log.restore(copy)
    const batch = await readBatch(log, cursor)
    assert.ok(batch === undefined || batch.epoch === log.head.epoch, JSON.stringify(batch))
  }
})

test('the body: everything a reader of the API gets, and what is missing', () => {
  const json = JSON.stringify({ guid: 'g', room: 'a', text: 'Grüße', sig: 'x' })
  const entry = { guid: 'g', at: 1, json, offset: 7, from: 'local', fromEpoch: '', fromOffset: 0, receivedAt: 9 }
  const batch = { room: 'a', epoch: 'e', from: 5, to: 7, entries: [entry], gap: { from: 5, to: 6 } }
  assert.deepEqual(JSON.parse(bodyOf('bot', batch)), {
    type: 'posts',
    webhook: 'bot',
    room: 'a',
    epoch: 'e',
    gap: { from: 5, to: 6 },
    posts: [{ guid: 'g', room: 'a', text: 'Grüße', offset: 7, receivedAt: 9 }],
  })
})

test('who has heard of less than was begun elsewhere asks the store', async () => {
  const log = new MemoryLog('a')
  await fill(log, 8)
  const { head } = log
  const tail = new LogTail(1e6, 0)
  tail.push(await log.readAfter(0, 8))
  await fill(log, 2)
  let isStale = true
  const behind: PostLog = Object.create(log, {
    head: { get: () => (isStale ? head : log.head) },
    tail: { get: () => (isStale ? tail : log.tail) },
    readAfter: { value: (offset: number, limit: number) => log.readAfter(offset, limit) },
    startFor: {
      value: (cursor: Cursor) => {
        isStale = false
        return log.startFor(cursor)
      },
    },
  })
  const batch = await readBatch(behind, { epoch: head.epoch, offset: 5 }, 10)
  assert.deepEqual(
    batch?.entries.map(({ offset }) => offset),
    [6, 7, 8, 9, 10],
  )
})

/** What happens to a log between two looks of the reader. */
const happening = fc.oneof(
  fc.record({ what: fc.constant('post' as const), count: fc.integer({ min: 1, max: 120 }) }),
  fc.record({ what: fc.constant('read' as const), count: fc.integer({ min: 1, max: 3 }) }),
  fc.constant({ what: 'trim' as const, count: 0 }),
  fc.constant({ what: 'again' as const, count: 0 }),
)

/** A log, and a reader that keeps a cursor in it. */
class Reader {
  #now = Date.now()
  readonly log = shakyLog(() => this.#now)
  cursor: Cursor = { epoch: this.log.head.epoch, offset: 0 }
  #last: PostBatch | undefined

  post = (count: number) => fill(this.log, count)

  async trim(): Promise<void> {
    this.#now += 1000
    await this.log.trim(this.#now + 86_400_000)
  }

  async read(count: number): Promise<void> {
    for (let i = 0; i < count; i++) {
      this.#last = await readBatch(this.log, this.cursor)
      if (this.#last !== undefined) this.cursor = check(this.cursor, this.#last)
    }
  }

  async again(): Promise<void> {
    if (this.#last === undefined) return
    const { epoch, from, to } = this.#last
    const again = await readBatch(this.log, { epoch, offset: from - 1 }, to)
    assert.deepEqual([again?.from, again?.to], [from, to])
  }
}

test('each offset is in one batch or one gap, in order, and a batch that is read again covers the same', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(happening, { maxLength: 20 }), async happenings => {
      const reader = new Reader()
      for (const { what, count } of happenings) await reader[what](count)
      await reader.read(50)
      assert.equal(reader.cursor.offset, reader.log.head.head)
    }),
    { numRuns: 200 },
  )
})

function check(cursor: Cursor, { epoch, from, to, entries, gap }: PostBatch): Cursor {
  assert.equal(from, cursor.offset + 1)
  assert.ok(entries.length <= 50)
  const missing = gap === undefined ? [] : Array.from({ length: gap.to - gap.from + 1 }, (_, i) => gap.from + i)
  const covered = [...missing, ...entries.map(({ offset }) => offset)]
  assert.deepEqual(
    covered,
    Array.from({ length: to - from + 1 }, (_, i) => from + i),
  )
  return { epoch, offset: to }
}
