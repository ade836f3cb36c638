// The same posts come by every path at the same moment: each is stored once, and the rest is counted.
import assert from 'node:assert/strict'
import { mkdtempDisposable } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { identityFromPem, newIdentityPem } from '#common/identity.ts'
import { signPost } from '#common/post.ts'
import { type HubProgram, startEdge, startHub } from '#test/support/programs.ts'
import { RawLink } from '#test/support/raw-link.ts'
import { RedisServer } from '#test/support/redis-server.ts'
import { expectEverywhere, writeBurst } from '#test/support/traffic.ts'

const count = 600
const linksPerInstance = 3
const conf = { federation: { reconnect_max_seconds: 1 } }

test('posts that six servers bring at once through two instances are stored once and counted as duplicates', async t => {
  const redis = await RedisServer.start(t)
  await using first = await startHub({ name: 'hub 1', redisUrl: redis.url })
  await using second = await startHub({ name: 'hub 2', redisUrl: redis.url })
  const hubs = [first, second]
  await using cityA = await startEdge({ name: 'City A', hubs: [first], conf })
  await using cityB = await startEdge({ name: 'City B', hubs: [second], conf })
  await using stack = new AsyncDisposableStack()
  const dialled = hubs.flatMap(({ port }) => Array.from({ length: linksPerInstance }, () => RawLink.connect({ port })))
  const links = (await Promise.all(dialled)).map(link => stack.use(link))

  // Somebody all six have heard, and the hub has not.
  const origin = identityFromPem(newIdentityPem())
  const [scribe] = links
  assert.ok(scribe)
  const now = Date.now()
  const texts = Array.from({ length: count }, (_, n) => `storm ${n + 1}`)
  const posts = texts.map((text, n) => signPost(scribe.post(text, { origin: origin.id, at: now + n }), origin))
  await Promise.all(links.map(link => link.ship(posts)))
  // And once more, when nothing is new any more.
  await Promise.all(links.map(link => link.ship(posts)))

  await expectEverywhere([first, second, cityA, cityB], texts)
  const markers = 4
  const messages = async () => Promise.all(hubs.map(async hub => (await hub.status()).messages))
  const [one, two] = await messages()
  assert.ok(one && two)
  assert.equal(one.stored + two.stored, count + markers)
  assert.equal(one.duplicates + two.duplicates, count * (2 * links.length - 1))
  assert.equal(one.refused + two.refused, 0)
  assert.ok(one.duplicates > 0 && two.duplicates > 0)
})

test('two edges that have the same posts from another hub fill a new one together, each post once', async () => {
  await using dirA = await mkdtempDisposable(join(tmpdir(), 'mcfed-storm-'))
  await using dirB = await mkdtempDisposable(join(tmpdir(), 'mcfed-storm-'))
  const startCity = (name: string, dir: string, hub: HubProgram) => startEdge({ name, dir, hubs: [hub], conf })
  let texts: string[]
  {
    await using oldHub = await startHub({ name: 'old hub' })
    await using cityA = await startCity('City A', dirA.path, oldHub)
    await using cityB = await startCity('City B', dirB.path, oldHub)
    const written = await Promise.all([writeBurst(cityA, 'from A', count), writeBurst(cityB, 'from B', count)])
    texts = await expectEverywhere([oldHub, cityA, cityB], written.flat())
  }
  await using newHub = await startHub({ name: 'new hub' })
  await using cityA = await startCity('City A', dirA.path, newHub)
  await using cityB = await startCity('City B', dirB.path, newHub)
  await expectEverywhere([newHub, cityA, cityB], texts)
})
