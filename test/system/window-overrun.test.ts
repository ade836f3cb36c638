// A proved server ships without waiting for acks: what it can make the hub hold is bounded, whatever the store does.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { newEpoch } from '#common/cursor.ts'
import { newGuid } from '#common/guid.ts'
import { identityFromPem, newIdentityPem } from '#common/identity.ts'
import { encodePostsFrame } from '#common/protocol/codec.ts'
import { postsPerFrameMax, windowBytes } from '#common/protocol/frames.ts'
import { linksOf, memoryOf, waitForLinks } from '#test/support/link-status.ts'
import { startEdge, startHub, testRoom } from '#test/support/programs.ts'
import { RawLink } from '#test/support/raw-link.ts'
import { RedisServer } from '#test/support/redis-server.ts'
import { expectEverywhere, startStream, writerTo } from '#test/support/traffic.ts'
import { waitFor } from '#test/support/wait-for.ts'

const conf = { federation: { reconnect_max_seconds: 1 } }
const hubConf = { limits: { store_timeout_seconds: 1 } }
const floodBytes = 400 * windowBytes
/** Garbage of what was looked at and dropped is about half of it. */
const grownMax = 96 * 1024 * 1024

/** Frames of posts that somebody else is the origin of, so that each signature is looked at; they are forged, so that none is stored. */
function* floodOf(raw: RawLink): Generator<string> {
  const victim = identityFromPem(newIdentityPem()).id
  const forged = () => JSON.stringify({ ...raw.post('x'.repeat(600)), guid: newGuid(), origin: victim })
  const posts = Array.from({ length: postsPerFrameMax }, forged)
  let after = 0
  for (let bytes = 0; bytes < floodBytes; ) {
    const frame = encodePostsFrame({ room: testRoom, epoch: raw.epoch, after, next: after + posts.length }, posts)
    yield frame
    bytes += frame.length
    after += posts.length
  }
}

async function flood(raw: RawLink): Promise<void> {
  const { n } = await raw.waitForFrame('resume')
  raw.send({ t: 'start', room: testRoom, n, epoch: raw.epoch, after: 0, head: Number.MAX_SAFE_INTEGER })
  for (const frame of floodOf(raw)) {
    if (raw.ended !== undefined) return
    await new Promise(resolve => raw.ws.send(frame, resolve))
  }
}

test('posts ahead of the acks end the link before they fill the memory', async () => {
  await using hub = await startHub()
  await using cityA = await startEdge({ name: 'City A', hubs: [hub], conf })
  await waitForLinks(hub, 1)
  const links = await linksOf(hub)
  const stream = startStream(writerTo(cityA), 'healthy', 2)
  await stream.flows(200)
  const before = await memoryOf(hub)
  await using raw = await RawLink.connect({ port: hub.port })
  const flooding = flood(raw)
  const end = await waitFor(() => raw.ended, { what: 'the hub to end the link', deadlineMs: 20_000 })
  await flooding
  assert.equal(end.code, 4400)
  await hub.waitForLine(/^\[WARN\] Federation peer "raw" disconnected \(sent \d+ bytes of posts ahead of the acks\)$/)
  const grown = (await memoryOf(hub)) - before
  assert.ok(grown < grownMax, `the hub has grown by ${grown} bytes`)
  await stream.flows(50)
  await stream.stop()
  assert.equal((await linksOf(hub))['City A'], links['City A'])
  await expectEverywhere([hub, cityA], [...stream.acked])
})

test('nor do offers and posts pile up while the store is frozen', async t => {
  const redis = await RedisServer.start(t)
  await using hub = await startHub({ redisUrl: redis.url, conf: hubConf })
  await using cityA = await startEdge({ name: 'City A', hubs: [hub], conf })
  await using raw = await RawLink.connect({ port: hub.port })
  await raw.waitForFrame('resume')
  await waitForLinks(hub, 2)
  const before = await memoryOf(hub)
  redis.freeze()
  const flooding = Promise.all([flood(raw), floodOfOffers(raw)])
  const notReady = async () => (await hub.api.send({ path: '/readyz' })).status === 503
  await waitFor(notReady, { what: 'the hub not to be ready' })
  await flooding
  const grown = (await memoryOf(hub)) - before
  assert.ok(grown < grownMax, `the hub has grown by ${grown} bytes`)
  redis.thaw()
  await cityA.post('after the thaw')
  await expectEverywhere([hub, cityA], ['after the thaw'])
})

async function floodOfOffers(raw: RawLink): Promise<void> {
  const guids = Array.from({ length: 1000 }, newGuid)
  const range = { room: testRoom, epoch: newEpoch(), after: 0, next: guids.length }
  for (let i = 0; i < 1000 && raw.ended === undefined; i += 1) raw.send({ t: 'offer', ...range, guids })
}
