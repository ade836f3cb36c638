// What admins may ask by radio, and the answers: those of the firmware in its forms, and ours.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { newIdentity } from '#edge/radio/crypto.ts'
import { answerCommand } from '#edge/room-server/admin-commands.ts'
import type { AdminContext } from '#edge/room-server/admin-context.ts'
import { newMember } from '#edge/room-server/login.ts'
import { type Member, permission } from '#edge/room-server/member.ts'
import { roomSettings } from '#test/support/room-settings.ts'

const admin = 'ad'.repeat(32)
const ana = '0badcafe'.repeat(8)
const room = newIdentity()

function setUp() {
  const settings = roomSettings({ adminPassword: 'master', guestPassword: 'hello' })
  const members = new Map<string, Member>(
    [admin, ana].map(key => [key, { ...newMember(key), permission: key === admin ? permission.admin : 2 }]),
  )
  const adverts: string[] = []
  const context: AdminContext = {
    admin,
    room: { name: 'City A', publicKey: room.publicKey, position: { latitude: 39.7392, longitude: -105 } },
    settings,
    radio: {
      frequencyHz: 869_618_000,
      bandwidthHz: 62_500,
      spreadingFactor: 8,
      codingRate: 8,
      txPowerDbm: 14,
      dutyCycle: 0.1,
      adverts: { zeroHopMs: 120_000, floodMs: 47 * 3_600_000 },
      extraAcks: 1,
      hashBytes: 1,
    },
    members: () => [...members.values()],
    setPermission: (member, granted) => void Object.assign(member, { permission: granted }),
    add: (key, granted) => {
      if (key === 'ff'.repeat(32)) return false
      members.set(key, { ...newMember(key), permission: granted })
      return true
    },
    remove: ({ key }) => void members.delete(key),
    advertise: route => void adverts.push(route),
    federation: () => 'linked with hub; 0 posts to send',
    stats: () => ({
      batteryMillivolts: 0,
      queued: 1,
      noiseFloorDbm: -113,
      lastRssiDbm: -70,
      heard: 5,
      sent: 7,
      airtimeSeconds: 3,
      uptimeSeconds: 60,
      sentFlood: 2,
      sentDirect: 5,
      heardFlood: 1,
      heardDirect: 4,
      faults: 0,
      lastSnrDb: 8.5,
      directTwice: 0,
      floodTwice: 0,
      posts: 1,
      pushes: 2,
    }),
    now: () => Date.UTC(2026, 0, 2, 3, 4, 5),
  }
  return { settings, members, adverts, context, ask: (words: string) => answerCommand(words, context) }
}

test('what the settings screen of an app asks for', () => {
  const { ask } = setUp()
  const answers: Record<string, string> = {
    name: '> City A',
    role: '> room_server',
    'public.key': `> ${Buffer.from(room.publicKey).toString('hex').toUpperCase()}`,
    'guest.password': '> hello',
    'allow.read.only': '> off',
    rf: '> on',
    lat: '> 39.7392',
    lon: '> -105.0',
    radio: '> 869.618,62.5,8,8',
    freq: '> 869.618',
    tx: '> 14',
    dutycycle: '> 10.0%',
    af: '> 9.0',
    'advert.interval': '> 2',
    'flood.advert.interval': '> 47',
    'multi.acks': '> 1',
    'path.hash.mode': '> 0',
    repeat: '> off',
    'owner.info': '> ',
    'prv.key': '??: prv.key',
    txdelay: '??: txdelay',
    acl: 'adadadad:3 0badcafe:2',
    blocked: 'nobody',
  }
  for (const [what, answer] of Object.entries(answers)) assert.equal(ask(`get ${what}`), answer)
})

test('the firmware’s commands, in its forms', () => {
  const { ask, adverts } = setUp()
  assert.match(ask('ver'), /^meshcore-room \d/)
  assert.match(ask(' VER '), /^meshcore-room \d/)
  assert.match(ask('7f|ver'), /^7f\|meshcore-room \d/)
  assert.equal(ask('clock'), '03:04 - 2/1/2026 UTC')
  assert.equal(ask('clock sync'), 'ERR: clock is not set by radio')
  assert.equal(ask('time 1800000000'), '(ERR: clock is not set by radio)')
  assert.equal(ask('advert'), 'OK - Advert sent')
  assert.equal(ask('advert.zerohop'), 'OK - zerohop advert sent')
  assert.deepEqual(adverts, ['flood', 'direct'])
  assert.equal(ask('stats'), 'heard 5, sent 7, on air 3 s, noise -113 dBm')
  assert.equal(ask('stats-core'), '{"battery_mv":0,"uptime_secs":60,"errors":0,"queue_len":1}')
  assert.equal(ask('stats-radio'), '{"noise_floor":-113,"last_rssi":-70,"last_snr":8.5,"tx_air_secs":3}')
  const packets = { recv: 5, sent: 7, flood_tx: 2, direct_tx: 5, flood_rx: 1, direct_rx: 4 }
  assert.equal(ask('stats-packets'), JSON.stringify(packets))
  assert.equal(ask('federation'), 'linked with hub; 0 posts to send')
  assert.equal(ask('neighbors'), 'not supported')
  assert.equal(ask('set name Other'), 'Err - that is set in room.conf')
  assert.equal(ask('set af 1'), 'Err - that is set in room.conf')
  assert.equal(ask('set colour red'), 'unknown config: colour red')
  for (const words of ['reboot', 'clkreboot', 'start ota', 'erase', 'poweroff', 'shutdown'])
    assert.equal(ask(words), 'Err - not by radio; restart the service instead')
  for (const words of ['', 'dance', 'constructor', 'get prv', 'toString'])
    assert.match(ask(words), /^(?:Unknown command|\?\?: prv)$/)
})

test('passwords', () => {
  const { ask, settings } = setUp()
  assert.equal(ask('set guest.password  new guest '), 'OK')
  assert.equal(ask('get guest.password'), '> new guest')
  assert.equal(ask('password new master'), 'password now: new master')
  assert.deepEqual([settings.adminPassword, settings.guestPassword], ['new master', 'new guest'])
  for (const words of ['password', `password ${'x'.repeat(16)}`, 'password new guest', 'set guest.password'])
    assert.match(ask(words), /^Err - /)
  assert.deepEqual(settings.report().passwordsSet, ['admin', 'guest'])
})

test('who may do what', () => {
  const { ask, members, settings } = setUp()
  assert.equal(ask('setperm 0BAD 3'), 'OK')
  assert.equal(members.get(ana)?.permission, 3)
  assert.equal(ask(`setperm ${ana} 0`), 'OK')
  assert.equal(members.has(ana), false)
  assert.equal(ask(`setperm ${ana} 2`), 'OK')
  assert.equal(members.get(ana)?.permission, 2)
  assert.equal(ask('setperm 0bad'), 'OK')
  assert.equal(members.has(ana), false)
  settings.block('0badcafe', 'me')
  for (const words of [
    'setperm',
    'setperm 0ba 1',
    'setperm zzzz 1',
    'setperm 0bad 1',
    `setperm ${ana} 2`,
    `setperm ${'ff'.repeat(32)} 2`,
    `setperm ${'12'.repeat(32)} 0`,
    `setperm ${admin} 4`,
  ])
    assert.match(ask(words), /^Err - /, words)
  assert.equal(members.size, 1)
})

test('kill switch and blocklist', () => {
  const { ask, settings } = setUp()
  assert.equal(ask('rf off'), 'OK')
  assert.equal(settings.isOnAir, false)
  assert.equal(ask('get rf'), '> off')
  assert.equal(ask('rf ON'), 'OK')
  assert.equal(settings.isOnAir, true)
  assert.equal(ask('rf'), 'Err - say rf on, or rf off')
  assert.equal(ask(`block ${ana}`), 'OK - 0badcafe blocked')
  assert.equal(ask('block name:Bad Bot'), 'OK - name:bad bot blocked')
  assert.equal(ask('get blocked'), '0badcafe name:bad bot')
  assert.equal(ask('block adadadad'), 'Err - that is you')
  assert.equal(ask('block'), 'Err - give 8 to 64 hex digits of a key, or name:Some Name')
  assert.equal(ask('unblock 0badcafe'), 'Err - not on the list, as it is written there')
  assert.equal(ask(`unblock ${ana}`), 'OK - 0badcafe unblocked')
  assert.deepEqual(settings.blocked, ['name:bad bot'])
  for (let i = 0; i < 100; i += 1) settings.block(i.toString(16).padStart(8, '0'), 'me')
  assert.match(ask('get blocked'), /^name:bad bot 00000000 .* \+8\d$/)
})

test('whatever is asked, the answer fits', () => {
  const names = ['get ', 'set ', 'password ', 'setperm ', 'block ', 'unblock ', 'time ', 'x|get ', '']
  fc.assert(
    fc.property(fc.constantFrom(...names), fc.string({ unit: 'grapheme', maxLength: 200 }), (name, rest) => {
      const answer = setUp().ask(name + rest)
      assert.ok(Buffer.byteLength(answer) <= 150 && answer.length > 0)
    }),
    { numRuns: 200 },
  )
})
