// A wiped hub of two instances is refilled by cities that all have the same posts: each post is asked for once over both.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { waitForStored } from '#test/support/link-status.ts'
import { type HubProgram, startEdge, startHub } from '#test/support/programs.ts'
import { callsOf } from '#test/support/redis-calls.ts'
import { RedisServer } from '#test/support/redis-server.ts'
import { expectEverywhere, writeBurst } from '#test/support/traffic.ts'
import { waitFor } from '#test/support/wait-for.ts'

const conf = { federation: { reconnect_max_seconds: 1 } }
const posts = 2500

/** Posts that came over all links, each as often as it came. */
async function receivedBy(hubs: readonly HubProgram[]): Promise<number> {
  const counts = (await Promise.all(hubs.map(hub => hub.status()))).map(({ messages }) => messages)
  return counts.reduce((sum, { stored, duplicates }) => sum + stored + duplicates, 0)
}

async function epochOf(hub: HubProgram): Promise<string | undefined> {
  return (await hub.status()).rooms[0]?.epoch
}

test('instances do not ask their cities for the same posts', async t => {
  const redis = await RedisServer.start(t)
  await using first = await startHub({ name: 'hub 1', redisUrl: redis.url })
  await using second = await startHub({ name: 'hub 2', redisUrl: redis.url })
  const hubs = [first, second]
  await using cityA = await startEdge({ name: 'City A', hubs: [first], conf })
  await using cityB = await startEdge({ name: 'City B', hubs: [second], conf })
  const edges = [cityA, cityB]
  const texts = await writeBurst(cityA, 'old', posts)
  for (const server of [...hubs, ...edges]) await waitForStored(server, posts, 60_000)

  const old = await epochOf(first)
  const before = await receivedBy(hubs)
  await redis.cli('FLUSHALL')
  await redis.cli('CONFIG', 'RESETSTAT')
  const anew = async () => (await Promise.all(hubs.map(epochOf))).every(epoch => epoch !== old)
  await waitFor(anew, { what: 'the instances to see that Redis was wiped', deadlineMs: 30_000 })
  for (const hub of hubs) await waitForStored(hub, posts, 60_000)
  const received = (await receivedBy(hubs)) - before
  t.diagnostic(`${posts} posts came ${received} times; commands of Redis: ${JSON.stringify(await callsOf(redis))}`)
  assert.ok(received >= posts && received < 1.2 * posts, `${received} posts came for ${posts}`)
  await expectEverywhere([...hubs, ...edges], texts)
})
