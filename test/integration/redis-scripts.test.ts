// What the Lua scripts keep in Redis: week sets that expire, a short memory of epochs, bounded reading, unknown hashes.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { newEpoch } from '#common/cursor.ts'
import { LOCAL } from '#common/post-log.ts'
import { roomKeys } from '#hub/redis/redis-keys.ts'
import { RedisServer } from '#test/support/redis-server.ts'
import { guidsOf, newPosts, openStore } from '#test/support/redis-stores.ts'

const room = 'frontrange'
const dayMs = 86_400_000
const weekMs = 7 * dayMs
const keys = roomKeys(room)
const spoke = 'B'.repeat(43)

test('copies of a post with times on both sides of the turn of a week are one post', async t => {
  const { url } = await RedisServer.start(t)
  const log = await (await openStore(t, { url })).log(room)
  const turnAt = Math.floor(Date.now() / weekMs) * weekMs
  for (const [first, second] of [
    [turnAt - 1_000, turnAt + 1_000],
    [turnAt + 1_000, turnAt - 1_000],
    [turnAt - 2 * dayMs, turnAt + dayMs],
  ] as const) {
    const [early] = newPosts(room, 1, first)
    const [late] = newPosts(room, 1, second)
    assert.ok(early !== undefined && late !== undefined)
    const copy = { guid: early.guid, at: late.at, json: late.json.replace(late.guid, early.guid) }
    await log.append({ from: LOCAL, posts: [early] })
    const again = await log.append({ from: spoke, posts: [copy, late] })
    assert.deepEqual(again.conflict || again.verdicts, ['duplicate', 'stored'])
  }
})

test('a week set expires a week after its last post has', async t => {
  const server = await RedisServer.start(t)
  const log = await (await openStore(t, { url: server.url, retentionDays: 10 })).log(room)
  const now = Date.now()
  const week = Math.floor(now / weekMs)
  await log.append({ from: LOCAL, posts: newPosts(room, 1, now) })
  const expiresAt = Number(await server.cli('EXPIRETIME', keys.seen(week))) * 1000
  assert.equal(expiresAt, (week + 1) * weekMs + (10 + 7) * dayMs)
})

test('of the epochs that ended the newest 64 are known', async t => {
  const server = await RedisServer.start(t)
  const log = await (await openStore(t, { url: server.url, watchMs: 60_000 })).log(room)
  const epochs: string[] = []
  for (let n = 1; n <= 70; n += 1) {
    await log.append({ from: LOCAL, posts: newPosts(room, 1) })
    epochs.push(log.head.epoch)
    await server.cli('HSET', keys.room, 'replid', `another-${n}`)
  }
  const { ended } = await log.history()
  assert.equal(ended.size, 64)
  for (const [i, epoch] of epochs.entries()) assert.equal(ended.get(epoch), i < 6 ? undefined : i + 1)
  assert.deepEqual(await log.startFor({ epoch: epochs[9] ?? '', offset: 20 }), {
    after: 10,
    known: true,
    lost: { from: 11, to: 20 },
  })
})

test('a server that has forgotten the scripts is sent them again', async t => {
  const server = await RedisServer.start(t)
  const log = await (await openStore(t, { url: server.url })).log(room)
  const posts = newPosts(room, 2)
  await log.append({ from: LOCAL, posts: posts.slice(0, 1) })
  await server.cli('SCRIPT', 'FLUSH')
  await log.append({ from: LOCAL, posts })
  assert.deepEqual(guidsOf(await log.readAfter(0, 10)), guidsOf(posts))
})

test('a batch of thousands, of many weeks and with expired ones between, keeps its order', async t => {
  const { url } = await RedisServer.start(t)
  const log = await (await openStore(t, { url })).log(room)
  const now = Date.now()
  const posts = Array.from({ length: 2_000 }, (_, i) => newPosts(room, 1, now - (i % 40) * dayMs - 60_000)).flat()
  const result = await log.append({ from: LOCAL, posts })
  assert.ok(!result.conflict)
  const kept = posts.filter(post => post.at >= now - 30 * dayMs)
  assert.equal(result.verdicts.filter(verdict => verdict === 'expired').length, posts.length - kept.length)
  assert.deepEqual(guidsOf(await log.readAfter(0, 3_000)), guidsOf(kept))
  assert.deepEqual(
    result.offsets.filter(offset => offset > 0),
    kept.map((_, i) => i + 1),
  )
})

test('trim drops 10,000 a call, find looks that far back', async t => {
  const { url } = await RedisServer.start(t, { appendfsync: 'no' })
  let now = Date.now()
  // A slow machine takes its time for so many at once.
  const log = await (await openStore(t, { url, deadlineMs: 10_000, now: () => now })).log(room)
  const epoch = newEpoch()
  const [first, second] = newPosts(room, 2)
  const place = { expected: null, next: { epoch, offset: 7 }, under: log.head.epoch }
  await log.append({ from: spoke, posts: first === undefined ? [] : [first], cursor: place })
  await log.append({ from: LOCAL, posts: newPosts(room, 11_000) })
  assert.equal(await log.find(first?.guid ?? ''), undefined)
  assert.equal((await log.readAfter(0, 1))[0]?.fromEpoch, epoch)
  await log.append({ from: LOCAL, posts: newPosts(room, 10_000) })
  const next = { expected: place.next, next: { epoch, offset: 9 }, under: log.head.epoch }
  await log.append({ from: spoke, posts: second === undefined ? [] : [second], cursor: next })
  assert.deepEqual((await log.find(second?.guid ?? ''))?.offset, 21_002)

  now += 1
  const later = now + 30 * dayMs
  const dropped = [await log.trim(later), await log.trim(later), await log.trim(later), await log.trim(later)]
  assert.deepEqual(dropped, [10_000, 10_000, 1_002, 0])
  assert.deepEqual(log.head.first, 21_003)
})

test('a full Redis takes no posts, but the retention, which makes room', async t => {
  const server = await RedisServer.start(t, { appendfsync: 'no', config: { 'maxmemory-policy': 'noeviction' } })
  let now = Date.now()
  const log = await (await openStore(t, { url: server.url, now: () => now })).log(room)
  await log.append({ from: LOCAL, posts: newPosts(room, 1_000) })
  await server.cli('CONFIG', 'SET', 'maxmemory', '1')
  await assert.rejects(log.append({ from: LOCAL, posts: newPosts(room, 1) }), /full \(OOM\): raise maxmemory/)
  now += 31 * dayMs
  assert.equal(await log.trim(now), 1_000)
  assert.equal(await server.cli('XLEN', keys.log), '0')
})
