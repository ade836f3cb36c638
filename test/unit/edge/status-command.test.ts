// `meshcore-room status`: what the running server says, for people; and nothing that others made up steers the terminal.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import { test } from 'node:test'
import type { EdgeConf } from '#common/config/edge-conf.ts'
import type { Status } from '#common/status.ts'
import { statusCommand } from '#edge/commands/status-command.ts'

const status: Status = {
  name: 'City A',
  role: 'edge',
  id: 'A'.repeat(43),
  version: '0.1.0',
  uptimeSeconds: 12_000,
  clock: { now: '2026-01-01T00:00:00.000Z', systemOffMs: 0 },
  ready: true,
  reasons: [],
  peers: [
    {
      name: 'hub',
      id: '',
      role: 'hub',
      address: 'wss://hub',
      direction: 'out',
      state: 'waiting',
      since: '2026-01-01T00:00:00.000Z',
      latencyMs: null,
      bytesIn: 0,
      bytesOut: 0,
      lastError: 'no\u001b[2J\nlink   other (hub) connected',
      rooms: [{ room: 'main', toSend: 4, sent: 0, received: 0, caughtUp: false }],
    },
  ],
  servers: Array.from({ length: 21 }, (_, n) => ({
    id: `${n}`.padEnd(43, 'A'),
    name: n === 0 ? 'City\u001b' : `City ${n}`,
    since: '2026-01-01T00:00:00.000Z',
    gateways: [],
  })),
  rooms: [{ room: 'main', epoch: 'e', first: 1, head: 9, stored: 9 }],
  messages: { stored: 9, duplicates: 1, expired: 0, refused: 2, sent: 5 },
  queues: { toStore: 0, toSend: 4 },
  clients: { live: 0, lines: 0 },
  gaps: [{ room: 'main', from: 'hub', posts: 3, why: 'trimmed', at: '2026-01-01T00:00:00.000Z' }],
}

async function said(words: readonly string[], of = status): Promise<string> {
  const server = createServer((_request, response) => {
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify(of))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const conf = { status: { host: '127.0.0.1', port }, clients: {} } as EdgeConf
  let out = ''
  const print = (text: string) => {
    out += text
  }
  try {
    assert.equal(await statusCommand({ conf, words, print, stdin: Readable.from([]) }), 0)
    return out
  } finally {
    server.closeAllConnections()
    server.close()
  }
}

test('for people: a line for each thing', async () => {
  assert.equal(
    await said([]),
    `City A, version 0.1.0, up 3 h 20 min
link   hub (hub) waiting since 2026-01-01T00:00:00Z, 4 to send: no\\u001b[2J\\u000alink   other (hub) connected
knows  City\\u001b, City 1, City 2, City 3, City 4, City 5, City 6, City 7, City 8, City 9, City 10, City 11, City 12, City 13, City 14, City 15, City 16, City 17, City 18, City 19 and 1 more
room   main: 9 posts, newest is 9
posts  9 stored, 5 sent, 1 duplicates, 2 refused since the start
queues 0 to store, 4 to send
gap    3 posts of main are missing, hub has trimmed them (2026-01-01T00:00:00.000Z)
`,
  )
})

const certificate = { pin: 'sha256/x', validFrom: '2016-01-01T00:00:00.000Z', validTo: '2026-01-13T00:00:00.000Z' }

test('a link that is up, one that stands by, one that is down: what each needs', async () => {
  const [hub] = status.peers
  assert.ok(hub !== undefined)
  const room = { room: 'main', toSend: 12, lagSeconds: 7503, sent: 0, received: 0, caughtUp: true }
  const up = {
    ...{ ...hub, name: 'City B', role: 'edge' as const, state: 'connected' as const, latencyMs: 8.8 },
    ...{ latency: { lastMs: 8.8, medianMs: 9.1, p90Ms: 14 }, bytesIn: 1_240_000, bytesOut: 34_567, lastError: 'cut' },
    rooms: [room, { ...room, room: 'two', lagSeconds: 3 }],
    certificate: { ...certificate, daysLeft: 31 },
  }
  const standby = { ...up, name: 'City C', state: 'standby' as const, certificate: { ...certificate, daysLeft: 12 } }
  const refused = {
    ...{ ...hub, name: 'City D', role: 'edge' as const, state: 'refused' as const, lastError: 'another key' },
    ...{ lastErrorAt: '2026-01-01T03:04:05.678Z', certificate: { ...certificate, daysLeft: -1 } },
    rooms: [{ ...room, toSend: null, lagSeconds: null }],
  }
  const own = { ...certificate, daysLeft: 3 }
  const lines = (await said([], { ...status, peers: [up, standby, refused], certificate: own })).split('\n')
  const since = 'since 2026-01-01T00:00:00Z'
  assert.deepEqual(lines.slice(1, 5), [
    'expiry the certificate of this server ends in 3 days: meshcore-room keygen --force makes a new one',
    `link   City B (edge) connected ${since}, latency 8.8 ms (median 9.1, p90 14), 24 to send, the oldest for 2 h 5 min, 1.2 MB in, 35 kB out`,
    `link   City C (edge) standby ${since}, latency 8.8 ms (median 9.1, p90 14), 1.2 MB in, 35 kB out, its certificate ends in 12 days`,
    `link   City D (edge) refused ${since}, its certificate has ended (2026-01-13): another key (2026-01-01T03:04:05Z)`,
  ])
})

test('for programs: as it is', async () => {
  assert.deepEqual(JSON.parse(await said(['--json'])), status)
})

test('the radio, with what it has used of the hour since before the start', async () => {
  const use = { packets: 0, seconds: 0, byKind: {}, byRoom: {}, byAuthor: {} }
  const counts = { heard: 9, sent: 7, failed: 1, damaged: null, reopened: 0, queued: 3 }
  const radio = {
    port: '/dev/ttyACM0',
    state: 'ready' as const,
    modem: { board: 'Heltec V3', version: 1 },
    ...counts,
    noiseFloorDbm: null,
    batteryMillivolts: null,
    temperatureCelsius: null,
    lastSnrDb: null,
    lastRssiDbm: null,
    airtime: { lastHour: use, sinceStart: use },
    budgetUsed: 0.5,
    budgetSeconds: 360,
  }
  const line =
    'radio  /dev/ttyACM0 ready (Heltec V3, firmware 1), 180 s of 360 s on the air in the last hour, 9 heard, 7 sent, 1 failed, 3 wait'
  assert.ok((await said([], { ...status, radio })).split('\n').includes(line))
  const away = { ...radio, state: 'opening' as const, modem: null }
  assert.match(await said([], { ...status, radio: away }), /^radio {2}\/dev\/ttyACM0 opening, /m)

  const companion = {
    ...{ name: 'Gateway', key: 'e2a0f69d58', lastError: null, heard: { posts: 5, duplicates: 4, echoes: 3 } },
    room: {
      ...{ name: 'Old room', key: 'cd', room: 'main', login: 'silent' as const, lastLogin: null, silences: 2 },
      ...{ commandLine: null, toSay: 1 },
    },
    channels: [{ name: '#club', room: 'main', toSay: 0 }],
  }
  const bridged = (await said([], { ...status, radio: { ...radio, companion } })).split('\n')
  for (const one of [
    'bridge companion "Gateway" e2a0f69d, 5 posts, 4 duplicates, 3 echoes heard',
    '       room "Old room": login silent, unanswered 2 times, 1 to say',
    '       channel "#club": 0 to say',
  ])
    assert.ok(bridged.includes(one), `${one} in ${bridged.join('|')}`)
})
