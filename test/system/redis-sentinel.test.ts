// Redis with a replica and Sentinel: the master is killed under load, the replica lacks its last posts, and the edges bring them back.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { roomKeys } from '#hub/redis/redis-keys.ts'
import { waitForLinks } from '#test/support/link-status.ts'
import { startEdge, startHub, testRoom } from '#test/support/programs.ts'
import { RedisSentinels } from '#test/support/redis-sentinel.ts'
import { expectEverywhere, startStream, writerTo } from '#test/support/traffic.ts'
import { waitFor } from '#test/support/wait-for.ts'

const edgeConf = { federation: { reconnect_max_seconds: 1 } }

test('Sentinel fails over under load: the hubs follow the new master, nothing is lost and nothing twice', async t => {
  const redis = await RedisSentinels.start(t)
  const { master, replica } = redis
  const conf = redis.hubConf
  await using hub = await startHub({ conf })
  await using other = await startHub({ name: 'hub 2', conf })
  await using cityA = await startEdge({ name: 'City A', hubs: [hub], conf: edgeConf })
  await using cityB = await startEdge({ name: 'City B', hubs: [other], conf: edgeConf })
  // The first link makes the room.
  await waitForLinks(hub, 1)
  await waitForLinks(other, 1)
  await hub.post('early')
  const streams = [cityA, cityB].map(edge => startStream(writerTo(edge), edge.name))
  await Promise.all(streams.map(stream => stream.flows(40)))

  const stored = async (server: typeof master) => Number(await server.cli('XLEN', roomKeys(testRoom).log))
  // As if the way between the two had become too slow: what comes now is on the master only.
  const isBehind = async () => {
    await replica.caughtUpWith(master)
    await replica.cli('REPLICAOF', '127.0.0.1', '1')
    const count = await stored(replica)
    await waitFor(() => stored(master), { what: 'posts that only the master has', until: now => now >= count + 20 })
    // Sentinel sees soon that this is no replica any more, and makes it one again.
    return (await stored(replica)) === count
  }
  await waitFor(isBehind, { what: 'the replica to lack posts', deadlineMs: 60_000 })
  const [before, kept] = [await stored(master), await stored(replica)]
  await master.kill()
  const killedAt = performance.now()
  await waitFor(() => hub.api.send({ path: '/readyz' }), {
    what: 'a hub to say so',
    until: ({ status }) => status === 503,
  })
  await redis.promoted(replica)
  const promotedMs = performance.now() - killedAt
  // Of this hub's own, and only now: what it had written before came back behind it.
  const probe = () => hub.post('probe', { idempotencyKey: 'probe' })
  await waitFor(probe, { what: 'the hub to acknowledge a post', deadlineMs: 60_000 })
  const ackedMs = performance.now() - killedAt
  assert.ok(before > kept, `the failover loses posts: ${before} against ${kept}`)
  t.diagnostic(`promoted after ${promotedMs.toFixed(0)} ms, acks go on after ${ackedMs.toFixed(0)} ms`)
  t.diagnostic(`${before - kept} of ${before} stored posts were lost in Redis, and came back from the edges`)

  await Promise.all(streams.map(stream => stream.flows(40)))
  await Promise.all(streams.map(stream => stream.stop()))
  await expectEverywhere([hub, other, cityA, cityB], ['early', 'probe', ...streams.flatMap(({ acked }) => acked)])
})
