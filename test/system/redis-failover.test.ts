// Redis fails over to a replica that lacks the last posts: what the hub had acknowledged and lost comes back from its edges.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { roomKeys } from '#hub/redis/redis-keys.ts'
import { waitForLinks, waitForStored } from '#test/support/link-status.ts'
import { startEdge, startHub, testRoom } from '#test/support/programs.ts'
import { RedisServer } from '#test/support/redis-server.ts'
import { startRelay } from '#test/support/relay.ts'
import { expectEverywhere, startStream, writeBurst, writerTo } from '#test/support/traffic.ts'
import { waitFor } from '#test/support/wait-for.ts'

const conf = { federation: { reconnect_max_seconds: 1 } }

/** A master, its replica, and the address of the hub's Redis, which leads to the master until it fails over. */
async function redisPair(t: Parameters<typeof RedisServer.start>[0]) {
  const master = await RedisServer.start(t)
  const replica = await RedisServer.start(t, { replicaof: master })
  const target = { port: master.port }
  const relay = await startRelay(target)
  t.after(() => relay[Symbol.asyncDispose]())
  const failOver = async () => {
    await master.kill()
    await replica.cli('REPLICAOF', 'NO', 'ONE')
    target.port = replica.port
    relay.cut()
    relay.heal()
  }
  return { master, replica, failOver, url: `redis://127.0.0.1:${relay.port}` }
}

test('posts that Redis lost come back from the edges that wrote them, and from those that only read them', async t => {
  const { master, replica, failOver, url } = await redisPair(t)
  await using hub = await startHub({ redisUrl: url })
  await using cityA = await startEdge({ name: 'City A', hubs: [hub], conf })
  await using cityB = await startEdge({ name: 'City B', hubs: [hub], conf })
  await using gone = await startEdge({ name: 'Gone', hubs: [hub], conf })
  const servers = [hub, cityA, cityB]
  // The first link makes the room.
  await waitForLinks(hub, 3)
  const written = await Promise.all([cityA, cityB, gone].map(edge => writeBurst(edge, `early ${edge.name}`, 100)))
  written.push(['early hub'])
  await hub.post('early hub')
  for (const server of servers) await waitForStored(server, 301)

  await replica.caughtUpWith(master)
  await replica.cli('REPLICAOF', '127.0.0.1', '1')
  written.push(...(await Promise.all([cityA, cityB, gone].map(edge => writeBurst(edge, `lost ${edge.name}`, 100)))))
  written.push(['lost hub'])
  await hub.post('lost hub')
  for (const server of servers) await waitForStored(server, 602)
  // Who wrote these last posts is switched off: the hub has lost them, the other edges have read them.
  await gone.kill()

  const epochOf = async () => (await hub.status()).rooms[0]?.epoch
  const epoch = await epochOf()
  assert.equal(await replica.cli('XLEN', roomKeys(testRoom).log), '301')
  await failOver()
  await waitFor(epochOf, { what: 'the hub to see that posts are lost', until: now => now !== epoch })
  await expectEverywhere(servers, written.flat())
})

test('a failover under load loses nothing and doubles nothing', async t => {
  const { master, replica, failOver, url } = await redisPair(t)
  await using hub = await startHub({ redisUrl: url })
  await using other = await startHub({ name: 'hub 2', redisUrl: url })
  await using cityA = await startEdge({ name: 'City A', hubs: [hub], conf })
  await using cityB = await startEdge({ name: 'City B', hubs: [other], conf })
  await waitForLinks(hub, 1)
  await waitForLinks(other, 1)
  const streams = [cityA, cityB].map(edge => startStream(writerTo(edge), edge.name))
  await Promise.all(streams.map(stream => stream.flows(60)))
  await replica.caughtUpWith(master)
  await replica.cli('REPLICAOF', '127.0.0.1', '1')
  await Promise.all(streams.map(stream => stream.flows(60)))
  await failOver()
  await Promise.all(streams.map(stream => stream.flows(60)))
  await Promise.all(streams.map(stream => stream.stop()))
  await expectEverywhere(
    [hub, other, cityA, cityB],
    streams.flatMap(({ acked }) => acked),
  )
})
