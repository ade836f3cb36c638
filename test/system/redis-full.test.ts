// Redis has no memory left (maxmemory, noeviction): nothing is acknowledged and the operator reads why; with more memory all goes on.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LOCAL } from '#common/post-log.ts'
import { roomKeys } from '#hub/redis/redis-keys.ts'
import { RedisStore } from '#hub/redis/redis-store.ts'
import { ackedByHub, linksOf, waitForLinks, waitForStored } from '#test/support/link-status.ts'
import { startEdge, startHub, testRoom } from '#test/support/programs.ts'
import { RedisServer } from '#test/support/redis-server.ts'
import { newPosts, storeOptions } from '#test/support/redis-stores.ts'
import { expectEverywhere, startStream, writerTo } from '#test/support/traffic.ts'
import { waitFor } from '#test/support/wait-for.ts'

const conf = { federation: { reconnect_max_seconds: 1 } }

test('a full Redis: no ack, the reason with how to mend it, and with more memory everything is everywhere once', async t => {
  const redis = await RedisServer.start(t, { config: { 'maxmemory-policy': 'noeviction' } })
  await using hub = await startHub({ redisUrl: redis.url })
  await using cityA = await startEdge({ name: 'City A', hubs: [hub], conf })
  await using cityB = await startEdge({ name: 'City B', hubs: [hub], conf })
  const edges = [cityA, cityB]
  await waitForLinks(hub, 2)
  await hub.post('early')
  const links = await linksOf(hub)
  const streams = edges.map(edge => startStream(writerTo(edge), edge.name))
  await Promise.all(streams.map(stream => stream.flows(40)))

  const used = Number(/^used_memory:(\d+)/m.exec(await redis.cli('INFO', 'memory'))?.[1])
  await redis.cli('CONFIG', 'SET', 'maxmemory', String(Math.floor(used / 2)))
  const readiness = () => hub.api.send({ path: '/readyz' })
  const { text } = await waitFor(readiness, { what: 'the hub not to be ready', until: ({ status }) => status === 503 })
  assert.match(text, /"Redis: it is full \(OOM\): raise maxmemory, /)
  await hub.waitForLine(/\[WARN\] Redis is away: .*it is full \(OOM\): raise maxmemory/)
  const acked = await Promise.all(edges.map(ackedByHub))
  const { stored } = (await hub.status()).messages
  await assert.rejects(hub.post('refused', { idempotencyKey: 'refused' }), /answered 503/)
  await Promise.all(streams.map(stream => stream.flows(40)))
  assert.deepEqual(await Promise.all(edges.map(ackedByHub)), acked)
  assert.equal((await hub.status()).messages.stored, stored)

  await redis.cli('CONFIG', 'SET', 'maxmemory', '0')
  await waitFor(() => hub.api.isOk('/readyz'), { what: 'the hub to be ready again' })
  await Promise.all(streams.map(stream => stream.flows(20)))
  await Promise.all(streams.map(stream => stream.stop()))
  assert.deepEqual(await linksOf(hub), links)
  await hub.post('refused', { idempotencyKey: 'refused' })
  await expectEverywhere([hub, ...edges], ['early', 'refused', ...streams.flatMap(({ acked: own }) => own)])
})

test('a Redis that is full of posts beyond their retention has room again without an operator', async t => {
  const redis = await RedisServer.start(t, { config: { 'maxmemory-policy': 'noeviction' } })
  await using hub = await startHub({ redisUrl: redis.url, conf: { retention_posts: 5000 } })
  const hasRun = async () => (await hub.status()).jobs?.some(({ name, runs }) => name === 'retention' && runs > 0)
  await waitFor(hasRun, { what: 'the retention to have had its turn for this hour' })
  await using city = await startEdge({ name: 'City A', hubs: [hub], conf })
  await city.post('there is a room now')
  await waitForStored(hub, 1)
  const store = await RedisStore.open(storeOptions({ url: redis.url }))
  t.after(() => store.close())
  const log = await store.log(testRoom)
  for (let n = 0; n < 20; n += 1) await log.append({ from: LOCAL, posts: newPosts(testRoom, 500) })
  const used = Number(/^used_memory:(\d+)/m.exec(await redis.cli('INFO', 'memory'))?.[1])
  const stored = async () => Number(await redis.cli('XLEN', roomKeys(testRoom).log))
  assert.equal(await stored(), 10_001)
  await redis.cli('CONFIG', 'SET', 'maxmemory', String(used - 1_000_000))
  await waitFor(stored, { what: 'the retention', deadlineMs: 90_000, until: count => count <= 5000 })
  const post = () => hub.post('there is room', { idempotencyKey: 'room' })
  await waitFor(post, { what: 'a post to be stored' })
})
