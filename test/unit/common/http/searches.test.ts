// Searches: one at a time, whoever asks, and who asks for too many at once keeps nobody else from his own.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RateLimitError } from '#common/errors.ts'
import { Searches } from '#common/http/searches.ts'

/** A search that begins when its turn comes and ends when it is told to. */
function search(begun: string[], name: string) {
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  const job = () => {
    begun.push(name)
    return promise
  }
  return { job, end: () => resolve(name), fail: () => reject(new Error(name)) }
}

const turn = () => new Promise(resolve => setImmediate(resolve))

test('one is under way at a time, in their order, also when one fails', async () => {
  const searches = new Searches()
  const begun: string[] = []
  const [first, second, third] = ['1', '2', '3'].map(name => search(begun, name))
  const answers = [first, second, third].map((one, n) => searches.run(`holder ${n}`, one?.job ?? assert.fail))
  await turn()
  assert.deepEqual(begun, ['1'])
  first?.fail()
  await assert.rejects(answers[0] ?? assert.fail(), /1/)
  await turn()
  assert.deepEqual(begun, ['1', '2'])
  second?.end()
  third?.end()
  assert.deepEqual(await Promise.all(answers.slice(1)), ['2', '3'])
})

test('who has too many not answered is refused one more, others are not; and he has places again', async () => {
  const searches = new Searches()
  const first = search([], 'first')
  const asked = [first.job, ...Array.from({ length: 15 }, () => async () => 'more')].map(job =>
    searches.run('eager', job),
  )
  await assert.rejects(
    searches.run('eager', async () => 'one more'),
    (error: unknown) =>
      error instanceof RateLimitError && error.code === 'too_many_searches' && error.retryAfterMs === 2000,
  )
  const other = searches.run('other', async () => 'mine')
  first.end()
  await Promise.all(asked)
  assert.equal(await other, 'mine')
  assert.equal(await searches.run('eager', async () => 'again'), 'again')
})
