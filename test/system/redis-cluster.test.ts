// A hub on a Redis Cluster: a slot moves and a master dies under load; and where a node is away, only its rooms wait.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { roomKeys } from '#hub/redis/redis-keys.ts'
import { linksOf, waitForLinks } from '#test/support/link-status.ts'
import { type HubProgram, startEdge, startHub, testRoom } from '#test/support/programs.ts'
import { RedisCluster } from '#test/support/redis-cluster.ts'
import type { RedisServer } from '#test/support/redis-server.ts'
import { expectEverywhere, startStream, writerTo } from '#test/support/traffic.ts'
import { waitFor } from '#test/support/wait-for.ts'

const edgeConf = { federation: { reconnect_max_seconds: 1 } }
/** Of another hash tag than `testRoom`, and in a cluster of three on another node. */
const otherRoom = 'plains'

async function storedAt(hub: HubProgram, room: string): Promise<number> {
  return (await hub.status()).rooms.find(found => found.room === room)?.stored ?? 0
}

function long(text: string): string {
  return text.padEnd(590, '.')
}

/** Resolves when the hub has stored one more post of the room than now, with how long it took. */
async function nextStored(hub: HubProgram, room = testRoom): Promise<number> {
  const from = performance.now()
  const count = await storedAt(hub, room)
  await waitFor(() => storedAt(hub, room), { what: `a post in ${room}`, deadlineMs: 60_000, until: now => now > count })
  return performance.now() - from
}

test('a slot moves to another node, then its master dies: nothing is lost, nothing twice', async t => {
  const cluster = await RedisCluster.start(t, { replicas: true })
  const conf = cluster.hubConf
  await using hub = await startHub({ conf })
  await using other = await startHub({ name: 'hub 2', conf })
  await using cityA = await startEdge({ name: 'City A', hubs: [hub], conf: edgeConf })
  await using cityB = await startEdge({ name: 'City B', hubs: [other], conf: edgeConf })
  await waitForLinks(hub, 1)
  await waitForLinks(other, 1)
  const streams = [cityA, cityB].map(edge => startStream(writerTo(edge), edge.name))
  const flow = (count: number) => Promise.all(streams.map(stream => stream.flows(count)))
  await flow(40)

  const { log } = roomKeys(testRoom)
  const from = await cluster.ownerOf(log)
  const to = cluster.masters.find(master => master !== from) as RedisServer
  const epoch = (await hub.status()).rooms[0]?.epoch
  // Half a room here and half of it there: no script may run on such a room, and none does.
  await cluster.moveSlot(await cluster.slotOf(log), from, to, () => flow(40).then(() => {}))
  t.diagnostic(`after the move acks go on within ${(await nextStored(hub)).toFixed(0)} ms`)
  await flow(40)
  assert.notEqual((await hub.status()).rooms[0]?.epoch, epoch, 'the node has another history')

  const stored = await to.cli('XLEN', log)
  await to.kill()
  t.diagnostic(`the master dies with ${stored} posts: acks go on after ${(await nextStored(hub)).toFixed(0)} ms`)
  await flow(40)
  // A node may hear of it later than the hub.
  await waitFor(() => cluster.ownerOf(log), { what: 'all to know the new master', until: owner => owner !== to })
  await Promise.all(streams.map(stream => stream.stop()))
  await expectEverywhere(
    [hub, other, cityA, cityB],
    streams.flatMap(({ acked }) => acked),
  )
})

test('a node without a replica is away: its room waits, the other goes on, links stay, and /readyz says which', async t => {
  const cluster = await RedisCluster.start(t)
  const [away, home] = await Promise.all([otherRoom, testRoom].map(room => cluster.ownerOf(roomKeys(room).log)))
  assert.notEqual(away, home)
  await using hub = await startHub({ conf: cluster.hubConf })
  const rooms = [testRoom, otherRoom].map(room => ({ name: room, federate_as: room, author_posts_per_minute: 0 }))
  const conf = (name: string) => ({ federation: { ...edgeConf.federation, server_name: name }, room: undefined, rooms })
  await using cityA = await startEdge({ name: 'City A', hubs: [hub], conf: conf('City A') })
  await using cityB = await startEdge({ name: 'City B', hubs: [hub], conf: conf('City B') })
  const edges = [cityA, cityB]
  await waitForLinks(hub, 2)
  const links = await linksOf(hub)
  const atHome = startStream(writerTo(cityA), 'home')
  const writeAway = writerTo(cityA, otherRoom)
  const atAway = startStream((text, key) => writeAway(long(text), key), 'away')
  const streams = [atHome, atAway]
  await Promise.all(streams.map(stream => stream.flows(40)))
  const readiness = () => hub.api.send({ path: '/readyz' })
  const isWell = (answer: { text: string }) => answer.text === '{"ready":true,"reasons":[]}'
  await waitFor(readiness, { what: 'the hub to be well', until: isWell })

  await away?.kill()
  const { text } = await waitFor(readiness, {
    what: 'the hub to say what is away',
    until: answer => answer.text.includes(otherRoom),
  })
  t.diagnostic(text)
  assert.ok(text.startsWith('{"ready":true,"reasons":["Redis: 127.0.0.1:'))
  assert.ok(!text.includes(testRoom))
  assert.match((await hub.api.send({ path: '/metrics' })).text, /^mcfed_degraded\{role="hub"\} 1$/m)
  const stored = await storedAt(hub, otherRoom)
  // More than fits a window: what waits must not stand in the way of what does not.
  await atAway.flows(300)
  t.diagnostic(`the next post of the other room is stored after ${(await nextStored(hub)).toFixed(0)} ms`)
  const goal = atHome.acked.length
  await waitFor(async () => (await cityB.posts()).length, {
    what: 'the posts of the other room',
    until: count => count >= goal,
  })
  await atHome.flows(40)
  assert.equal(await storedAt(hub, otherRoom), stored)
  assert.deepEqual(await linksOf(hub), links)

  await away?.start()
  await waitFor(readiness, { what: 'all to be well', deadlineMs: 60_000, until: isWell })
  await Promise.all(streams.map(stream => stream.stop()))
  await expectEverywhere([hub, ...edges], atHome.acked)
  await expectEverywhere([hub, ...edges], atAway.acked.map(long), otherRoom)
  assert.deepEqual(await linksOf(hub), links)
})
