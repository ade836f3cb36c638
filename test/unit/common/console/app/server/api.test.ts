// Questions to the server: they end with who asks, and by their deadline, also in a browser without AbortSignal.any.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { test } from 'node:test'
import { Api } from '#common/console/app/server/api.ts'

for (const [who, deadlineMs, leave] of [
  ['who asks has left', 600_000, true],
  ['the deadline is over', 5, false],
] as const) {
  test(`a question to a silent server ends when ${who}`, async t => {
    t.mock.method(AbortSignal, 'any', () => assert.fail('not in every browser'))
    const silent = async (_url: unknown, init?: RequestInit): Promise<never> => {
      const { signal } = init ?? {}
      assert.ok(signal)
      if (leave) asking.abort(new Error('left'))
      // The clock of a deadline keeps no process alive.
      const alive = setInterval(() => {}, 60_000)
      t.after(() => clearInterval(alive))
      if (!signal.aborted) await once(signal, 'abort')
      throw signal.reason
    }
    const asking = new AbortController()
    const api = new Api({ fetch: silent, base: 'http://server', deadlineMs })
    await assert.rejects(api.ask('/api/v1/rooms', { signal: asking.signal }), { code: 'no_answer', status: 0 })
  })
}

test('a question of who has left already is not waited for', async () => {
  const fetch = async (_url: unknown, init?: RequestInit): Promise<never> => {
    init?.signal?.throwIfAborted()
    throw new assert.AssertionError({ message: 'it was asked' })
  }
  const api = new Api({ fetch, base: 'http://server', deadlineMs: 600_000 })
  await assert.rejects(api.ask('/', { signal: AbortSignal.abort(new Error('left')) }), /does not answer \(left\)/)
})
