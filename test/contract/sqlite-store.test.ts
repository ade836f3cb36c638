// What the SQLite store promises beside its logs: one process, sound files, epochs, and little wear of the disk.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, existsSync, openSync, readdirSync, statSync, unlinkSync, writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { StoreUnavailableError } from '#common/errors.ts'
import { createLog } from '#common/log.ts'
import { LOCAL } from '#common/post-log.ts'
import { store as append, at, dayMs, epochA, move, samplePost, samplePosts, serverId } from './log-under-test.ts'
import { crash, fill, newPath, openStore, room } from './sqlite-files.ts'

test('a second process is refused; kill -9 of the first lets it in, with a new epoch and all that was stored', async t => {
  const path = newPath(t)
  const script = `
    import { SqliteStore } from '#common/sqlite/sqlite-store.ts'
    import { createLog } from '#common/log.ts'
    const store = SqliteStore.open({ path: process.argv[1], retentionDays: 7, log: createLog({ json: true }) })
    const log = store.log('${room}')
    const posts = [{ guid: crypto.randomUUID(), at: Date.now(), json: '{}' }]
    await log.append({ from: 'local', posts })
    process.stdout.write(log.head.epoch)
    setInterval(() => {}, 1000)`
  const child = spawn(process.execPath, ['--input-type=module-typescript', '-e', script, path])
  t.after(() => child.kill('SIGKILL'))
  const [epoch] = await once(child.stdout, 'data', { signal: AbortSignal.timeout(30_000) })
  assert.throws(() => openStore(t, path), /in use by another process/)
  child.kill('SIGKILL')
  await once(child, 'close', { signal: AbortSignal.timeout(30_000) })
  const { head } = openStore(t, path).log(room)
  assert.equal(head.head, 1)
  assert.notEqual(head.epoch, String(epoch))
})

test('a database is nothing for others on the machine, nor is what stands beside it', async t => {
  const path = newPath(t)
  await fill(openStore(t, path).log(room), 1)
  for (const end of ['', '-wal']) assert.equal(statSync(path + end).mode & 0o007, 0, end)
})

test('a database is opened once, and can be opened again after its close', async t => {
  const path = newPath(t)
  const first = openStore(t, path)
  assert.throws(() => openStore(t, path), /in use by another process/)
  assert.equal(existsSync(path), true, 'a locked file is not taken for a damaged one')
  first.close()
  first.close()
  assert.equal(openStore(t, path).log(room).head.head, 0)
})

for (const [what, damage] of [
  ['is no database', (path: string) => writeFileSync(path, 'posts, but not in SQLite\n'.repeat(100))],
  ['has garbage in its pages', (path: string) => overwrite(path, 4_096)],
  ['has a garbled header', (path: string) => overwrite(path, 0)],
] as const) {
  test(`a file that ${what} is moved aside with an error in the log, and a new one begins`, async t => {
    const path = newPath(t)
    const store = openStore(t, path)
    const epoch = store.log(room).head.epoch
    await fill(store.log(room), 200)
    store.close()
    damage(path)
    const lines: string[] = []
    const log = createLog({ json: false, write: line => lines.push(line) })
    const fresh = openStore(t, path, { log }).log(room)
    assert.equal(fresh.head.head, 0)
    assert.notEqual(fresh.head.epoch, epoch)
    assert.match(
      lines.join(''),
      /^\[ERROR\] The database \S+room\.db is damaged .*moved to \S+room\.db\.damaged-\d{8}T\d+Z/,
    )
    assert.equal(readdirSync(join(path, '..')).filter(name => name.startsWith('room.db.damaged-')).length, 1)
    assert.deepEqual((await append(fresh, { from: LOCAL, posts: samplePosts(fresh, 1) })).offsets, [1])
  })
}

function overwrite(path: string, from: number): void {
  const file = openSync(path, 'r+')
  writeSync(file, Buffer.alloc(8_192, 0xa5), 0, 8_192, from)
  closeSync(file)
}

test("another program's database, and one of a newer version, are refused and left alone", t => {
  const [other, newer] = [newPath(t), newPath(t)]
  const db = new DatabaseSync(other)
  db.exec('CREATE TABLE theirs (id INTEGER)')
  db.close()
  assert.throws(() => openStore(t, other), /belongs to another program/)
  openStore(t, newer).close()
  const ours = new DatabaseSync(newer)
  ours.exec('PRAGMA user_version = 99')
  ours.close()
  assert.throws(() => openStore(t, newer), /has version 99/)
  for (const path of [other, newer]) assert.deepEqual(readdirSync(join(path, '..')), ['room.db'])
})

test('a full disk refuses the append in plain words, keeps what was there, and forgets the refused posts', async t => {
  const store = openStore(t, newPath(t), { bytesMax: 400_000 })
  const log = store.log(room)
  const posts = await fill(log, 100)
  assert.equal(store.fault, '')
  const head = log.head.head
  const bulk = samplePosts(log, 2_000)
  await assert.rejects(log.append({ from: LOCAL, posts: bulk }), (error: unknown) => {
    assert.ok(error instanceof StoreUnavailableError)
    assert.match(error.message, /^the disk is full/)
    return true
  })
  assert.match(store.fault, /^the disk is full/, 'though a smaller write may still fit')
  assert.equal(log.head.head, head)
  assert.equal(log.tail.head, head)
  assert.equal((await log.readAfter(0, 1_000)).length, posts.length)
  assert.equal((await log.missing(bulk.slice(0, 1_000).map(p => p.guid))).length, 1_000)
  assert.deepEqual((await append(log, { from: LOCAL, posts: bulk.slice(0, 1) })).offsets, [head + 1])
})

test('a batch that fails half-way stores nothing, and the log goes on', async t => {
  const log = openStore(t, newPath(t)).log(room)
  const [good, bad] = [samplePost(room), { ...samplePost(room), at: Number.NaN }]
  const cursor = move(log, null, at(epochA, 2))
  await assert.rejects(log.append({ from: serverId(1), posts: [good, bad], ...cursor }))
  assert.equal(log.head.head, 0)
  assert.equal(await log.cursorOf(serverId(1)), null)
  assert.deepEqual(await log.readAfter(0, 10), [])
  assert.deepEqual((await append(log, { from: serverId(1), posts: [good], ...cursor })).offsets, [1])
})

test('a closed store answers with StoreUnavailableError', async t => {
  const store = openStore(t, newPath(t))
  const log = store.log(room)
  const [post] = samplePosts(log, 1)
  await append(log, { from: LOCAL, posts: samplePosts(log, 1) })
  store.close()
  for (const call of [
    () => log.append({ from: LOCAL, posts: [samplePost(room)] }),
    () => log.readAfter(0, 1),
    () => log.cursorOf(serverId(1)),
    () => log.trim(Date.now() + 9 * dayMs),
  ])
    await assert.rejects(call, StoreUnavailableError)
  assert.match(store.fault, /closed/)
  assert.throws(() => store.meta.set('a', post?.guid ?? ''), StoreUnavailableError)
})

test('lastLocalAt is the largest time of a local post, in any room, after restarts, kills, sealing and trimming', async t => {
  const path = newPath(t)
  const store = openStore(t, path)
  assert.equal(store.lastLocalAt(), 0)
  const [a, b] = [store.log('a'), store.log('b')]
  const now = Date.now()
  await append(a, { from: LOCAL, posts: [samplePost('a', { at: now + 500 }), samplePost('a', { at: now + 200 })] })
  await append(b, { from: LOCAL, posts: [samplePost('b', { at: now + 300 })] })
  await append(b, { from: serverId(1), posts: [samplePost('b', { at: now + 9_000 })] })
  assert.equal(store.lastLocalAt(), now + 500)
  assert.equal(crash(t, path).lastLocalAt(), now + 500)
  await fill(a, 5_000)
  await append(a, { from: serverId(2), posts: samplePosts(a, 1) })
  assert.equal(crash(t, path).lastLocalAt(), now + 500, 'in a sealed bucket')
  await append(b, { from: LOCAL, posts: [samplePost('b', { at: now + 700 })] })
  assert.equal(await b.trim(Date.now() + 8 * dayMs), 3)
  assert.equal(crash(t, path).lastLocalAt(), now + 700, 'in a trimmed log')
  store.close()
  assert.equal(openStore(t, path).lastLocalAt(), now + 700)
})

test('rooms are logs of their own: offsets, GUIDs, cursors, epochs; a restart finds them all', async t => {
  const path = newPath(t)
  const store = openStore(t, path)
  const [a, b] = [store.log('a'), store.log('b')]
  assert.equal(store.log('a'), a)
  const posts = samplePosts(a, 3)
  await append(a, { from: serverId(1), posts, ...move(a, null, at(epochA, 3)) })
  assert.deepEqual((await append(b, { from: serverId(2), posts: posts.slice(1) })).offsets, [1, 2])
  assert.equal(await b.cursorOf(serverId(1)), null)
  assert.notEqual(a.head.epoch, b.head.epoch)
  assert.equal(await a.trim(Date.now() + 8 * dayMs), 3)
  assert.equal((await b.readAfter(0, 10))[0]?.json, posts[1]?.json)
  store.close()
  const again = openStore(t, path)
  assert.deepEqual(again.rooms(), ['a', 'b'])
  assert.deepEqual(again.log('b').head, b.head)
  assert.deepEqual(await again.log('a').cursorOf(serverId(1)), at(epochA, 3))
})

test('the newest 64 ended epochs are remembered', async t => {
  const path = newPath(t)
  const epochs: string[] = []
  for (let i = 0; i < 67; i += 1) {
    const store = openStore(t, path)
    epochs.push(store.log(room).head.epoch)
    store.close()
    // As a kill leaves it.
    const db = new DatabaseSync(path)
    db.exec('UPDATE state SET clean = 0')
    db.close()
  }
  const { ended, epoch } = await openStore(t, path).log(room).history()
  assert.deepEqual([...ended.keys()], epochs.slice(-64))
  assert.equal(new Set([...epochs, epoch]).size, 68)
})

test('meta keeps small strings and refuses long ones; a store holds 1,000 rooms', t => {
  const path = newPath(t)
  const store = openStore(t, path)
  assert.equal(store.meta.get('identity'), undefined)
  store.meta.set('identity', 'one')
  store.meta.set('identity', 'two')
  assert.throws(() => store.meta.set('long', 'x'.repeat(32_769)), RangeError)
  for (let i = 0; i < 1_000; i += 1) store.log(`room-${i}`)
  assert.throws(() => store.log('one-more'), /at most 1000 rooms/)
  store.close()
  const again = openStore(t, path)
  assert.equal(again.meta.get('identity'), 'two')
  assert.equal(again.meta.get('long'), undefined)
})

test('nothing is acknowledged that would go to a file which was deleted or replaced', async t => {
  const path = newPath(t)
  const written: string[] = []
  const store = openStore(t, path, { log: createLog({ json: false, write: line => written.push(line) }) })
  const log = store.log(room)
  await append(log, { from: LOCAL, posts: samplePosts(log, 1) })
  unlinkSync(path)
  for (let i = 0; i < 2; i += 1)
    await assert.rejects(append(log, { from: LOCAL, posts: samplePosts(log, 1) }), StoreUnavailableError)
  writeFileSync(path, '')
  await assert.rejects(append(log, { from: LOCAL, posts: samplePosts(log, 1) }), StoreUnavailableError)
  assert.equal(written.filter(line => /^\[ERROR\] .*was deleted or replaced while in use/.test(line)).length, 1)
  assert.match(store.fault, /was deleted or replaced while in use/)
  assert.equal(log.head.head, 1)
})

test('meta lists what begins alike, and forgets what is deleted', t => {
  const path = newPath(t)
  const store = openStore(t, path)
  for (const key of ['member:b:2', 'member:a:1', 'member:b:1', 'member', 'Member:b:3', '%']) store.meta.set(key, key)
  assert.deepEqual(
    store.meta.entries('member:b:').map(([key]) => key),
    ['member:b:1', 'member:b:2'],
  )
  assert.deepEqual(store.meta.entries('%'), [['%', '%']])
  store.meta.delete('member:b:1')
  store.meta.delete('nobody')
  store.close()
  assert.deepEqual(openStore(t, path).meta.entries('member:b:'), [['member:b:2', 'member:b:2']])
})

test('a room may have a retention of its own', async t => {
  const store = openStore(t, newPath(t))
  const [short, long] = [store.log('short', 1), store.log('long', 300)]
  const verdicts = await Promise.all(
    [short, long].map(log =>
      append(log, { from: LOCAL, posts: [samplePost(log.room, { at: Date.now() - 100 * dayMs })] }),
    ),
  )
  assert.deepEqual(
    verdicts.map(result => result.verdicts),
    [['expired'], ['stored']],
  )
})
