// A hub's metrics: links as aggregates, and never more series for more spokes or rooms.
import assert from 'node:assert/strict'
import test from 'node:test'
import { renderMetrics } from '#common/metrics/render.ts'
import type { PeerRoomStatus, PeerStatus, Status } from '#common/status.ts'
import { hubFamilies } from '#hub/http/hub-metrics.ts'

const base: Status = {
  name: 'Hub',
  role: 'hub',
  id: 'x',
  version: '0.1.0',
  uptimeSeconds: 60,
  clock: { now: '2025-01-01T00:00:00.000Z', systemOffMs: 0 },
  ready: true,
  reasons: [],
  peers: [],
  traffic: { opened: 9, ended: 7, bytesIn: 1000, bytesOut: 2000 },
  rooms: [],
  messages: { stored: 8, duplicates: 1, expired: 0, refused: 2, sent: 5 },
  queues: { toStore: 3, toSend: 4 },
  clients: { live: 1, lines: 0 },
  gaps: [],
}

function spoke(n: number, latencyMs: number | null, rooms: Partial<PeerRoomStatus>[]): PeerStatus {
  return {
    ...{ name: `City ${n}`, id: `id-${n}`, role: 'edge', address: '192.0.2.1', direction: 'in', state: 'connected' },
    ...{ since: '', latencyMs, bytesIn: n, bytesOut: n, lastError: null },
    rooms: rooms.map(room => ({
      room: 'main',
      toSend: 0,
      lagSeconds: 0,
      sent: 0,
      received: 0,
      caughtUp: true,
      ...room,
    })),
  } as PeerStatus
}

async function linesOf(status: Status): Promise<string[]> {
  const text = await renderMetrics(hubFamilies(status))
  return text.split('\n').filter(line => line.startsWith('mcfed_'))
}

test('links are counted, and their lag, traffic and latency are told of all together', async () => {
  const peers = [
    spoke(1, 10, [{}, { room: 'club', toSend: 3, lagSeconds: 61, caughtUp: false }]),
    spoke(2, 30, [{ toSend: 1, lagSeconds: 2, caughtUp: false }]),
    spoke(3, null, [{ toSend: 5, lagSeconds: null, caughtUp: false }]),
  ]
  const lines = await linesOf({ ...base, peers })
  for (const line of [
    'mcfed_build_info{role="hub",version="0.1.0"} 1',
    'mcfed_links{role="edge",state="connected"} 3',
    'mcfed_links{role="edge",state="standby"} 0',
    'mcfed_links_lag_max_seconds 61',
    'mcfed_links_lag_all_seconds 63',
    'mcfed_links_lagging 2',
    'mcfed_links_caught_up 1',
    'mcfed_links_opened_total 9',
    'mcfed_links_ended_total 7',
    'mcfed_links_received_bytes_total 1000',
    'mcfed_links_sent_bytes_total 2000',
    'mcfed_links_latency_seconds{percentile="50"} 0.01',
    'mcfed_links_latency_seconds{percentile="100"} 0.03',
  ])
    assert.ok(lines.includes(line), `${line} is not in\n${lines.join('\n')}`)
})

test('jobs, when they last went well and how often they did not', async () => {
  const never = { ...{ name: 'silence', runs: 1, failures: 1, lastSuccess: null }, lastError: 'x', lastErrorAt: '' }
  const jobs = [
    { ...never, name: 'retention', runs: 3, lastSuccess: '2025-01-01T00:00:00.000Z', durationMs: 1_500 },
    { ...never, durationMs: null },
  ]
  const lines = await linesOf({ ...base, jobs })
  for (const line of [
    'mcfed_job_last_success_timestamp_seconds{job="retention"} 1735689600',
    'mcfed_job_last_success_timestamp_seconds{job="silence"} Nan',
    'mcfed_job_runs_total{job="retention"} 3',
    'mcfed_job_failures_total{job="silence"} 1',
    'mcfed_job_last_duration_seconds{job="retention"} 1.5',
  ])
    assert.ok(lines.includes(line), line)
})

test('webhooks', async () => {
  const webhook = {
    ...{ name: 'bot', waitingPosts: 12, failingSince: null, nextTry: null, lastError: null, lastErrorAt: null },
    lastSuccess: '2025-01-01T00:00:00.000Z',
    dead: { ranges: 1, posts: 3, total: 7 },
  }
  const lines = await linesOf({ ...base, webhooks: [webhook] })
  for (const line of [
    'mcfed_webhook_waiting_posts{webhook="bot"} 12',
    'mcfed_webhook_dead_total{webhook="bot"} 7',
    'mcfed_webhook_last_success_timestamp_seconds{webhook="bot"} 1735689600',
  ])
    assert.ok(lines.includes(line), line)
})

test('without a link the numbers are there all the same', async () => {
  const lines = await linesOf(base)
  for (const line of [
    'mcfed_links{role="edge",state="connected"} 0',
    'mcfed_links_lag_max_seconds 0',
    'mcfed_links_latency_seconds{percentile="50"} Nan',
  ])
    assert.ok(lines.includes(line), line)
})

test('10,000 spokes are no more series than ten, and name nobody', async () => {
  const spokes = (count: number) => Array.from({ length: count }, (_, n) => spoke(n, n, [{}]))
  const few = await linesOf({ ...base, peers: spokes(10) })
  const many = await linesOf({ ...base, peers: spokes(10_000) })
  assert.equal(many.length, few.length)
  assert.ok(!many.some(line => /City|id-/.test(line)))
})

test('the 100 rooms with the most posts have series of their own, all others one together', async () => {
  const rooms = Array.from({ length: 150 }, (_, n) => ({
    ...{ room: n === 0 ? 'other' : `r${n}`, epoch: '', first: 1, head: 1000 - n, stored: 1000 - n },
  }))
  const lines = await linesOf({ ...base, rooms })
  const posts = lines.filter(line => line.startsWith('mcfed_room_posts'))
  const summed = rooms.slice(100).reduce((sum, { stored }) => sum + stored, 0)
  assert.equal(posts.length, 101)
  assert.ok(posts.includes('mcfed_room_posts{room="other"} 1000'), 'a room may be called so')
  assert.ok(posts.includes('mcfed_room_posts{room="r99"} 901'))
  assert.ok(posts.includes(`mcfed_room_posts{room="_other"} ${summed}`))
  assert.ok(lines.includes('mcfed_rooms{role="hub"} 150'))
})
