// The hub is gone for a while: a ring of standby peers carries the posts, and the hub that returns is brought each of them once.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import type { PeerStatus } from '#common/status.ts'
import type { ApiPost } from '#test/support/api-client.ts'
import { waitForStored } from '#test/support/link-status.ts'
import { cityNames, expectAlike, Mesh, postFromAll, ring, waitForAllSent } from '#test/support/mesh.ts'
import type { EdgeProgram, HubProgram } from '#test/support/programs.ts'
import { writeBurst } from '#test/support/traffic.ts'
import { waitFor } from '#test/support/wait-for.ts'

const isLong = process.env.SOAK === '1'
/** Posts of one city while the hub is away: one every four seconds for ten minutes, in a moment or, with SOAK=1, in ten minutes. */
const postsPerCity = 150
const outageMs = 10 * 60_000
const returnMsMax = 60_000
const uploadMax = 1.5
const tookOver = /no hub serves this server for \d+ s: links to peers carry the posts/
const handedBack = /the hub serves this server again: links to peers stand by/

/** What a city writes while the hub is away. */
async function talk(city: EdgeProgram): Promise<string[]> {
  const what = `The road over the pass is closed since noon, take the one by the lake: ${city.name},`
  if (!isLong) return writeBurst(city, what, postsPerCity)
  const texts = Array.from({ length: postsPerCity }, (_, n) => `${what} ${n + 1}`)
  for (const text of texts) {
    await city.post(text)
    await delay(outageMs / postsPerCity)
  }
  return texts
}

/** Bytes of the posts as they stand in a frame, with the signature that the API does not show. */
function bytesOf(posts: readonly ApiPost[]): number {
  const sig = 'A'.repeat(86)
  const inFrame = ({ offset, receivedAt, ...post }: ApiPost) => `${JSON.stringify({ ...post, sig })},`
  return posts.reduce((sum, post) => sum + Buffer.byteLength(inFrame(post)), 0)
}

/** Bytes that came in from the cities that are linked, since the hub was started. */
async function uploaded(hub: HubProgram): Promise<number> {
  return (await hub.status()).peers.reduce((sum, { bytesIn }) => sum + bytesIn, 0)
}

/** The links of cities with each other, as both ends see them. */
async function peersOf(cities: readonly EdgeProgram[]): Promise<PeerStatus[]> {
  const peers = (await Promise.all(cities.map(city => city.status()))).flatMap(status => status.peers)
  return peers.filter(({ role }) => role === 'edge')
}

/** Posts that peers have shipped to each other on the links there are now. */
async function shippedToPeers(cities: readonly EdgeProgram[]): Promise<number> {
  return (await peersOf(cities)).reduce((sum, { rooms }) => sum + (rooms[0]?.sent ?? 0), 0)
}

/** A city that has waited long for its first link to the hub has its peers carry posts until then. */
async function waitForStandby(cities: readonly EdgeProgram[]): Promise<void> {
  await waitFor(() => peersOf(cities), {
    what: 'all peers to stand by',
    deadlineMs: 30_000,
    until: peers => peers.every(({ state }) => state === 'standby'),
  })
}

test('six cities without their hub go on over a ring of standby peers, and bring it each post once when it returns', async t => {
  const conf = isLong ? { federation: { ping_seconds: 20, reconnect_max_seconds: 60, takeover_seconds: 15 } } : {}
  const hubConf = isLong ? { limits: { ping_seconds: 20 } } : {}
  await using mesh = await Mesh.start({ graph: ring(cityNames(6)), hub: { conf: hubConf }, conf })
  const { cities, servers, hub, world } = mesh
  assert.ok(hub)
  await waitForStandby(cities)
  const before = await expectAlike(servers, await postFromAll(cities, 'by the hub'))
  assert.equal(await shippedToPeers(cities), 0, 'peers stand by while the hub serves')

  const uploadedBefore = await uploaded(hub)
  const linesBefore = new Map(cities.map(city => [city, city.lineCount]))
  const linesSince = (city: EdgeProgram) => city.lines.slice(linesBefore.get(city))
  world.isolate('hub')
  const cutAt = Date.now()
  const written = (await Promise.all(cities.map(talk))).flat()
  const alone = await expectAlike(cities, [...before, ...written], 120_000)
  t.diagnostic(`the ring had all ${written.length} posts ${Date.now() - cutAt} ms after the hub was gone`)
  assert.ok(
    !cities.some(city => linesSince(city).some(text => handedBack.test(text))),
    'nobody hands back to a hub that is away',
  )
  await waitFor(async () => (await hub.status()).peers.length === 0, {
    what: 'the hub to see itself alone',
    deadlineMs: 60_000,
  })
  const missing = (await cities[0]?.posts())?.filter(({ text }) => !before.includes(text)) ?? []
  const { messages } = await hub.status()

  world.healAll()
  const healedAt = Date.now()
  await waitForStored(hub, alone.length, 90_000)
  const returnMs = Date.now() - healedAt
  await waitForAllSent(cities)
  const now = (await hub.status()).messages
  const share = ((await uploaded(hub)) - uploadedBefore) / bytesOf(missing)
  t.diagnostic(
    `${missing.length} posts (${bytesOf(missing)} bytes) were at the hub ${returnMs} ms after its return; uploaded ${share.toFixed(2)} times, ${now.duplicates - messages.duplicates} duplicates`,
  )
  assert.ok(returnMs < returnMsMax, `${returnMs} ms`)
  assert.equal(now.stored - messages.stored, missing.length)
  assert.equal(now.duplicates - messages.duplicates, 0, 'each post goes to the hub once')
  assert.ok(share < uploadMax, `${share} times the missing bytes`)

  // And they stand by again: each has taken over once, and handed back once, after the hub had returned.
  for (const city of cities) {
    await city.waitForLine(handedBack, 90_000, linesBefore.get(city))
    const changes = linesSince(city).filter(text => tookOver.test(text) || handedBack.test(text))
    assert.deepEqual(
      changes.map(text => handedBack.test(text)),
      [false, true],
      `${city.name}: ${changes.join('; ')}`,
    )
  }
  const all = await expectAlike(servers, alone)
  await waitForStandby(cities)
  const shipped = await shippedToPeers(cities)
  await expectAlike(servers, [...all, ...(await postFromAll(cities, 'by the hub again'))])
  assert.equal(await shippedToPeers(cities), shipped, 'peers stand by when the hub serves again')
})
