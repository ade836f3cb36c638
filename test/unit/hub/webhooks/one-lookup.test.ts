// Names are looked up one at a time.
import assert from 'node:assert/strict'
import type { LookupFunction } from 'node:net'
import { test } from 'node:test'
import { oneAtATime } from '#hub/webhooks/one-lookup.ts'

test('a silent DNS holds one thread, and all get their answers in the end', async () => {
  const waiting: (() => void)[] = []
  const asked: string[] = []
  const slow: LookupFunction = (name, _options, done) => {
    asked.push(name)
    const error = name === 'b' ? Object.assign(new Error('gone'), { code: 'ENOTFOUND' }) : null
    waiting.push(() => done(error, '192.0.2.1', 4))
  }
  const lookup = oneAtATime(slow)
  const answers: string[] = []
  for (const name of ['a', 'b', 'c']) lookup(name, {}, error => void answers.push(`${name} ${error?.code ?? 'found'}`))
  const settled = () => new Promise(resolve => setImmediate(resolve))
  for (const count of [1, 2, 3]) {
    await settled()
    assert.equal(asked.length, count)
    waiting.shift()?.()
  }
  await settled()
  assert.deepEqual(answers, ['a found', 'b ENOTFOUND', 'c found'])
})
