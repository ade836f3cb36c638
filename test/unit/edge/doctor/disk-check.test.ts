// The disk: how much is free, who may write, and whether it is one.
import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'node:test'
import { realFiles } from '#common/config/conf-files.ts'
import { parseEdgeConf } from '#common/config/edge-conf.ts'
import { createLog } from '#common/log.ts'
import { SqliteStore } from '#common/sqlite/sqlite-store.ts'
import { type DiskFacts, diskFindings } from '#edge/doctor/disk-check.ts'
import { lookAtDisk } from '#edge/doctor/look-at-disk.ts'

const sound: DiskFacts = {
  folder: '/data',
  path: '/data/room.db',
  freeBytes: 2e9,
  isVolatile: false,
  isWritable: true,
  databaseBytes: 3_200_000,
  foreignFiles: [],
  damage: undefined,
}
const said = (facts: Partial<DiskFacts>) =>
  diskFindings({ ...sound, ...facts }).map(({ level, text, advice = '' }) => `${level} ${text} ${advice}`.trim())

test('space: a warning below 500 MB, a fault below 50', () => {
  assert.deepEqual(said({}), ['ok disk: 2 GB free in /data, the database has 3.2 MB'])
  assert.match(said({ freeBytes: 499e6 })[0] ?? '', /^warn disk: only 499 MB free in \/data make room: /)
  assert.match(said({ freeBytes: 49e6 })[0] ?? '', /^fault disk: only 49 MB free in \/data make room: /)
})

test('what keeps the server out, and what is lost', () => {
  assert.match(said({ isWritable: false })[1] ?? '', /^fault disk: \/data may not be written by this user/)
  assert.match(
    said({ folder: '/', isWritable: false })[1] ?? '',
    /^warn disk: there is no \/data yet .* install -d -o meshcore -g meshcore \/data$/,
  )
  assert.deepEqual(said({ foreignFiles: ['/data/room.db'] }).slice(1), [
    'fault disk: /data/room.db belongs to root and keeps the room server out chown --reference=/data /data/room.db',
  ])
  assert.match(said({ isVolatile: true })[1] ?? '', /^warn disk: \/data is in memory: all posts are lost/)
  assert.match(
    said({ damage: 'row 3 missing' })[1] ?? '',
    /^fault disk: the database \/data\/room.db is damaged: row 3/,
  )
  assert.deepEqual(said({ damage: '' }).slice(1), ['ok disk: the database is sound'])
})

test('a look leaves no trace, finds damage, and keeps off a database in use', async t => {
  const dir = await mkdtemp(join(tmpdir(), 'mcfed-doctor-'))
  t.after(() => rm(dir, { recursive: true }))
  const conf = parseEdgeConf(`[storage]\npath = "${dir}/data/room.db"`, join(dir, 'room.conf'), realFiles)
  const statfs = () => ({ type: 0x01021994, bsize: 512, bavail: 1000 })
  const look = (isRunning: boolean) => lookAtDisk(conf, { isRunning, deep: false, statfs })
  const { folder, freeBytes, isVolatile, databaseBytes } = look(false)
  assert.deepEqual(
    { folder, freeBytes, isVolatile, databaseBytes },
    {
      folder: dir,
      freeBytes: 512_000,
      isVolatile: true,
      databaseBytes: undefined,
    },
  )

  const log = createLog({ json: false, write: () => {} })
  SqliteStore.open({ path: conf.storagePath, retentionDays: 30, log }).close()
  assert.equal(look(false).damage, '')
  assert.equal(look(true).damage, undefined)
  const store = SqliteStore.open({ path: conf.storagePath, retentionDays: 30, log })
  store.log('main')
  assert.equal(look(false).damage, undefined)
  store.close()
  await writeFile(conf.storagePath, Buffer.alloc(100_000, 7))
  assert.match(look(false).damage ?? '', /file is not a database/)
})
