// What the SQLite log keeps of GUIDs in memory and in buckets, and how little a live post writes.
import assert from 'node:assert/strict'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { LOCAL, type PostLog } from '#common/post-log.ts'
import { store as append, at, dayMs, epochA, move, samplePost, samplePosts, serverId } from './log-under-test.ts'
import { crash, fill, newPath, openStore, room } from './sqlite-files.ts'

test('GUIDs stay known, whether still in memory, written in buckets, after restarts and after a kill', async t => {
  const path = newPath(t)
  const store = openStore(t, path)
  const log = store.log(room)
  const posts = await fill(log, 9_000)
  const known = async (of: PostLog) => {
    const unknown = samplePosts(of, 3)
    for (let i = 0; i < posts.length; i += 900) {
      const some = posts.slice(i, i + 900)
      assert.deepEqual(
        await of.missing([...some, ...unknown].map(p => p.guid)),
        unknown.map(p => p.guid),
      )
      assert.equal((await of.find(some[7]?.guid ?? ''))?.offset, i + 8)
      const again = await append(of, { from: serverId(2), posts: some })
      assert.deepEqual([...new Set(again.verdicts)], ['duplicate'])
    }
  }
  await known(log)
  assert.equal(log.head.head, 9_000)
  await known(crash(t, path).log(room))
  store.close()
  await known(openStore(t, path).log(room))
})

test('trimming goes over buckets, leaves the rest whole, and gives their pages back', async t => {
  let now = Date.now()
  const path = newPath(t)
  const store = openStore(t, path, { now: () => now })
  const log = store.log(room)
  const old = await fill(log, 9_000)
  now += 8 * dayMs
  const young = Array.from({ length: 100 }, () => samplePost(room, { at: now }))
  await append(log, { from: LOCAL, posts: young })
  let dropped = 0
  for (let some = await log.trim(now); some > 0; some = await log.trim(now)) dropped += some
  assert.equal(dropped, 9_000)
  assert.deepEqual(log.head, { epoch: log.head.epoch, first: 9_001, head: 9_100 })
  assert.equal(await log.find(old[8_999]?.guid ?? ''), undefined)
  assert.equal((await log.find(young[0]?.guid ?? ''))?.offset, 9_001)
  assert.deepEqual((await append(log, { from: serverId(1), posts: old.slice(0, 2) })).verdicts, ['expired', 'expired'])
  store.close()
  const db = new DatabaseSync(path)
  const left = Number(db.prepare('SELECT count(*) AS count FROM seen').get()?.count)
  db.close()
  assert.ok(left < 4_096, `${left} GUIDs of trimmed buckets are left on disk`)
  const again = openStore(t, path, { now: () => now }).log(room)
  assert.deepEqual(await again.missing(young.map(p => p.guid)), [])
  assert.equal((await again.readAfter(0, 1))[0]?.offset, 9_001)
})

test('GUIDs of posts that were too many go when the retention has passed, also over a restart', async t => {
  let now = Date.now()
  const path = newPath(t)
  const store = openStore(t, path, { now: () => now })
  await fill(store.log(room), 9_000)
  assert.equal(await store.log(room).trim(now, 100), 8_191)
  store.close()
  now += 8 * dayMs
  const again = openStore(t, path, { now: () => now })
  const log = again.log(room)
  const young = Array.from({ length: 100 }, () => samplePost(room, { at: now }))
  await append(log, { from: LOCAL, posts: young })
  assert.equal(await log.trim(now, 100_000), 809)
  again.close()
  const db = new DatabaseSync(path)
  const left = Number(db.prepare('SELECT count(*) AS count FROM seen').get()?.count)
  const notes = Number(db.prepare("SELECT count(*) AS count FROM meta WHERE key LIKE 'retired:%'").get()?.count)
  db.close()
  assert.deepEqual({ left, notes }, { left: 0, notes: 0 })
})

test('a live post of 400 bytes writes less than 4 KB to the write-ahead log', async t => {
  const path = newPath(t)
  const store = openStore(t, path)
  const log = store.log(room)
  await fill(log, 300)
  const before = store.bytes
  for (let i = 0; i < 100; i += 1) {
    const expected = i === 0 ? null : at(epochA, i)
    const posts = [samplePost(room, { text: 'x'.repeat(400) })]
    await append(log, { from: serverId(1), posts, ...move(log, expected, at(epochA, i + 1)) })
  }
  const bytes = (store.bytes - before) / 100
  assert.ok(bytes > 400 && bytes < 4_000, `${bytes} bytes`)
})
