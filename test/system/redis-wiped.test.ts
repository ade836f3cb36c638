// FLUSHALL on the hub's Redis: its rooms live on in the edges, and come back from there.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { waitForStored } from '#test/support/link-status.ts'
import { startEdge, startHub } from '#test/support/programs.ts'
import { RedisServer } from '#test/support/redis-server.ts'
import { expectEverywhere, startStream, writeBurst, writerTo } from '#test/support/traffic.ts'

const conf = { federation: { reconnect_max_seconds: 1 } }

test('a wiped hub stays who it is and is refilled by its edges, each with what the others lack', async t => {
  const redis = await RedisServer.start(t)
  await using hub = await startHub({ redisUrl: redis.url })
  await using cityA = await startEdge({ name: 'City A', hubs: [hub], conf })
  await using cityB = await startEdge({ name: 'City B', hubs: [hub], conf })
  const edges = [cityA, cityB]
  const old = await Promise.all([writeBurst(cityA, 'old A', 400), writeBurst(cityB, 'old B', 300)])
  // Its author is gone for good: only the other edge and the hub have it.
  const gone = await startEdge({ name: 'Gone', hubs: [hub], conf })
  old.push(await writeBurst(gone, 'gone', 50))
  for (const server of [hub, ...edges]) await waitForStored(server, 750)
  await gone[Symbol.asyncDispose]()
  const before = await hub.status()

  const streams = edges.map(edge => startStream(writerTo(edge), `new from ${edge.name}`))
  await Promise.all(streams.map(stream => stream.flows(40)))
  const lines = hub.lineCount
  await redis.cli('FLUSHALL')
  await Promise.all(streams.map(stream => stream.flows(40)))
  await Promise.all(streams.map(stream => stream.stop()))

  await expectEverywhere([hub, ...edges], [...old.flat(), ...streams.flatMap(({ acked }) => acked)])
  const after = await hub.status()
  assert.equal(after.id, before.id)
  assert.notEqual(after.rooms[0]?.epoch, before.rooms[0]?.epoch)
  await hub.restart()
  assert.equal((await hub.status()).id, before.id, 'the next instance finds the same identity')
  assert.doesNotMatch(hub.lines.slice(lines).join('\n'), /\[ERROR\]/)
})
