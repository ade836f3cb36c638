// In front of every post: blocked authors, and how many posts of one author are taken.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RateLimitError, RequestError } from '#common/errors.ts'
import { identityFromPem, newIdentityPem } from '#common/identity.ts'
import type { Author } from '#common/post.ts'
import { PostWriter } from '#common/post-writer.ts'
import { postGate } from '#edge/post-gate.ts'
import { MemoryLog } from '#test/support/memory-log.ts'
import { roomSettings } from '#test/support/room-settings.ts'

const ana: Author = { name: 'Ana', key: '0badcafe'.repeat(8) }

function gated(perMinute: number) {
  const settings = roomSettings({ authorPostsPerMinute: perMinute })
  const log = new MemoryLog('main')
  const time = { now: 0, at: Date.now() }
  const gate = postGate(new Map([['main', settings]]), () => time.now)
  const stamp = () => {
    time.at += 1
    return time.at
  }
  const writer = new PostWriter(identityFromPem(newIdentityPem()), { stamp, gate })
  const say = (author: Author, guid?: string) =>
    writer.write(log, { text: 'x', author, source: 'lora', ...(guid !== undefined && { guid }) })
  return { settings, log, time, writer, say }
}

const isRefused = (code: string, retryAfterMs?: number) => (error: unknown) => {
  assert.ok(error instanceof RequestError)
  assert.equal(error.code, code)
  if (retryAfterMs !== undefined) assert.equal(error instanceof RateLimitError && error.retryAfterMs, retryAfterMs)
  return true
}

test('so many posts of an author in a minute, at once or spread; others have their own', async () => {
  const { time, say, log } = gated(3)
  for (let i = 0; i < 3; i += 1) await say(ana)
  await assert.rejects(say(ana), isRefused('too_many_posts', 20_000))
  await assert.rejects(say({ name: 'Other name', key: '0badcafe' }), isRefused('too_many_posts', 20_000))
  await say({ name: 'Ana' })
  time.now = 19_999
  await assert.rejects(say(ana), isRefused('too_many_posts', 1))
  time.now = 20_000
  await say(ana)
  await assert.rejects(say(ana), isRefused('too_many_posts'))
  time.now = 3_600_000
  for (let i = 0; i < 3; i += 1) await say(ana)
  await assert.rejects(say(ana), isRefused('too_many_posts'))
  assert.equal(log.head.head, 8)
})

test('a retry costs nothing, and is answered beyond the limit too', async () => {
  const { say, log, writer } = gated(2)
  const [one, two, three] = ['1', '2', '3'].map(key => writer.guidFor('main', key))
  for (let i = 0; i < 5; i += 1) assert.equal((await say(ana, one)).duplicate, i > 0)
  await say(ana, two)
  await assert.rejects(say(ana, three), isRefused('too_many_posts'))
  assert.deepEqual(await say(ana, one), { guid: one, offset: 1, duplicate: true })
  assert.equal(log.head.head, 2)
})

test('what was not stored costs nothing', async () => {
  const { say, log } = gated(1)
  const append = log.append.bind(log)
  log.append = () => Promise.reject(new Error('disk full'))
  await assert.rejects(say(ana), /disk full/)
  log.append = append
  await say(ana)
})

test('0 is no limit; blocked authors are refused', async () => {
  const { say, settings, log } = gated(0)
  for (let i = 0; i < 50; i += 1) await say(ana)
  settings.block('name:eve', 'me')
  settings.block('0badcafe', 'me')
  await assert.rejects(say(ana), isRefused('blocked'))
  await assert.rejects(say({ name: 'Eve' }), isRefused('blocked'))
  assert.equal(log.head.head, 50)
})

test('a crowd of authors takes no more memory than so many', async () => {
  const { say, time } = gated(1)
  await say(ana)
  for (let i = 0; i < 5000; i += 1) {
    time.now += 0.001
    await say({ name: `n${i}` })
  }
  // Forgotten with the crowd; of those of just now each is known.
  await say(ana)
  await assert.rejects(say({ name: 'n4999' }), isRefused('too_many_posts'))
})

test('what another server has acknowledged is not lost for being one too many', async () => {
  const { say, settings, log, writer } = gated(1)
  const draft = { text: 'x', author: ana, source: 'lora', wasAccepted: true } as const
  for (let i = 0; i < 20; i += 1) await writer.write(log, draft)
  await say(ana)
  await assert.rejects(say(ana), isRefused('too_many_posts'))
  await writer.write(log, draft)
  assert.equal(log.head.head, 22)
  await assert.rejects(say(ana), isRefused('too_many_posts'))
  settings.block('0badcafe', 'me')
  await assert.rejects(writer.write(log, draft), isRefused('blocked'))
})
