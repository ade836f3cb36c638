// Members of a room over a restart of the edge.
import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { createLog } from '#common/log.ts'
import { SqliteStore } from '#common/sqlite/sqlite-store.ts'
import type { Member } from '#edge/room-server/member.ts'
import { storedMembers } from '#edge/room-server/stored-members.ts'

const log = createLog({ json: true, level: 'silent' })

const member: Member = {
  key: 'aa'.repeat(32),
  permission: 2,
  lastTimestamp: 1_790_000_000,
  syncSince: 1_789_999_999,
  ahead: [1_790_000_007],
  askedSince: 1_789_999_998,
  loginAt: 1_790_000_000_123,
  heardAt: 1_790_000_001_234,
  path: { hashBytes: 2, hops: Buffer.from('01020304', 'hex') },
  failures: 2,
}

test('members are there after a restart, each in its room, and their failures are forgotten', async t => {
  const folder = await mkdtemp(join(tmpdir(), 'mcfed-test-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  const open = () => SqliteStore.open({ path: join(folder, 'room.db'), retentionDays: 30, log })
  const damaged: string[] = []
  const first = open()
  const members = storedMembers(first.meta, key => damaged.push(key))
  const other: Member = { ...member, key: 'bb'.repeat(32), path: null }
  members.save('main', member)
  members.save('main', { ...other, syncSince: 1 })
  members.save('main', other)
  members.save('main-2', { ...member, key: 'cc'.repeat(32) })
  members.remove('main', 'dd'.repeat(32))
  first.meta.set(`member:main:${'ee'.repeat(32)}`, '{"permission":9}')
  first.close()
  const second = open()
  t.after(() => second.close())
  const again = storedMembers(second.meta, key => damaged.push(key))
  assert.deepEqual(again.load('main'), [
    { ...member, failures: 0 },
    { ...other, failures: 0 },
  ])
  assert.deepEqual(damaged, [`member:main:${'ee'.repeat(32)}`])
  again.remove('main', member.key)
  assert.deepEqual(
    again.load('main').map(({ key }) => key),
    [other.key],
  )
})
