// What is set of a room at run time: at once, over a restart, and until the config says something new.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RequestError } from '#common/errors.ts'
import { Blocklist, toBlockable } from '#edge/blocklist.ts'
import { roomSettings } from '#test/support/room-settings.ts'

const key = '0badcafe'.repeat(8)
const passwords = { adminPassword: 'master', guestPassword: 'hello' }

function refused(code: string): (error: unknown) => boolean {
  return error => error instanceof RequestError && error.code === code
}

test('the kill switch is kept, and the config stands above it', () => {
  const disk = new Map<string, string>()
  const settings = roomSettings({}, disk)
  assert.equal(settings.isOnAir, true)
  let changes = 0
  const end = settings.subscribe(() => {
    changes += 1
  })
  settings.setOnAir(false, 'me')
  settings.setOnAir(false, 'me')
  assert.deepEqual([settings.isOnAir, changes], [false, 1])
  end()
  const again = roomSettings({}, disk)
  assert.equal(again.isOnAir, false)
  again.setOnAir(true, 'me')
  assert.deepEqual([again.isOnAir, roomSettings({}, disk).isOnAir, changes], [true, true, 1])
  const off = roomSettings({ rf: false }, disk)
  assert.equal(off.isOnAir, false)
  assert.throws(() => off.setOnAir(true, 'me'), refused('off_by_config'))
})

test('what cannot be read may have been the kill switch', () => {
  for (const text of ['', 'no json', '{}', '{"rf":1,"blocked":[]}', '{"rf":true,"blocked":[1]}']) {
    const disk = new Map([['settings:main', text]])
    assert.equal(roomSettings({}, disk).isOnAir, false, text)
  }
  const disk = new Map([['settings:main', 'no json']])
  roomSettings({}, disk).setOnAir(true, 'me')
  assert.equal(roomSettings({}, disk).isOnAir, true)
})

test('nothing is in force that could not be kept', () => {
  const settings = roomSettings(
    {},
    new (class extends Map<string, string> {
      override set(): this {
        throw new Error('disk full')
      }
    })(),
  )
  assert.throws(() => settings.block(key, 'me'), /disk full/)
  assert.throws(() => settings.setOnAir(false, 'me'), /disk full/)
  assert.deepEqual([settings.blocked, settings.isOnAir], [[], true])
})

test('who is blocked: a node by its key or the beginning of it, an author by the name', () => {
  const disk = new Map<string, string>()
  const settings = roomSettings({}, disk)
  assert.equal(settings.block(' 0BADCAFE ', 'me'), '0badcafe')
  settings.block('0badcafe', 'me')
  assert.equal(settings.block('name: Eve  ', 'me'), 'name:eve')
  const { blocked } = roomSettings({}, disk)
  assert.deepEqual(blocked, ['0badcafe', 'name:eve'])
  assert.equal(settings.isBlocked({ name: 'Ana', key }), true)
  assert.equal(settings.isBlocked({ name: 'Ana', key: 'ffffffff' }), false)
  assert.equal(settings.isBlocked({ name: 'Ana' }), false)
  assert.equal(settings.isBlocked({ name: 'EVE' }), true)
  assert.equal(settings.isBlocked({ name: 'Eve', key: 'ffffffff' }), true)
  assert.equal(settings.isBlocked({ name: 'Eveline' }), false)
  assert.equal(settings.unblock('Name:EVE', 'me'), 'name:eve')
  assert.throws(() => settings.unblock(key, 'me'), refused('not_blocked'))
  assert.deepEqual(roomSettings({}, disk).blocked, ['0badcafe'])
  for (const bad of [
    '',
    'zz',
    '0badcaf',
    '0badcafe0',
    `${key}00`,
    'name:',
    'name: ',
    `name:${'x'.repeat(99)}`,
    'name:a\nb',
  ])
    assert.throws(() => settings.block(bad, 'me'), refused('bad_author'), bad)
})

test('the list has an end, and fits on the disk', () => {
  const disk = new Map<string, string>()
  const settings = roomSettings({}, disk)
  for (let i = 0; i < 256; i += 1) settings.block(i.toString(16).padStart(64, '0'), 'me')
  assert.throws(() => settings.block(key, 'me'), refused('too_many_blocked'))
  assert.ok([...disk.values()].every(text => text.length < 32_000))
})

test('a whole key in the list fits an author of whom only the beginning is known', () => {
  const list = new Blocklist([key])
  assert.equal(list.has({ name: 'Ana', key: key.slice(0, 8) }), true)
  assert.equal(list.has({ name: 'Ana', key: '0badcaff' }), false)
  assert.deepEqual(toBlockable(key.toUpperCase()), { entry: key })
})

test('a password set at run time holds until that of the config is another', () => {
  const disk = new Map<string, string>()
  const settings = roomSettings(passwords, disk)
  settings.setPassword('guest', 'welcome', 'me')
  settings.setPassword('admin', 'boss', 'me')
  assert.deepEqual([settings.adminPassword, settings.guestPassword], ['boss', 'welcome'])
  assert.deepEqual(settings.report().passwordsSet, ['admin', 'guest'])
  const again = roomSettings(passwords, disk)
  assert.deepEqual([again.adminPassword, again.guestPassword], ['boss', 'welcome'])
  const changed = roomSettings({ ...passwords, guestPassword: 'moin' }, disk)
  assert.deepEqual([changed.adminPassword, changed.guestPassword], ['boss', 'moin'])
  const back = roomSettings(passwords, disk)
  assert.deepEqual([back.adminPassword, back.guestPassword], ['boss', 'hello'])
  assert.equal([...disk.values()].join().includes('master'), false)
})

test('passwords that will not do, and two that become one', () => {
  const disk = new Map<string, string>()
  const settings = roomSettings(passwords, disk)
  for (const bad of ['', 'x'.repeat(16), 'ééééééééé', 'a\nb', 'hello'])
    assert.throws(() => settings.setPassword('admin', bad, 'me'), refused('bad_password'), bad)
  settings.setPassword('admin', 'boss', 'me')
  const other = roomSettings({ ...passwords, guestPassword: 'boss' }, disk)
  assert.deepEqual([other.adminPassword, other.guestPassword], ['master', 'boss'])
})
