// Who a post is for, as it is said to who writes it.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { audienceOf, audienceWords } from '#common/console/app/compose/audience.ts'
import type { City } from '#common/network.ts'
import type { ReportedRadio } from '#common/spoke-report.ts'

const radio: ReportedRadio = {
  ...{ state: 'ready', board: null, budgetUsed: 0, budgetSeconds: 360, queued: 0, heard: 0, sent: 0, failed: 0 },
  ...{ noiseFloorDbm: null, lastSnrDb: null, lastRssiDbm: null, batteryMillivolts: null },
}
const self = {
  ...{ uptimeSeconds: 1, systemOffMs: 0, position: null, certificateDays: null, toStore: 0, links: [] },
  radio: null as ReportedRadio | null,
}

function city(name: string, changes: Partial<City> = {}): City {
  return {
    ...{ id: name, name, role: 'edge', standing: 'open', connected: true, lastSeenAt: 1, software: '', address: '' },
    ...{ instance: '', cloned: false, latencyMs: 1, backlog: 0, lagSeconds: 0, toSend: 0, bytesToday: 0 },
    ...{ wanCapBytes: null, rights: { '*': { read: true, write: true } }, reportedAt: 1, self },
    rooms: [{ room: 'main', stored: null, rf: null, members: 0, air: [] }],
    ...changes,
  }
}

const onAir = (name: string) =>
  city(name, {
    rooms: [{ room: 'main', stored: null, rf: true, members: 2, air: [] }],
    self: { ...self, radio },
  })
const told = (cities: readonly City[], role: 'hub' | 'edge') => {
  const { text, isWarning } = audienceWords(audienceOf(cities, 'main'), role)
  return `${isWarning ? '! ' : ''}${text}`
}

test('at a hub the cities of the room are named, and who is away', () => {
  const away = city('Pueblo', { connected: false })
  assert.equal(told([onAir('Denver'), city('Aspen')], 'hub'), 'Goes to Denver and Aspen, 1 of them on the air.')
  assert.equal(
    told([onAir('Denver'), away], 'hub'),
    '! Goes to Denver, on the air there. Pueblo is away and gets it when it is back.',
  )
  assert.equal(told([away], 'hub'), '! No city is linked. Pueblo is away and gets it when it is back.')
  assert.equal(told([onAir('A'), onAir('B')], 'hub'), 'Goes to A and B, all on the air.')
  const many = ['A', 'B', 'C', 'D', 'E'].map(name => city(name))
  assert.equal(told(many, 'hub'), 'Goes to A, B, C and 2 more, not on the air.')
})

test('a room without a city is told', () => {
  const others = [
    city('Elsewhere', { rooms: [] }),
    city('Revoked', { standing: 'revoked' }),
    city('Pending', { standing: 'pending' }),
    city('Old and kept out', { reportedAt: null, rooms: [], rights: { main: { read: false, write: true } } }),
  ]
  assert.match(told(others, 'hub'), /^! No city has this room/)
  assert.match(told([city('Old', { reportedAt: null, rooms: [] })], 'hub'), /^Goes to Old/)
})

test('a room that is called as what every object has is a room', () => {
  const kept = city('Old', { reportedAt: null, rooms: [], rights: { '*': { read: true, write: true } } })
  assert.deepEqual(audienceOf([kept], 'constructor').linked, [kept])
})

test('an edge tells of its own city, its hub and its peers', () => {
  const hub = city('hub', { role: 'hub', rooms: [] })
  const noHub = { ...hub, connected: false }
  assert.match(told([], 'edge'), /^For this city alone/)
  assert.match(told([hub, city('Denver')], 'edge'), /^For this city, and by the hub/)
  assert.equal(told([noHub, city('Denver')], 'edge'), '! The hub is away: it goes to Denver directly.')
  assert.equal(told([city('Denver')], 'edge'), 'It goes to Denver directly.')
  assert.match(told([noHub], 'edge'), /^! The hub is away: it is for this city now/)
  assert.match(told([city('Denver', { connected: false })], 'edge'), /^! No other city is linked: /)
})
