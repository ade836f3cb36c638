// Two instances of a hub on one Redis: what one stores the other has, in order, and the bus reaches both.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LOCAL } from '#common/post-log.ts'
import { BusReader } from '#hub/redis/bus-reader.ts'
import { connectRedis } from '#hub/redis/redis-connections.ts'
import { busKeyOf, wholePart } from '#hub/redis/redis-keys.ts'
import { RedisServer } from '#test/support/redis-server.ts'
import { guidsOf, newPosts, openStore, single } from '#test/support/redis-stores.ts'
import { startRelay } from '#test/support/relay.ts'
import { waitFor } from '#test/support/wait-for.ts'

test('what one instance appends is in the tail of the other, and its subscribers hear of it', async t => {
  const { url } = await RedisServer.start(t)
  const [a, b] = await Promise.all([openStore(t, { url }), openStore(t, { url })])
  const [logA, logB] = await Promise.all([a.log('frontrange'), b.log('frontrange')])
  assert.equal(logA.head.epoch, logB.head.epoch)
  const heads: number[] = []
  t.after(logB.subscribe(change => change === 'posts' && heads.push(logB.head.head)))
  const posts = newPosts('frontrange', 3)
  await logA.append({ from: LOCAL, posts })
  await waitFor(() => heads.at(-1) === 3, { what: 'the other instance to hear of it' })
  assert.deepEqual(guidsOf(logB.tail.readAfter(0, 10) ?? []), guidsOf(posts))
  assert.deepEqual(logB.tail.readAfter(0, 10), logA.tail.readAfter(0, 10))
})

test('instances that append at once agree on one order, and every tail is without a hole', async t => {
  const { url } = await RedisServer.start(t)
  const stores = await Promise.all([openStore(t, { url }), openStore(t, { url })])
  const logs = await Promise.all(stores.map(store => store.log('frontrange')))
  const posts = newPosts('frontrange', 400)
  // Every post goes to both, in groups of odd sizes, so that most arrive as duplicates somewhere.
  const appends = logs.flatMap((log, n) =>
    Array.from({ length: 40 }, (_, i) =>
      log.append({ from: LOCAL, posts: posts.slice(i * 10, i * 10 + 10 + n * (i % 3)) }),
    ),
  )
  const results = await Promise.all(appends)
  const offsets = results.flatMap(r => (r.conflict ? [] : r.offsets.filter(offset => offset > 0)))
  assert.equal(offsets.length, 400)
  assert.equal(new Set(offsets).size, 400)
  for (const log of logs) {
    await waitFor(() => log.head.head === 400, { what: 'the tail to be complete' })
    assert.deepEqual(log.tail.readAfter(0, 1000), await log.readAfter(0, 1000))
  }
})

test('a hole too long to fill: the tail begins anew behind it and the rest is read from the store', async t => {
  const { url } = await RedisServer.start(t)
  const [a, b] = await Promise.all([openStore(t, { url }), openStore(t, { url })])
  const [logA, logB] = await Promise.all([a.log('frontrange'), b.log('frontrange')])
  await logA.append({ from: LOCAL, posts: newPosts('frontrange', 3000) })
  await waitFor(() => logB.head.head === 3000, { what: 'the other instance to catch up' })
  assert.equal(logB.tail.readAfter(0, 10), undefined)
  assert.equal(logB.tail.readAfter(2500, 1000)?.length, 500)
  assert.equal((await logB.readAfter(0, 128)).length, 128)
})

test('all instances list a room that one has created, and take their stamps from one clock', async t => {
  const { url } = await RedisServer.start(t)
  const [a, b] = await Promise.all([openStore(t, { url }), openStore(t, { url })])
  await a.log('frontrange')
  await b.log('plains')
  assert.deepEqual((await a.rooms()).sort(), ['frontrange', 'plains'])
  const stamps: number[] = []
  for (const [store, now] of [
    [a, 5000],
    [b, 4000],
    [a, 5001],
    [b, 9000],
    [a, 1],
  ] as const)
    stamps.push(await store.nextAt(now))
  assert.deepEqual(stamps, [5000, 5001, 5002, 9000, 9001])
})

test('a fence reaches every instance', async t => {
  const { url } = await RedisServer.start(t)
  const stores = await Promise.all([openStore(t, { url }), openStore(t, { url })])
  const heard: string[][] = [[], []]
  for (const [i, store] of stores.entries()) store.bus.onFence((spoke, link) => heard[i]?.push(`${spoke} is ${link}`))
  await stores[0]?.bus.publishFence('spoke-1', 'link-1')
  await stores[1]?.bus.publishFence('spoke-1', 'link-2')
  const both = ['spoke-1 is link-1', 'spoke-1 is link-2']
  await waitFor(() => heard.every(list => list.length === 2), { what: 'both fences everywhere' })
  assert.deepEqual(heard, [both, both])
})

test('a reader of the bus that was away too long says that it may have missed entries', async t => {
  const server = await RedisServer.start(t)
  await using relay = await startRelay(server)
  const command = connectRedis({ conf: server.conf, name: 'command', deadlineMs: 15_000 })
  const throughRelay = single(`redis://127.0.0.1:${relay.port}`)
  const reader = connectRedis({ conf: throughRelay, name: 'reader', deadlineMs: 15_000 })
  for (const redis of [command, reader]) redis.on('error', () => {})
  t.after(() => command.disconnect())
  await waitFor(() => command.status === 'ready' && reader.status === 'ready', { what: 'both connections' })
  const seen: number[] = []
  let missed = 0
  const connection = {
    isConnected: true,
    read: (name: string, args: readonly (string | number)[]) => reader.call(name, [...args]),
    close: () => reader.disconnect(),
  }
  const onEntry = (_field: string, value: string) => seen.push(Number(value.split(' ')[2]))
  const bus = new BusReader({
    ...{ connection, command, onEntry },
    keys: wholePart.buses,
    blockMs: 500,
    onMissed: () => (missed += 1),
  })
  t.after(() => bus.close())
  await bus.rewind()
  const key = busKeyOf('frontrange')
  await command.xadd(key, '*', 'room', 'frontrange AAAAAAAAAAAAAAAA 1')
  await waitFor(() => seen.includes(1), { what: 'the first entry' })
  assert.equal(missed, 0)
  relay.cut()
  for (let head = 2; head <= 700; head += 1) await command.xadd(key, '*', 'room', `frontrange AAAAAAAAAAAAAAAA ${head}`)
  relay.heal()
  await waitFor(() => seen.includes(700), { what: 'the last entry' })
  assert.equal(missed, 1)
  assert.equal(seen.length, 700, 'none twice, none left out')
})
