// Jobs in a row: in order, one at a time, whatever becomes of them.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { oneByOne } from '#common/one-by-one.ts'

test('each begins when the one before has ended, also one that failed, and gives what it gives', async () => {
  const inTurn = oneByOne()
  const seen: string[] = []
  const job = (name: string) => async () => {
    seen.push(`${name} begins`)
    await new Promise(resolve => setImmediate(resolve))
    seen.push(`${name} ends`)
    if (name === 'b') throw new Error('b fails')
    return name
  }
  const jobs = ['a', 'b', 'c'].map(name => inTurn(job(name)))
  const ends = await Promise.allSettled(jobs)
  assert.deepEqual(
    ends.map(end => (end.status === 'fulfilled' ? end.value : end.reason.message)),
    ['a', 'b fails', 'c'],
  )
  assert.deepEqual(
    seen,
    ['a', 'b', 'c'].flatMap(name => [`${name} begins`, `${name} ends`]),
  )
})
