// Redis loses writes, is restarted, wiped or away: nothing acknowledged is claimed that is not there, and all heals by itself.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { newEpoch } from '#common/cursor.ts'
import { StoreUnavailableError } from '#common/errors.ts'
import { LOCAL, type LogChange, type NewPost, type PostLog } from '#common/post-log.ts'
import { roomKeys } from '#hub/redis/redis-keys.ts'
import { RedisServer } from '#test/support/redis-server.ts'
import { guidsOf, newPosts, openStore } from '#test/support/redis-stores.ts'
import { startRelay } from '#test/support/relay.ts'
import { waitFor } from '#test/support/wait-for.ts'

const room = 'frontrange'
const spoke = 'B'.repeat(43)
const spokeEpoch = newEpoch()

/** A master, its replica, and an address that leads to either. */
async function pair(t: Parameters<typeof RedisServer.start>[0]) {
  const master = await RedisServer.start(t)
  const replica = await RedisServer.start(t, { replicaof: master })
  const target = { port: master.port }
  const relay = await startRelay(target)
  t.after(() => relay[Symbol.asyncDispose]())
  const moveTo = (server: RedisServer) => {
    target.port = server.port
    relay.cut()
    relay.heal()
  }
  return { master, replica, moveTo, url: `redis://127.0.0.1:${relay.port}` }
}

function changesOf(log: PostLog): LogChange[] {
  const changes: LogChange[] = []
  log.subscribe(change => changes.push(change))
  return changes
}

test('a promoted replica without the last posts: new epoch everywhere, the cursor is back, the spoke ships again', async t => {
  const { master, replica, moveTo, url } = await pair(t)
  const [a, b] = await Promise.all([openStore(t, { url }), openStore(t, { url })])
  const [logA, logB] = await Promise.all([a.log(room), b.log(room)])
  const { epoch } = logA.head
  const posts = newPosts(room, 8)
  const cursor = (offset: number) => ({ epoch: spokeEpoch, offset })
  const first = { from: spoke, posts: posts.slice(0, 5), cursor: { expected: null, next: cursor(5), under: epoch } }
  await logA.append(first)
  await replica.caughtUpWith(master)
  await replica.cli('REPLICAOF', '127.0.0.1', '1')
  const rest = { from: spoke, posts: posts.slice(5), cursor: { expected: cursor(5), next: cursor(8), under: epoch } }
  await logA.append(rest)
  await waitFor(() => logB.head.head === 8, { what: 'both instances to have all posts' })
  const changes = [changesOf(logA), changesOf(logB)]

  await master.kill()
  await replica.cli('REPLICAOF', 'NO', 'ONE')
  moveTo(replica)

  await waitFor(() => changes.every(list => list.includes('epoch')), {
    what: 'both instances to notice, without a post',
  })
  for (const log of [logA, logB]) {
    assert.deepEqual({ ...log.head, epoch: '' }, { epoch: '', first: 1, head: 5 })
    assert.notEqual(log.head.epoch, epoch)
    assert.equal(log.tail.head, 5)
    assert.deepEqual(await log.startFor({ epoch, offset: 8 }), { after: 5, known: true, lost: { from: 6, to: 8 } })
  }
  assert.equal(logA.head.epoch, logB.head.epoch)
  const refused = { conflict: true, cursor: cursor(5) }
  const under = logA.head.epoch
  const ahead = { ...rest, cursor: { expected: cursor(8), next: cursor(9), under } }
  assert.deepEqual(await logA.append(ahead), refused)
  assert.deepEqual(await logB.append(rest), refused, 'said under the old epoch')
  assert.deepEqual(await logB.append({ ...rest, cursor: { ...rest.cursor, under } }), {
    conflict: false,
    verdicts: ['stored', 'stored', 'stored'],
    offsets: [6, 7, 8],
  })
  await waitFor(() => logA.head.head === 8, { what: 'the other instance to hear of it' })
  assert.deepEqual(guidsOf(await logA.readAfter(0, 10)), guidsOf(posts))
})

test('a replica that takes no writes: nothing is acknowledged until it is promoted', async t => {
  const { replica, master, moveTo, url } = await pair(t)
  const store = await openStore(t, { url })
  const log = await store.log(room)
  const posts = newPosts(room, 2)
  await log.append({ from: LOCAL, posts: posts.slice(0, 1) })
  await replica.caughtUpWith(master)
  moveTo(replica)
  await waitFor(() => !store.ready && /READONLY/.test(store.reason), { what: 'the store to notice the replica' })
  await assert.rejects(log.append({ from: LOCAL, posts }), StoreUnavailableError)
  await replica.cli('REPLICAOF', 'NO', 'ONE')
  await waitFor(() => store.ready, { what: 'the store to be ready again' })
  const result = await log.append({ from: LOCAL, posts })
  assert.deepEqual(result, { conflict: false, verdicts: ['duplicate', 'stored'], offsets: [0, 2] })
})

test('kill -9 under load: what was acknowledged is there, and what was tried again is there once', async t => {
  const server = await RedisServer.start(t)
  const store = await openStore(t, { url: server.url })
  const log = await store.log(room)
  const posts = newPosts(room, 600)
  let acked = 0
  const isUnderLoad = Promise.withResolvers<void>()
  const appendUntilStored = async (post: NewPost) => {
    const tryOnce = () => log.append({ from: LOCAL, posts: [post] }).then(() => true)
    await waitFor(tryOnce, { what: 'the post to be stored' })
    acked += 1
    if (acked === 100) isUnderLoad.resolve()
  }
  const writers = Array.from({ length: 20 }, async (_, n) => {
    for (let i = n; i < posts.length; i += 20) await appendUntilStored(posts[i] as NewPost)
  })
  await isUnderLoad.promise
  const epoch = log.head.epoch
  await server.kill()
  assert.ok(acked < 600, 'it died under load')
  await waitFor(() => !store.ready, { what: 'the store to notice' })
  await server.start()
  await Promise.all(writers)
  const stored = await log.readAfter(0, 1000)
  assert.deepEqual(guidsOf(stored).sort(), guidsOf(posts).sort())
  assert.deepEqual(
    stored.map(entry => entry.offset),
    posts.map((_, i) => i + 1),
  )
  assert.notEqual(log.head.epoch, epoch)
  assert.deepEqual(log.tail.readAfter(590, 10), stored.slice(590))
})

test('FLUSHALL on a quiet hub: noticed without a post, rooms are listed again and the log begins anew', async t => {
  const server = await RedisServer.start(t)
  const store = await openStore(t, { url: server.url })
  const log = await store.log(room)
  const posts = newPosts(room, 4)
  await log.append({ from: LOCAL, posts })
  const stamp = await store.nextAt(1_000)
  const { epoch } = log.head
  const changes = changesOf(log)
  await server.cli('FLUSHALL')
  await waitFor(() => changes.includes('epoch'), { what: 'the log to notice' })
  assert.deepEqual({ ...log.head, epoch: '' }, { epoch: '', first: 1, head: 0 })
  assert.deepEqual(await log.startFor({ epoch, offset: 4 }), { after: 0, known: false })
  assert.deepEqual(await store.rooms(), [room])
  assert.ok((await store.nextAt(1_000)) > stamp, 'stamps do not go back')
  await log.append({ from: spoke, posts })
  assert.equal(log.head.head, 4)
})

test('acknowledged by a replica too, where that is asked for', async t => {
  const { master, replica, url } = await pair(t)
  const store = await openStore(t, { url, waitReplicas: 1, deadlineMs: 6000 })
  const log = await store.log(room)
  const [one, two, three] = newPosts(room, 3) as [NewPost, NewPost, NewPost]
  // A replica that has just attached answers a little later than it says; a caller tries again anyway.
  const storeAtLast = (posts: NewPost[]) =>
    waitFor(() => log.append({ from: LOCAL, posts }), { what: 'the replica to answer' })
  await replica.caughtUpWith(master)
  await storeAtLast([one])
  assert.equal(await replica.cli('XLEN', roomKeys(room).log), '1')
  await replica.kill()
  await assert.rejects(log.append({ from: LOCAL, posts: [two] }), /0 of 1 replicas/)
  await replica.start()
  await storeAtLast([three])
  assert.deepEqual(guidsOf(await log.readAfter(0, 10)), guidsOf([one, two, three]))
})
