// What a post costs in Redis: the same with a few rooms and links as with many, and a little for every further instance.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type HubProgram, startHub, testRoom } from '#test/support/programs.ts'
import { RawLink } from '#test/support/raw-link.ts'
import { callsOf } from '#test/support/redis-calls.ts'
import { RedisServer } from '#test/support/redis-server.ts'
import { waitFor } from '#test/support/wait-for.ts'

const posts = 60
const [idleRooms, idleLinks] = [120, 40]

/** EVALSHA, XREAD and XRANGE of the hubs for each of some posts that come one after the other, and what the scripts do besides. */
async function callsForEach(redis: RedisServer, writer: RawLink, name: string) {
  const before = await callsOf(redis)
  for (let n = 0; n < posts; n += 1) await writer.ship([writer.post(`${name} ${n}`)])
  const after = await callsOf(redis)
  const each = (command: string) => ((after[command] ?? 0) - (before[command] ?? 0)) / posts
  return { xadd: each('xadd'), sadd: each('sadd'), evalsha: each('evalsha'), reads: each('xread') + each('xrange') }
}

async function idle(hub: HubProgram, t: { after(fn: () => Promise<void>): void }): Promise<void> {
  const perLink = idleRooms / idleLinks
  const links = Array.from({ length: idleLinks }, async (_, n) => {
    const rooms = Array.from({ length: perLink }, (_, i) => `idle-${n * perLink + i}`)
    const link = await RawLink.connect({ port: hub.port, name: `idle ${n}`, rooms })
    t.after(() => link[Symbol.asyncDispose]())
    await link.waitForFrame('resume')
  })
  await Promise.all(links)
}

test('calls of Redis for a post do not grow with rooms and links that are idle, and by two at most for an instance', async t => {
  const redis = await RedisServer.start(t)
  await using hub = await startHub({ redisUrl: redis.url })
  await using writer = await RawLink.connect({ port: hub.port, name: 'writer' })
  await writer.ship([writer.post('the first')])
  const few = await callsForEach(redis, writer, 'few')
  await idle(hub, t)
  const many = await callsForEach(redis, writer, 'many')
  await using other = await startHub({ name: 'hub 2', redisUrl: redis.url })
  await using reader = await RawLink.connect({ port: other.port, name: 'reader' })
  await reader.follow()
  const two = await callsForEach(redis, writer, 'two')
  await waitFor(async () => (await other.posts(testRoom)).length, { what: 'all', until: count => count > 3 * posts })

  for (const [what, calls] of Object.entries({ few, many, two })) t.diagnostic(`${what}: ${JSON.stringify(calls)}`)
  // The log and the bus, and one GUID.
  for (const { xadd, sadd } of [few, many, two]) assert.ok(xadd >= 2 && xadd < 2.5 && sadd >= 1 && sadd < 1.5)
  // Links say they live, and jobs run, meanwhile.
  assert.ok(few.evalsha < 1.5 && few.reads < 1.5, 'few')
  assert.ok(many.evalsha < few.evalsha + 0.5 && many.reads < few.reads + 0.3, 'with idle rooms and links')
  assert.ok(two.evalsha < many.evalsha + 0.5 && two.reads < many.reads + 2.3, 'with another instance')
})
