// In whose care floods go.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { keyFromName, transportCode } from '#edge/radio/crypto.ts'
import { noPath, type Packet, type Route } from '#edge/radio/packet.ts'
import { answerRegion, floodIn, noteRegion, regionOf } from '#edge/room-server/regions.ts'

const [denver, boulder, golden] = ['#Denver', '#Boulder', '#Golden'].map(name => ({ name, key: keyFromName(name) }))
const payload = Uint8Array.of(1, 2, 3)

function packet(route: Route, region?: { key: Uint8Array }): Packet {
  const bare = { route, type: 2, path: noPath, payload }
  return region === undefined ? bare : { ...bare, transportCodes: [transportCode(region.key, 2, payload), 0] }
}

test('an answer goes as its request came, and home where that cannot be told', () => {
  assert.ok(denver && boulder && golden)
  const regions = { known: [denver, boulder], home: denver }
  assert.equal(answerRegion(packet('transport-flood', boulder), regions), boulder)
  assert.equal(answerRegion(packet('flood'), regions), undefined)
  assert.equal(answerRegion(packet('transport-flood', golden), regions), denver)
  assert.equal(answerRegion(packet('direct'), regions), denver)
  // The code of a direct packet says nothing of a flood.
  assert.equal(answerRegion(packet('transport-direct', boulder), regions), denver)
  assert.equal(answerRegion(packet('direct'), { known: [], home: undefined }), undefined)
})

test('a push goes by flood where the last flood of its member came from', () => {
  assert.ok(denver && boulder && golden)
  const regions = { known: [denver, boulder], home: denver }
  const basics = {
    key: '',
    permission: 2,
    lastTimestamp: 0,
    syncSince: 0,
    askedSince: 0,
    loginAt: 0,
    heardAt: 0,
    failures: 0,
  } as const
  const member = { ...basics, ahead: [], path: null }
  assert.equal(regionOf(member, regions), denver)
  noteRegion(member, packet('transport-flood', boulder), boulder)
  noteRegion(member, packet('direct'), denver)
  assert.equal(regionOf(member, regions), boulder)
  assert.equal(regionOf(member, { known: [denver], home: denver }), denver, 'a region that is no longer known')
  noteRegion(member, packet('flood'), undefined)
  assert.equal(regionOf(member, regions), undefined)
})

test('a flood in a region bears its code', () => {
  assert.ok(boulder)
  const bare = { type: 2, path: noPath, payload }
  assert.deepEqual(floodIn(undefined, bare), { ...bare, route: 'flood' })
  const code = transportCode(boulder.key, 2, payload)
  assert.deepEqual(floodIn(boulder, bare), { ...bare, route: 'transport-flood', transportCodes: [code, 0] })
})
