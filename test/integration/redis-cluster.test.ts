// A hub's store on a Redis Cluster: every tag of the keys, whatever is kept beside the rooms, a frozen node, and one that fails over.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { after, before, test } from 'node:test'
import type { Cluster } from 'ioredis'
import { StoreUnavailableError } from '#common/errors.ts'
import { LOCAL, type NewPost, type PostLog } from '#common/post-log.ts'
import { connectRedis } from '#hub/redis/redis-connections.ts'
import { openRedisHubStore } from '#hub/redis/redis-hub-store.ts'
import { roomKeys, tagOf, tagParts } from '#hub/redis/redis-keys.ts'
import { newToken } from '#hub/registry/tokens.ts'
import { cardOf, knownOf, newDirectory, newIdentity } from '#test/support/cards.ts'
import { RedisCluster } from '#test/support/redis-cluster.ts'
import type { Cleanup, RedisServer } from '#test/support/redis-server.ts'
import { guidsOf, newPosts, openStore, storeOptions, whenReady } from '#test/support/redis-stores.ts'
import { CountedJob, openUpkeep } from '#test/support/upkeep.ts'
import { waitFor } from '#test/support/wait-for.ts'

/** Of a store whose node does not answer. */
const deadlineMs = 1000
let cluster: RedisCluster
const atEnd: (() => Promise<void>)[] = []

before(async () => {
  cluster = await RedisCluster.start({ after: end => atEnd.push(end) }, { replicas: true })
})
after(async () => {
  for (const end of atEnd) await end()
})

async function hubStore(test: Cleanup) {
  const store = await openRedisHubStore(storeOptions({ conf: cluster.conf }))
  test.after(() => store.close())
  return whenReady(store)
}

/** A room of each hash tag. */
function roomOfEachTag(): string[] {
  const rooms = new Map<number, string>()
  for (let n = 0; rooms.size < tagParts.length; n += 1) rooms.set(tagOf(`room-${n}`), `room-${n}`)
  return [...rooms.values()]
}

test('what one instance stores, says and keeps, the other has, whatever node it is on', async t => {
  const [a, b] = [await hubStore(t), await hubStore(t)]
  const rooms = roomOfEachTag()
  const logs = await Promise.all(rooms.map(async room => [await a.log(room), await b.log(room)] as const))
  const posts = rooms.map(room => newPosts(room, 3))
  await Promise.all(logs.map(([log], i) => log.append({ from: LOCAL, posts: posts[i] ?? [] })))
  await waitFor(() => logs.every(([, log]) => log.head.head === 3), { what: 'the other instance to hear of all rooms' })
  for (const [i, [one, other]] of logs.entries()) {
    assert.deepEqual(guidsOf(other.tail.readAfter(0, 10) ?? []), guidsOf(posts[i] ?? []))
    assert.equal(other.head.epoch, one.head.epoch)
  }
  assert.deepEqual((await b.rooms()).sort(), rooms.sort())
  assert.deepEqual([await a.nextAt(1_000), await b.nextAt(1_000)], [1_000, 1_001])

  const fences: string[] = []
  b.onFence((spoke, link) => fences.push(`${spoke} ${link}`))
  const spokes = ['one', 'two', 'three', 'four', 'five']
  for (const spoke of spokes) await a.publishFence(spoke, 'link')
  await waitFor(() => fences.length === spokes.length, { what: 'the fences' })
  assert.deepEqual(fences.sort(), spokes.map(spoke => `${spoke} link`).sort())

  const pem = await a.identityPem('the first')
  assert.equal(await b.identityPem('the second'), pem)
  await a.notes.set('job:x', 'well')
  assert.equal(await b.notes.get('job:x'), 'well')
  const { token, record } = newToken('admin')
  await a.registry.addToken(record)
  assert.deepEqual(await b.registry.findToken(token), record)
  const [mine, theirs] = [newDirectory('a'), newDirectory('b')]
  await a.keepCards(mine)
  await b.keepCards(theirs)
  const card = cardOf(newIdentity())
  mine.learn([knownOf(card)])
  await waitFor(() => theirs.get(card.id), { what: 'the card' })
})

test('a config that takes one of its nodes for the only Redis is told so', async t => {
  const [{ conf }] = cluster.masters as [RedisServer]
  const store = await openStore(t, { conf, mayBeAway: true })
  assert.equal(store.ready, false)
  assert.match(store.reason, /it is a node of a cluster: name others of them in redis_cluster/)
})

test('a connection that is closed while it asks who serves what keeps no program from ending', async () => {
  const client = connectRedis({ conf: cluster.conf, name: 'test', deadlineMs: 5000 }) as Cluster
  const ask = client.refreshSlotsCache.bind(client)
  const closed = Promise.withResolvers<void>()
  await once(client, 'ready')
  client.refreshSlotsCache = callback => {
    ask(callback)
    client.disconnect()
    closed.resolve()
  }
  await closed.promise
  const timers = () => process.getActiveResourcesInfo().filter(name => name === 'Timeout')
  await waitFor(timers, { what: 'no timer to be left', until: ({ length }) => length === 0 })
})

test('jobs of upkeep run once over two instances', async t => {
  const counted = new CountedJob()
  const jobs = [counted.job('sweep', { everyMs: 3_600_000 })]
  const [one] = await Promise.all([1, 2].map(() => openUpkeep(t, cluster.conf, jobs)))
  await waitFor(() => counted.ended === 1, { what: 'the job to run' })
  one?.upkeep.wake('sweep')
  await waitFor(() => counted.ended === 2, { what: 'the job to run when it is woken' })
  assert.equal(counted.atOnceMax, 1)
})

test('a frozen node: its rooms are refused in time, the others go on; its replica takes over, and all goes on', async t => {
  const store = await openStore(t, { conf: cluster.conf, deadlineMs })
  const rooms = roomOfEachTag()
  const logs = await Promise.all(rooms.map(room => waitFor(() => store.log(room), { what: `the log of ${room}` })))
  const owners = await Promise.all(rooms.map(room => cluster.ownerOf(roomKeys(room).log)))
  const [frozen] = owners as [RedisServer]
  const epochs = logs.map(log => log.head.epoch)
  const heads = logs.map(log => log.head.head)
  frozen.freeze()
  t.after(async () => frozen.thaw())
  // Only until its replica takes over.
  const isNamed = (reason: string) => reason.includes(`127.0.0.1:${frozen.port} is away`)
  const named = waitFor(() => store.reason, { what: 'the store to say which node', until: isNamed })
  const posts = rooms.map(room => newPosts(room, 1))
  const append = (log: PostLog, i: number) => log.append({ from: LOCAL, posts: posts[i] as NewPost[] })
  // Of two timers the earlier one is first, however late both are on a busy machine.
  let isLate = false
  const late = setTimeout(() => {
    isLate = true
  }, deadlineMs + 1500)
  const outcomes = await Promise.allSettled(logs.map(append))
  clearTimeout(late)
  assert.equal(isLate, false, 'every call is answered in time')
  for (const [i, outcome] of outcomes.entries()) {
    if (owners[i] === frozen) assert.equal(outcome.status, 'rejected')
    if (outcome.status === 'rejected') assert.ok(outcome.reason instanceof StoreUnavailableError)
  }
  // On a busy machine one of the others may be late, too: said again, it is stored.
  const others = logs.flatMap((log, i) =>
    owners[i] === frozen ? [] : [waitFor(() => append(log, i), { what: 'another node to store' })],
  )
  await Promise.all(others)
  await named
  assert.equal(store.ready, true)

  await waitFor(() => store.reason === '', { what: 'the replica to take over' })
  await Promise.all(logs.map((log, i) => waitFor(() => append(log, i), { what: 'every node to store' })))
  frozen.thaw()
  for (const [i, log] of logs.entries()) {
    assert.equal(log.head.head, (heads[i] ?? 0) + 1, 'each post once')
    assert.equal(log.head.epoch === epochs[i], owners[i] !== frozen, 'a new epoch where the node is another')
  }
})
