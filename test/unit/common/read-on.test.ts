// Reading a log on: every post once and in order, one reading at a time, anew in a new epoch.
import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { readerOn } from '#common/read-on.ts'
import { fill } from '#test/support/link-by-hand.ts'
import { MemoryLog } from '#test/support/memory-log.ts'

function begin(log = new MemoryLog('main')) {
  const taken: number[] = []
  const asked: (number | undefined)[] = []
  const readOn = readerOn({
    ...{ log, pageEntries: 2 },
    startAt: (_head, offset) => {
      asked.push(offset)
      return offset ?? 0
    },
    take: ({ offset }) => taken.push(offset),
  })
  return { log, taken, asked, readOn }
}

suite('who reads a log on', () => {
  test('takes every post once, page by page, also of what is no longer in memory', async () => {
    const { log, taken, asked, readOn } = begin(new MemoryLog('main', { tailBytes: 0 }))
    await fill(log, 5)
    await Promise.all([readOn(), readOn()])
    await fill(log, 1)
    await readOn()
    assert.deepEqual(taken, [1, 2, 3, 4, 5, 6])
    assert.deepEqual(asked, [undefined, 5])
  })

  test('goes on where it was when the store was away', async () => {
    const { log, taken, readOn } = begin(new MemoryLog('main', { tailBytes: 0 }))
    await fill(log, 3)
    const { readAfter } = log
    log.readAfter = (offset, limit) =>
      offset === 0 ? readAfter.call(log, offset, limit) : Promise.reject(new Error('away'))
    await assert.rejects(readOn(), /away/)
    log.readAfter = readAfter
    await readOn()
    assert.deepEqual(taken, [1, 2, 3])
  })

  test('begins anew in a new epoch', async () => {
    const { log, taken, asked, readOn } = begin()
    await fill(log, 2)
    await readOn()
    log.wipe()
    await fill(log, 1)
    await readOn()
    assert.deepEqual(asked, [undefined, undefined])
    assert.deepEqual(taken, [1, 2, 1])
  })
})
