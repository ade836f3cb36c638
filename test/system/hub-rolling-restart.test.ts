// Hub instances behind a balancer are restarted one after the other while their cities write: nobody loses a post or gets one twice.
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { Balancer } from '#test/support/balancer.ts'
import { DeliveryWatch } from '#test/support/delivery-watch.ts'
import { type HubProgram, startEdge, startHub, testRoom } from '#test/support/programs.ts'
import { RedisServer } from '#test/support/redis-server.ts'
import { expectEverywhere, linesWriterTo, startStream } from '#test/support/traffic.ts'
import { waitFor } from '#test/support/wait-for.ts'

const deadlineMs = 60_000
const cities = ['City A', 'City B', 'City C', 'City D']
const conf = { federation: { reconnect_max_seconds: 1 } }
const postsPerSecond = 20
const postsBetween = 15
/** SOAK=1 for all of them. */
const forms = process.env.SOAK === '1' ? [1, 2, 4] : [1, 4]

async function linkedTo(hubs: readonly HubProgram[]): Promise<string[]> {
  const running = hubs.filter(hub => hub.running)
  const peers = await Promise.all(running.map(async hub => (await hub.status()).peers))
  return peers.flat().map(({ name }) => name)
}

async function rollingRestart(t: TestContext, instances: number): Promise<void> {
  const redis = await RedisServer.start(t)
  const names = Array.from({ length: instances }, (_, i) => `hub ${i + 1}`)
  const hubs = await Promise.all(names.map(name => startHub({ name, redisUrl: redis.url })))
  t.after(() => Promise.all(hubs.map(hub => hub[Symbol.asyncDispose]())))
  const balancer = await Balancer.start(t, hubs)
  const edges = await Promise.all(cities.map(name => startEdge({ name, hubs: [balancer], conf })))
  t.after(() => Promise.all(edges.map(edge => edge[Symbol.asyncDispose]())))
  const all = {
    what: 'all cities to be linked',
    deadlineMs,
    until: (names: string[]) => names.length === cities.length,
  }
  await waitFor(() => linkedTo(hubs), all)

  await using watch = new DeliveryWatch()
  await Promise.all(edges.map(edge => watch.listenAt(edge)))
  const writers = edges.map(linesWriterTo)
  const streams = edges.map((edge, i) => {
    const write = writers[i]
    assert.ok(write)
    return startStream(watch.timed(write, postsPerSecond), edge.name)
  })
  await Promise.all(streams.map(stream => stream.flows(postsBetween)))
  for (const hub of hubs) {
    assert.equal(await hub.stop(), 0)
    await hub.run()
    await hub.waitUntil(() => hub.api.isOk('/readyz'), { what: 'it to be ready', deadlineMs })
    await Promise.all(streams.map(stream => stream.flows(postsBetween)))
  }
  await waitFor(() => linkedTo(hubs), all)
  await Promise.all(streams.map(stream => stream.flows(postsBetween)))
  await Promise.all(streams.map(stream => stream.stop()))
  await Promise.all(writers.map(writer => writer[Symbol.asyncDispose]()))

  await expectEverywhere(
    [...hubs, ...edges],
    streams.flatMap(({ acked }) => acked),
  )
  const places = await Promise.all(
    hubs.map(async hub => (await hub.posts(testRoom)).map(({ offset, guid }) => `${offset} ${guid}`)),
  )
  for (const others of places) assert.deepEqual(others, places[0])
  const { count, p50, p99, max } = watch.times()
  t.diagnostic(`${instances} instances: ${count} deliveries, p50 ${p50} ms, p99 ${p99} ms, longest ${max} ms`)
}

for (const instances of forms)
  test(`${instances} instances restarted one after the other under load: nothing is lost or there twice`, t =>
    rollingRestart(t, instances))
