// Redis is frozen (SIGSTOP): connections stay open and nothing answers. The hub must neither freeze with it nor claim anything.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ackedByHub, linksOf, waitForLinks } from '#test/support/link-status.ts'
import { type HubProgram, startEdge, startHub } from '#test/support/programs.ts'
import { RawLink } from '#test/support/raw-link.ts'
import { RedisServer } from '#test/support/redis-server.ts'
import { expectEverywhere, startStream, writerTo } from '#test/support/traffic.ts'
import { waitFor } from '#test/support/wait-for.ts'

/** SOAK=1 for the long form. */
const frozenMs = process.env.SOAK === '1' ? 30_000 : 6_000
/** Who is silent for 4.5 s is dead, and would be so before the thaw. */
const conf = { federation: { reconnect_max_seconds: 1, ping_seconds: 2 } }
const hubConf = { limits: { store_timeout_seconds: 2, ping_seconds: 2 } }
const answersMin = 5

/** Asks for /livez again and again, for so long at least. Rejects when an answer is not 200, or none comes: the thaw is later. */
async function watchLiveness(hub: HubProgram, ms: number): Promise<void> {
  const endsAt = performance.now() + ms
  for (let answers = 0; answers < answersMin || performance.now() < endsAt; answers += 1) {
    const { status } = await hub.api.send({ path: '/livez' })
    assert.equal(status, 200)
  }
}

test('a frozen Redis: no ack, no crash, no lost link, and after the thaw everything is everywhere once', async t => {
  const redis = await RedisServer.start(t)
  await using hub = await startHub({ redisUrl: redis.url, conf: hubConf })
  await using cityA = await startEdge({ name: 'City A', hubs: [hub], conf })
  await using cityB = await startEdge({ name: 'City B', hubs: [hub], conf })
  await using raw = await RawLink.connect({ port: hub.port })
  const posts = [raw.post('raw before'), raw.post('raw while frozen', { at: Date.now() + 1 })]
  await raw.ship(posts.slice(0, 1))
  const acksToRaw = () => raw.frames.filter(({ t }) => t === 'ack').length
  const edges = [cityA, cityB]
  await waitForLinks(hub, edges.length + 1)
  const links = await linksOf(hub)
  const { pid } = hub
  const atEdges = edges.map(edge => startStream(writerTo(edge), edge.name))
  const streams = [...atEdges, startStream(writerTo(hub), 'hub', 1)]
  await Promise.all(streams.map(stream => stream.flows(40)))

  const acksBefore = acksToRaw()
  redis.freeze()
  // Before the hub can know: it takes the post, and may not acknowledge it.
  const shipped = assert.rejects(raw.ship(posts.slice(1)))
  const readiness = () => hub.api.send({ path: '/readyz' })
  const watched = Promise.all([hub, cityA].map(server => watchLiveness(server as HubProgram, frozenMs)))
  await waitFor(readiness, { what: 'the hub not to be ready', until: ({ status }) => status === 503 })
  const acked = await Promise.all(edges.map(ackedByHub))
  const { stored } = (await hub.status()).messages
  await assert.rejects(hub.post('refused', { idempotencyKey: 'refused' }), /answered 503/)
  await Promise.all(atEdges.map(stream => stream.flows(40)))
  await watched
  assert.deepEqual(await Promise.all(edges.map(ackedByHub)), acked)
  assert.equal((await hub.status()).messages.stored, stored)
  assert.match((await readiness()).text, /"ready":false,"reasons":\["Redis: /)
  assert.equal(acksToRaw(), acksBefore)

  redis.thaw()
  await waitFor(() => hub.api.isOk('/readyz'), { what: 'the hub to be ready again' })
  await Promise.all(streams.map(stream => stream.flows(20)))
  await Promise.all(streams.map(stream => stream.stop()))
  assert.equal(hub.pid, pid)
  assert.deepEqual(await linksOf(hub), links)
  // What was refused is not known to be stored: the same post again is stored once, whatever became of the first.
  await hub.post('refused', { idempotencyKey: 'refused' })
  await using again = await RawLink.connect({ port: hub.port, identity: raw.identity })
  await again.ship(posts)
  await shipped
  const texts = ['refused', ...posts.map(({ text }) => text)]
  await expectEverywhere([hub, ...edges], [...texts, ...streams.flatMap(({ acked: own }) => own)])
})
