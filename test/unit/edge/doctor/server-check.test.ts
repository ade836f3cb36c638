// What the doctor says of the running server and its links: which end must do something, and whether this city is alone.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { EdgeConf, FederationConf } from '#common/config/edge-conf.ts'
import type { PeerStatus, Status } from '#common/status.ts'
import type { Finding } from '#edge/doctor/finding.ts'
import { silentPeers } from '#edge/doctor/peers-check.ts'
import { configAgeFindings, serverFindings } from '#edge/doctor/server-check.ts'
import { type Examined, federationOutlook } from '#edge/doctor/target-check.ts'

const conf = { status: { host: '127.0.0.1', port: 5002 } } as EdgeConf
const peer: PeerStatus = {
  name: 'City B',
  id: 'B'.repeat(43),
  role: 'edge',
  address: '',
  direction: 'out',
  state: 'connected',
  since: new Date().toISOString(),
  latencyMs: null,
  bytesIn: 0,
  bytesOut: 0,
  lastError: null,
  rooms: [{ room: 'main', toSend: 0, sent: 0, received: 0, caughtUp: true }],
}
const statusWith = (...peers: PeerStatus[]) =>
  ({ name: 'City A', version: '0.1.0', uptimeSeconds: 100, ready: true, reasons: [], peers }) as unknown as Status
const words = (findings: readonly Finding[]) =>
  findings.map(({ level, text, advice = '' }) => `${level} ${text} -> ${advice}`)
const ofLink = (facts: Partial<PeerStatus>) =>
  words(serverFindings(conf, { kind: 'running', status: statusWith({ ...peer, ...facts }) }, undefined))[1] ?? ''

test('whoever refuses must do something: here a word of trust, there its operator', () => {
  const ours = 'the key of its certificate has changed; if that is right: meshcore-room trust "City B"'
  assert.match(ofLink({ state: 'refused', lastError: ours }), /^fault .* only then type: meshcore-room trust "City B"$/)
  const theirs = 'it knows this server by another key; its operator must say there: meshcore-room trust "City A"'
  assert.match(ofLink({ state: 'refused', lastError: theirs }), /^fault .* -> ask who runs it: it is they who refuse/)
})

test('while the secret is changed it is said which end needs the new one', () => {
  const linesOf = (facts: Partial<PeerStatus>) =>
    words(serverFindings(conf, { kind: 'running', status: statusWith({ ...peer, ...facts }) }, undefined)).slice(2)
  const [theirs = ''] = linesOf({ direction: 'in', secret: 'previous' })
  assert.match(theirs, /^warn link to edge "City B": "City B" has the previous federation secret only -> tell who runs/)
  assert.match(
    linesOf({ direction: 'in', secret: 'outdated' })[0] ?? '',
    /newer federation secret, and will end this one/,
  )
  assert.deepEqual(linesOf({ direction: 'in', secret: 'current' }), [])
  assert.deepEqual(linesOf({ direction: 'out', secret: 'outdated' }), [], 'said where it is dialled')
  assert.deepEqual(linesOf({ direction: 'in', secret: 'previous', state: 'waiting' }), [])
})

test('a link without a room in common is no good one', () => {
  assert.match(ofLink({}), /^ok .*linked for 0 s/)
  assert.match(ofLink({ rooms: [] }), /^warn .*linked, without a room in common -> .*federate_as/)
})

test('a link that carries a room one way only says which, and that posts are kept', () => {
  const room = { room: 'main', toSend: 0, sent: 0, received: 0, caughtUp: true }
  const said = (sends: boolean, receives: boolean) => ofLink({ role: 'hub', rooms: [{ ...room, sends, receives }] })
  assert.match(said(true, true), /^ok /)
  assert.match(
    said(false, true),
    /^warn .*but room "main" may be read only, our posts are kept -> ask who runs "City B"/,
  )
  assert.match(said(true, false), /room "main" may be written only/)
  assert.match(said(false, false), /room "main" is not served/)
})

test('who only dials us cannot be tried from here', () => {
  assert.match(ofLink({ state: 'waiting' }), /peer "City B" below; it is tried again by itself$/)
  assert.match(ofLink({ state: 'waiting', role: 'hub' }), /of the hub below; it is tried/)
  const silent = { ...peer, state: 'waiting', direction: 'in' } as const
  assert.match(ofLink(silent), /peer "City B" below; only it can dial$/)
  const federation = { peers: [{ name: 'City B', id: peer.id }], listen: { port: 5001 } } as unknown as FederationConf
  assert.match(
    words(silentPeers(federation, statusWith(silent)))[0] ?? '',
    /^warn peer "City B": is not linked, and dials/,
  )
  assert.deepEqual(silentPeers(federation, statusWith({ ...silent, state: 'standby' })), [])
})

test("a city that is linked by somebody else's dialling is not alone", () => {
  const examined = [{ target: { kind: 'peer' }, isProved: false, clocks: [], findings: [] }] as unknown as Examined[]
  assert.match(
    words(federationOutlook(examined, 15_000, [{ ...peer, state: 'waiting' }]))[0] ?? '',
    /this city is alone/,
  )
  assert.deepEqual(federationOutlook(examined, 15_000, [peer]), [])
})

test('a config that was changed since the start is not in force', () => {
  const now = 1_000_000_000
  assert.deepEqual(configAgeFindings(now - 101_000, statusWith(), now), [])
  assert.match(words(configAgeFindings(now - 50_000, statusWith(), now))[0] ?? '', /^warn config: was changed after/)
  assert.deepEqual(configAgeFindings(now + 50_000, statusWith(), now), [], 'by another clock')
})
