// A Redis that is frozen or not there: every call ends by its deadline, the process goes on, and a thaw is enough.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { StoreUnavailableError } from '#common/errors.ts'
import { LOCAL } from '#common/post-log.ts'
import { RedisServer } from '#test/support/redis-server.ts'
import { guidsOf, newPosts, openStore } from '#test/support/redis-stores.ts'
import { waitFor } from '#test/support/wait-for.ts'

const room = 'frontrange'
const deadlineMs = 1000

/** A busy disk is not what is tested here. */
const options = { appendfsync: 'no' } as const

/** With so short a deadline a busy machine may be too late for any call. */
function atLast<T>(call: () => Promise<T>): Promise<NonNullable<T>> {
  return waitFor(call, { what: 'Redis to answer in time' })
}

test('a frozen Redis: every call is refused in time, and works again after the thaw', async t => {
  const server = await RedisServer.start(t, options)
  const url = server.url
  const [store, other] = await Promise.all([openStore(t, { url, deadlineMs }), openStore(t, { url, deadlineMs })])
  const [log, otherLog] = await atLast(() => Promise.all([store.log(room), other.log(room)]))
  const posts = newPosts(room, 3)
  await atLast(() => log.append({ from: LOCAL, posts: posts.slice(0, 1) }))

  server.freeze()
  const calls = {
    append: () => log.append({ from: LOCAL, posts: posts.slice(0, 2) }),
    readAfter: () => log.readAfter(0, 10),
    find: () => log.find(posts[0]?.guid ?? ''),
    missing: () => log.missing(guidsOf(posts)),
    startFor: () => log.startFor(null),
    cursorOf: () => log.cursorOf(LOCAL),
    trim: () => log.trim(Date.now()),
    nextAt: () => store.nextAt(1),
    rooms: () => store.rooms(),
    fence: () => store.bus.publishFence('spoke', 'link'),
  }
  for (let round = 0; round < 3; round += 1) {
    // Of two timers the earlier one is first, however late both are on a busy machine.
    let isLate = false
    const late = setTimeout(() => {
      isLate = true
    }, deadlineMs + 600)
    const refused = Object.entries(calls).map(([name, call]) => assert.rejects(call(), StoreUnavailableError, name))
    await Promise.all(refused)
    clearTimeout(late)
    assert.equal(isLate, false, 'by the deadline')
  }
  await waitFor(() => !store.ready && !other.ready, { what: 'both stores to notice' })
  await assert.rejects(store.log('another-room'), StoreUnavailableError)

  server.thaw()
  await waitFor(() => store.ready && other.ready, { what: 'both stores to be back' })
  const result = await atLast(() => log.append({ from: LOCAL, posts }))
  assert.equal(result.conflict, false)
  await waitFor(() => otherLog.head.head === 3, { what: 'the bus to work again' })
  assert.deepEqual(guidsOf(await atLast(() => otherLog.readAfter(0, 10))), guidsOf(posts), 'each once')
  assert.equal((await atLast(() => store.log('another-room'))).head.head, 0)
})

test('a hub that starts before its Redis is not ready, and becomes so by itself', async t => {
  const server = await RedisServer.start(t, options)
  await server.stop()
  const changes: boolean[] = []
  const store = await openStore(t, { url: server.url, mayBeAway: true })
  store.onChange(ready => changes.push(ready))
  assert.equal(store.ready, false)
  assert.match(store.reason, /ECONNREFUSED/)
  await assert.rejects(store.log(room), StoreUnavailableError)
  await server.start()
  await waitFor(() => store.ready, { what: 'the store to be ready' })
  assert.equal(store.reason, '')
  const log = await store.log(room)
  await log.append({ from: LOCAL, posts: newPosts(room, 1) })
  assert.equal(log.head.head, 1)
  await server.kill()
  await waitFor(() => !store.ready, { what: 'the store to notice' })
  await assert.rejects(log.append({ from: LOCAL, posts: newPosts(room, 1) }), StoreUnavailableError)
  assert.deepEqual(changes, [true, false])
})

test('a Redis that takes no writes makes the hub not ready, and says why', async t => {
  const server = await RedisServer.start(t)
  const store = await openStore(t, { url: server.url })
  const log = await store.log(room)
  await server.cli('CONFIG', 'SET', 'min-replicas-to-write', '1')
  await waitFor(() => !store.ready && /NOREPLICAS/.test(store.reason), { what: 'the store to notice' })
  await assert.rejects(log.append({ from: LOCAL, posts: newPosts(room, 1) }), StoreUnavailableError)
  await server.cli('CONFIG', 'SET', 'min-replicas-to-write', '0')
  await waitFor(() => store.ready, { what: 'the store to be back' })
  await log.append({ from: LOCAL, posts: newPosts(room, 1) })
})
