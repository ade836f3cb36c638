// Who is remembered, and who has to go.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { newIdentity } from '#edge/radio/crypto.ts'
import { decideLogin, newMember } from '#edge/room-server/login.ts'
import { heard, type Permission, permission } from '#edge/room-server/member.ts'
import { Members } from '#edge/room-server/members.ts'

const rules = { adminPassword: 'master', guestPassword: 'hello', allowReadOnly: false }

test('a room that is full forgets the one that was silent for longest, and no admin', () => {
  const saved = new Set<string>()
  const store = {
    load: () => [],
    save: (_room: string, { key }: { key: string }) => void saved.add(key),
    remove: (_room: string, key: string) => void saved.delete(key),
  }
  const members = new Members({ room: 'main', identity: newIdentity(), store, max: 3 })
  const join = (digit: string, { password = 'hello', at = 0 } = {}) => {
    const request = { key: digit.repeat(64), timestamp: 1, syncSince: 0, password }
    const outcome = decideLogin(request, undefined, { rules, now: at })
    assert.ok('member' in outcome)
    heard(outcome.member, at)
    members.save(outcome.member)
  }
  join('a', { password: 'master', at: 1 })
  join('b', { at: 3 })
  assert.equal(members.oldest(), undefined)
  join('c', { at: 2 })
  assert.equal(members.oldest()?.key, 'c'.repeat(64))
  members.remove('c'.repeat(64))
  assert.deepEqual([members.oldest(), [...saved]], [undefined, ['a'.repeat(64), 'b'.repeat(64)]])
})

test('strangers who may only read do not drive out those who may write', () => {
  const store = { load: () => [], save: () => {}, remove: () => {} }
  const members = new Members({ room: 'main', identity: newIdentity(), store, max: 3 })
  const of = (digit: string, granted: Permission, heardAt: number) =>
    members.save({ ...newMember(digit.repeat(64)), permission: granted, heardAt })
  of('a', permission.readWrite, 1)
  of('b', permission.readOnly, 5)
  of('c', permission.readOnly, 4)
  assert.equal(members.oldest()?.key, 'c'.repeat(64))
})
