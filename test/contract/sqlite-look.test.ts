// A database beside the process that has it: read, copied, and never taken for the same one when a copy was put in its place.
import assert from 'node:assert/strict'
import { copyFileSync, cpSync, existsSync, renameSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { copyDatabase, quickCheck, SqliteReader } from '#common/sqlite/sqlite-look.ts'
import { fill, newPath, openStore, room } from './sqlite-files.ts'

function openReader(t: TestContext, path: string): SqliteReader {
  const reader = new SqliteReader(path)
  t.after(() => reader.close())
  return reader
}

function readAll(reader: SqliteReader): string[] {
  const all: string[] = []
  for (let after = 0; ; ) {
    const page = reader.readAfter(room, after, 100)
    all.push(...page.map(({ json }) => json))
    const last = page.at(-1)
    if (last === undefined) return all
    assert.ok(last.offset > after)
    after = last.offset
  }
}

test('a shared database still has one writer', async t => {
  const path = newPath(t)
  const first = openStore(t, path, { isShared: true })
  assert.throws(() => openStore(t, path, { isShared: true }), /in use by another process/)
  await fill(first.log(room), 10)
  first.close()
  assert.equal(openStore(t, path, { isShared: true }).log(room).head.head, 10)
})

test('a reader sees what is committed, while the writer goes on, and leaves epoch and state alone', async t => {
  const path = newPath(t)
  const store = openStore(t, path, { isShared: true })
  const log = store.log(room)
  const posts = await fill(log, 250)
  const { epoch } = log.head
  const reader = openReader(t, path)
  assert.deepEqual(reader.rooms(), [room])
  assert.deepEqual(
    readAll(reader),
    posts.map(({ json }) => json),
  )
  const [later] = await fill(log, 1)
  assert.deepEqual(readAll(reader).at(-1), later?.json)
  assert.deepEqual(reader.readAfter('nowhere', 0, 10), [])
  store.close()
  assert.equal(readAll(reader).length, 251, 'the writer has gone')
  reader.close()
  assert.equal(openStore(t, path, { isShared: true }).log(room).head.epoch, epoch)
})

test('a reader of a database that nobody has open leaves it as it is', async t => {
  const path = newPath(t)
  const store = openStore(t, path, { isShared: true })
  await fill(store.log(room), 5)
  const { epoch } = store.log(room).head
  store.close()
  const reader = new SqliteReader(path)
  assert.equal(readAll(reader).length, 5)
  reader.close()
  assert.equal(openStore(t, path, { isShared: true }).log(room).head.epoch, epoch)
  assert.throws(() => new SqliteReader(join(dirname(path), 'other.db')), /cannot read the database/)
})

test('a copy is sound and whole while posts are stored, and begins a new epoch that remembers the old one', async t => {
  const path = newPath(t)
  const store = openStore(t, path, { isShared: true })
  const log = store.log(room)
  await fill(log, 3000)
  const writing = fill(log, 2000)
  const copy = join(dirname(path), 'copy.db')
  await copyDatabase(path, copy)
  await writing
  assert.equal(quickCheck(copy), '')
  assert.equal(existsSync(`${copy}-wal`), false)
  const { head } = openStore(t, copy, { isShared: true }).log(room)
  assert.ok(head.head >= 3000 && head.head <= 5000, String(head.head))
  assert.notEqual(head.epoch, log.head.epoch)
  const history = await openStore(t, newCopy(t, copy), { isShared: true }).log(room).history()
  assert.equal(history.ended.get(log.head.epoch), head.head)
})

for (const [how, restore] of [
  ['copied over it', (saved: string, path: string) => copyFileSync(saved, path)],
  [
    'copied over it with all its times',
    (saved: string, path: string) => cpSync(saved, path, { preserveTimestamps: true }),
  ],
  ['renamed into its place', (saved: string, path: string) => renameSync(saved, path)],
] as const) {
  test(`an older copy of a database that was closed in order, ${how}, begins a new epoch`, async t => {
    const path = newPath(t)
    const saved = `${path}.saved`
    const first = openStore(t, path)
    await fill(first.log(room), 10)
    const { epoch } = first.log(room).head
    first.close()
    cpSync(path, saved, { preserveTimestamps: true })
    const second = openStore(t, path)
    assert.equal(second.log(room).head.epoch, epoch, 'the file itself goes on')
    await fill(second.log(room), 1)
    second.close()
    restore(saved, path)
    const restored = openStore(t, path).log(room)
    assert.equal(restored.head.head, 10)
    assert.notEqual(restored.head.epoch, epoch)
    assert.equal((await restored.history()).ended.get(epoch), 10, 'what readers saw behind it is known to be lost')
  })
}

test('what stands beside the database belongs to no one else', async t => {
  const path = newPath(t)
  openStore(t, path, { isShared: true }).close()
  for (const end of ['', '.closed', '.lock']) assert.equal(statSync(path + end).mode & 0o007, 0, end)
})

/** `path` is open in this test. */
function newCopy(t: TestContext, path: string): string {
  const copy = newPath(t)
  for (const end of ['', '-wal']) if (existsSync(path + end)) copyFileSync(path + end, copy + end)
  return copy
}
