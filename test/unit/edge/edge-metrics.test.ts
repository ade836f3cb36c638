// The metrics say what the status says, and leave nothing behind of peers that are gone.
import assert from 'node:assert/strict'
import test from 'node:test'
import { renderMetrics } from '#common/metrics/render.ts'
import type { Status } from '#common/status.ts'
import { edgeFamilies } from '#edge/edge-metrics.ts'
import { companionSample, radioSample } from '#test/support/radio-sample.ts'

const status: Status = {
  name: 'City A',
  role: 'edge',
  id: 'x',
  version: '0.1.0',
  uptimeSeconds: 60,
  clock: { now: '2025-01-01T00:00:00.000Z', systemOffMs: -1500 },
  ready: false,
  reasons: ['store'],
  peers: [
    {
      name: 'City "B"\n',
      id: 'y',
      role: 'edge',
      address: '192.0.2.1',
      direction: 'in',
      state: 'connected',
      since: '2025-01-01T00:00:00.000Z',
      latencyMs: 12,
      bytesIn: 100,
      bytesOut: 200,
      lastError: null,
      rooms: [{ room: 'frontrange', toSend: 4, sent: 5, received: 6, caughtUp: false }],
    },
  ],
  rooms: [{ room: 'frontrange', epoch: 'AAAAAAAAAAAAAAAA', first: 2, head: 9, stored: 8 }],
  messages: { stored: 8, duplicates: 1, expired: 0, refused: 2, sent: 5 },
  queues: { toStore: 3, toSend: 4 },
  clients: { live: 1, lines: 2 },
  gaps: [],
}

const rendered = (of: Status) => renderMetrics(edgeFamilies(of))

test('server, room and peer metrics with their labels', async () => {
  const lines = (await rendered(status)).split('\n')
  const peer = 'peer="City \\"B\\"\\n",id="y"'
  for (const line of [
    'mcfed_ready{role="edge"} 0',
    'mcfed_clock_off_seconds{role="edge"} -1.5',
    'mcfed_posts_refused_total{role="edge"} 2',
    'mcfed_room_head{room="frontrange"} 9',
    `mcfed_peer_connected{${peer},role="edge"} 1`,
    `mcfed_peer_latency_seconds{${peer},role="edge"} 0.012`,
    `mcfed_peer_sent_bytes_total{${peer},role="edge"} 200`,
    `mcfed_peer_posts_to_send{${peer},room="frontrange"} 4`,
    '# TYPE mcfed_peer_posts_sent_total counter',
  ])
    assert.ok(lines.includes(line), line)
  assert.ok(lines.some(line => line.startsWith('process_cpu_seconds_total')))
})

test('how it stands with a peer, and until when its certificate and ours are good', async () => {
  const certificate = { pin: 'sha256/x', validFrom: '2016-01-01T00:00:00.000Z', validTo: '2026-01-13T00:00:00.000Z' }
  const [peer] = status.peers
  assert.ok(peer !== undefined)
  const known = {
    ...peer,
    latency: { lastMs: 12, medianMs: 13, p90Ms: 40 },
    certificate: { ...certificate, daysLeft: 7 },
    rooms: peer.rooms.map(room => ({ ...room, lagSeconds: 61 })),
  }
  const others = [
    { ...peer, name: 'C', state: 'standby' as const },
    { ...peer, name: 'D', state: 'refused' as const },
  ]
  const own = { ...certificate, daysLeft: 7 }
  const lines = (await rendered({ ...status, peers: [known, ...others], certificate: own })).split('\n')
  const b = 'peer="City \\"B\\"\\n",id="y"'
  for (const line of [
    `mcfed_peer_latency_median_seconds{${b},role="edge"} 0.013`,
    `mcfed_peer_latency_p90_seconds{${b},role="edge"} 0.04`,
    `mcfed_peer_lag_seconds{${b},room="frontrange"} 61`,
    'mcfed_peer_lag_seconds{peer="C",id="y",room="frontrange"} Nan',
    'mcfed_peer_connected{peer="C",id="y",role="edge"} 1',
    'mcfed_peer_standby{peer="C",id="y",role="edge"} 1',
    'mcfed_peer_connected{peer="D",id="y",role="edge"} 0',
    'mcfed_peer_refused{peer="D",id="y",role="edge"} 1',
    `mcfed_peer_certificate_expires_timestamp_seconds{${b},role="edge"} 1768262400`,
    'mcfed_certificate_expires_timestamp_seconds{role="edge"} 1768262400',
  ])
    assert.ok(lines.includes(line), line)
  assert.equal(lines.filter(line => line.startsWith('mcfed_peer_certificate')).length, 1)
  assert.ok(!(await rendered(status)).includes('certificate'))
})

test('what is set of the rooms of an edge', async () => {
  assert.ok(!(await rendered(status)).includes('mcfed_room_rf'))
  const settings = { rf: false, blocked: 3, passwordsSet: [] }
  const [room] = status.rooms
  const lines = (await rendered({ ...status, rooms: room ? [{ ...room, settings }] : [] })).split('\n')
  for (const line of ['mcfed_room_rf{room="frontrange"} 0', 'mcfed_room_blocked{room="frontrange"} 3'])
    assert.ok(lines.includes(line), line)
})

test('a peer that is gone leaves no series', async () => {
  await rendered(status)
  assert.ok(!(await rendered({ ...status, peers: [] })).includes('City'))
})

test('a radio, and who has used how much of its air', async () => {
  const lines = (await rendered({ ...status, radio: { ...radioSample, companion: companionSample } })).split('\n')
  for (const line of [
    'mcfed_companion_texts_total{outcome="echoes"} 3',
    'mcfed_companion_posts_to_say{place="#club",room="main"} 1',
    'mcfed_companion_posts_to_say{place="Old room",room="main"} 2',
    'mcfed_companion_logged_in{place="Old room"} 1',
    'mcfed_radio_ready 1',
    'mcfed_radio_heard_total 9',
    'mcfed_radio_noise_floor_dbm -113',
    'mcfed_radio_budget_used_ratio 0.25',
    'mcfed_radio_last_snr_db 8.25',
    'mcfed_radio_last_rssi_dbm Nan',
    'mcfed_radio_modem_info{board="Heltec V3",version="1"} 1',
    'mcfed_radio_room_airtime_seconds_total{room="main"} 1.5',
    'mcfed_radio_airtime_seconds_total{kind="ack"} 1.5',
  ])
    assert.ok(lines.includes(line), line)
  assert.ok(!lines.some(line => line.startsWith('mcfed_radio_damaged_total')), 'a count that is not known')
  assert.ok(!(await rendered(status)).includes('radio'))
})
