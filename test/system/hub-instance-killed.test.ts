// One of two hub instances dies under load; its spokes know the address of the other.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type HubProgram, startEdge, startHub, testRoom } from '#test/support/programs.ts'
import { RedisServer } from '#test/support/redis-server.ts'
import { expectEverywhere, startStream, writerTo } from '#test/support/traffic.ts'
import { waitFor } from '#test/support/wait-for.ts'

const deadlineMs = 60_000
const conf = { federation: { reconnect_max_seconds: 1 } }

/** Names of the servers linked to an instance. */
async function linkedTo(hub: HubProgram): Promise<string[]> {
  const { peers } = await hub.status()
  return peers.map(({ name }) => name).toSorted()
}

test('spokes of a killed instance move to the other, and nothing is lost or there twice', async t => {
  const redis = await RedisServer.start(t)
  await using first = await startHub({ name: 'hub 1', redisUrl: redis.url })
  await using second = await startHub({ name: 'hub 2', redisUrl: redis.url })
  await using cityA = await startEdge({ name: 'City A', hubs: [first, second], conf })
  await using cityB = await startEdge({ name: 'City B', hubs: [first, second], conf })
  await using cityC = await startEdge({ name: 'City C', hubs: [second, first], conf })
  await waitFor(() => linkedTo(first), {
    what: 'A and B at the first',
    deadlineMs,
    until: ({ length }) => length === 2,
  })
  await waitFor(() => linkedTo(second), { what: 'C at the second', deadlineMs, until: ({ length }) => length === 1 })

  const edges = [cityA, cityB, cityC]
  const streams = edges.map(edge => startStream(writerTo(edge), edge.name))
  await Promise.all(streams.map(stream => stream.flows(100)))
  await first.kill('SIGKILL')
  await waitFor(() => linkedTo(second), { what: 'all at the second', deadlineMs, until: ({ length }) => length === 3 })
  await Promise.all(streams.map(stream => stream.flows(100)))
  await first.run()
  await Promise.all(streams.map(stream => stream.flows(20)))
  await Promise.all(streams.map(stream => stream.stop()))

  const servers = [first, second, ...edges]
  await expectEverywhere(
    servers,
    streams.flatMap(({ acked }) => acked),
  )
  const ids = await Promise.all([first, second].map(async hub => (await hub.status()).id))
  assert.equal(ids[0], ids[1])
  const places = await Promise.all(
    [first, second].map(async hub => (await hub.posts(testRoom)).map(({ offset, guid }) => `${offset} ${guid}`)),
  )
  assert.deepEqual(places[0], places[1])
})
