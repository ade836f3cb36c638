// Who may come in: the firmware's rules, and where ours are kinder.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { GuessGuard } from '#edge/room-server/guess-guard.ts'
import { decideLogin, type LoginRequest } from '#edge/room-server/login.ts'
import { type Member, permission } from '#edge/room-server/member.ts'

const now = 1_790_000_000_000
const second = now / 1000
const rules = { adminPassword: 'master', guestPassword: 'hello', allowReadOnly: false }
const request: LoginRequest = { key: 'aa'.repeat(32), timestamp: second, syncSince: 7, password: 'hello' }

function login(fields: Partial<LoginRequest>, known?: Member, allowReadOnly = false) {
  return decideLogin({ ...request, ...fields }, known, { rules: { ...rules, allowReadOnly }, now })
}

function memberAfter(outcome: ReturnType<typeof decideLogin>): Member {
  assert.ok('member' in outcome, JSON.stringify(outcome))
  return outcome.member
}

test('the password says what a node may do', () => {
  assert.equal(memberAfter(login({})).permission, permission.readWrite)
  assert.equal(memberAfter(login({ password: 'master' })).permission, permission.admin)
  assert.deepEqual(login({ password: 'Hello' }), { refusal: 'wrong password' })
  assert.equal(memberAfter(login({ password: 'Hello' }, undefined, true)).permission, permission.readOnly)
  assert.deepEqual(login({ password: '' }), { refusal: 'wrong password' })
})

test('without passwords in the config nobody comes in, not even with a blank one', () => {
  const none = { allowReadOnly: false }
  for (const password of ['', 'undefined'])
    assert.deepEqual(decideLogin({ ...request, password }, undefined, { rules: none, now }), {
      refusal: 'wrong password',
    })
})

test('a login sets where the node goes on, and a later one needs a later timestamp', () => {
  const member = memberAfter(login({}))
  assert.deepEqual([member.syncSince, member.lastTimestamp, member.loginAt], [7, second, now])
  assert.deepEqual(login({}, member), { refusal: 'replay' })
  assert.equal(memberAfter(login({ timestamp: second + 1, syncSince: 3 }, member)).syncSince, 3)
})

test('a blank password lets in who is known, and changes nothing', () => {
  const member = memberAfter(login({ password: 'master' }))
  const again = login({ password: '', timestamp: second - 100, syncSince: 99 }, member)
  assert.deepEqual(memberAfter(again), { ...member, permission: permission.admin, syncSince: 7 })
})

test('a node whose clock was far ahead is not locked out when it is set back', () => {
  const ahead = memberAfter(login({ timestamp: second + 3600 }))
  assert.equal(memberAfter(login({ timestamp: second + 1 }, ahead)).lastTimestamp, second + 1)
  const little = memberAfter(login({ timestamp: second + 30 }))
  assert.deepEqual(login({ timestamp: second + 1 }, little), { refusal: 'replay' })
})

test('strangers share ten wrong tries, and one more every half minute; members are not held up by them', () => {
  const guard = new GuessGuard()
  const stranger = { isMember: false, now }
  for (let i = 0; i < 10; i += 1) {
    assert.ok(guard.mayTry(`key ${i}`, stranger))
    guard.wrong(`key ${i}`, stranger)
  }
  assert.equal(guard.mayTry('another', stranger), false)
  assert.equal(guard.mayTry('member', { isMember: true, now }), true)
  assert.equal(guard.mayTry('another', { isMember: false, now: now + 30_000 }), true)
  for (let i = 0; i < 10; i += 1) guard.wrong('member', { isMember: true, now })
  assert.equal(guard.mayTry('member', { isMember: true, now }), false)
  assert.equal(guard.mayTry('other member', { isMember: true, now }), true)
})

test('one stranger who keeps on with a wrong password does not use up the tries of the others', () => {
  const guard = new GuessGuard()
  let looked = 0
  for (let minute = 0; minute < 60; minute += 1) {
    for (let i = 0; i < 3; i += 1) {
      const stranger = { isMember: false, now: now + minute * 60_000 + i * 20_000 }
      if (!guard.mayTry('set up wrong', stranger)) continue
      guard.wrong('set up wrong', stranger)
      looked += 1
    }
    assert.equal(guard.mayTry('another', { isMember: false, now: now + minute * 60_000 + 59_000 }), true)
  }
  assert.equal(looked, 8, '3, and one more every 10 minutes')
})

test('a known node whose clock was far ahead is heard again after a blank login, too', () => {
  const ahead = memberAfter(login({ timestamp: second + 3600 }))
  const back = memberAfter(login({ password: '', timestamp: second + 1 }, ahead))
  assert.deepEqual([back.lastTimestamp, back.syncSince], [second + 1, 7])
})
