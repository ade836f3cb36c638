// Redis is restarted under load, once in good order and once by kill -9: the hub stays, waits, and goes on by itself.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ackedByHub, linksOf, waitForLinks } from '#test/support/link-status.ts'
import { startEdge, startHub } from '#test/support/programs.ts'
import { RedisServer } from '#test/support/redis-server.ts'
import { expectEverywhere, startStream, writerTo } from '#test/support/traffic.ts'
import { waitFor } from '#test/support/wait-for.ts'

const conf = { federation: { reconnect_max_seconds: 1 } }
const postsBetween = 60

test('links outlive a restart and a crash of Redis; nothing is acknowledged meanwhile, and all arrives once', async t => {
  const redis = await RedisServer.start(t)
  await using hub = await startHub({ redisUrl: redis.url })
  await using cityA = await startEdge({ name: 'City A', hubs: [hub], conf })
  await using cityB = await startEdge({ name: 'City B', hubs: [hub], conf })
  const edges = [cityA, cityB]
  await waitForLinks(hub, edges.length)
  const links = await linksOf(hub)
  const atEdges = edges.map(edge => startStream(writerTo(edge), edge.name))
  const streams = [...atEdges, startStream(writerTo(hub), 'hub', 1)]

  for (const stop of [() => redis.stop(), () => redis.kill()]) {
    await Promise.all(streams.map(stream => stream.flows(postsBetween)))
    await stop()
    const readiness = () => hub.api.send({ path: '/readyz' })
    await waitFor(readiness, { what: 'the hub not to be ready', until: ({ status }) => status === 503 })
    const acked = await Promise.all(edges.map(ackedByHub))
    const { stored } = (await hub.status()).messages

    await Promise.all(atEdges.map(stream => stream.flows(postsBetween)))
    await assert.rejects(hub.post('refused while Redis is away'), /answered 503/)
    assert.deepEqual(await Promise.all(edges.map(ackedByHub)), acked)
    assert.equal((await hub.status()).messages.stored, stored)
    assert.match((await readiness()).text, /"ready":false,"reasons":\["Redis: /)
    assert.ok(await hub.api.isOk('/livez'))

    await redis.start()
    await waitFor(() => hub.api.isOk('/readyz'), { what: 'the hub to be ready again' })
  }
  await Promise.all(streams.map(stream => stream.flows(postsBetween)))
  await Promise.all(streams.map(stream => stream.stop()))
  assert.deepEqual(await linksOf(hub), links)
  await expectEverywhere(
    [hub, ...edges],
    streams.flatMap(({ acked }) => acked),
  )
})
