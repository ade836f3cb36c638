// An edge tells of its own troubles and those of its links, once, also over a restart.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite, type TestContext, test } from 'node:test'
import { Clock } from '#common/clock.ts'
import { createLog } from '#common/log.ts'
import type { City } from '#common/network.ts'
import { LiveLinks } from '#common/protocol/live-links.ts'
import type { ReportedRadio } from '#common/spoke-report.ts'
import { SqliteStore } from '#common/sqlite/sqlite-store.ts'
import type { PeerStatus } from '#common/status.ts'
import { EdgeAlerts } from '#edge/edge-alerts.ts'
import { ownCity, peerCity } from '#edge/network/city-of.ts'
import { goodRadio, goodSelf } from '#test/support/watched-city.ts'

const minuteMs = 60_000
const [ownId, hubId] = ['A'.repeat(43), 'H'.repeat(43)]

const hub: PeerStatus = {
  ...{ name: 'hub', id: hubId, role: 'hub', address: '', direction: 'out', state: 'connected' },
  ...{ since: '2026-03-01T12:00:00.000Z', latencyMs: 5, bytesIn: 0, bytesOut: 0, lastError: null },
  rooms: [{ room: 'main', toSend: 0, lagSeconds: 0, sent: 0, received: 0, caughtUp: true }],
}

interface Seen {
  radio?: ReportedRadio
  peers?: PeerStatus[]
}

function citiesOf({ radio, peers = [hub] }: Seen): City[] {
  const facts = { software: '', bytesToday: 0, now: 0 }
  const self = { ...goodSelf, radio: radio ?? null }
  const own = ownCity({ ...facts, id: ownId, name: 'City A', wanCapBytes: null, rooms: [], self, toSend: 0 })
  return [own, ...peers.map(peer => peerCity({ ...facts, peer }))]
}

const radio = (state: 'ready' | 'closed') => ({ ...goodRadio, state })

function begin(t: TestContext) {
  const dir = mkdtempSync(join(tmpdir(), 'edge-alerts-'))
  const log = createLog({ json: true, level: 'silent' })
  const store = SqliteStore.open({ path: join(dir, 'room.db'), retentionDays: 30, log })
  t.after(() => {
    store.close()
    rmSync(dir, { recursive: true })
  })
  const world = { at: Date.parse('2026-03-01T12:00:00Z'), cities: citiesOf({}) }
  const now = () => world.at
  const clock = new Clock({ floorAt: 0, systemNow: now, monotonicNow: now })
  const parts = { store, links: new LiveLinks(log), logs: [], clock, log }
  const start = () => new EdgeAlerts(parts, async () => world.cities)
  let edge = start()
  const pass = async (minutes: number, seen: Seen) => {
    world.cities = citiesOf(seen)
    for (let n = 0; n < minutes * 4; n += 1) {
      world.at += minuteMs / 4
      await edge.look()
    }
  }
  const restart = () => {
    edge = start()
  }
  const told = async () => (await edge.alerts.after(0, 100)).map(({ kind, spoke }) => `${kind} ${spoke?.[0] ?? ''}`)
  return { pass, restart, told, store, log: () => edge.alerts.after(0, 100) }
}

suite('alerts of an edge', () => {
  test('the radio that is gone, the hub that is lost, each once, also over a restart', async t => {
    const { pass, restart, told } = begin(t)
    await pass(10, { radio: radio('ready') })
    assert.deepEqual(await told(), [])
    await pass(2, { radio: radio('closed') })
    assert.deepEqual(await told(), ['radio-gone A'])
    restart()
    await pass(4, { radio: radio('closed'), peers: [{ ...hub, state: 'waiting' }] })
    assert.deepEqual(await told(), ['radio-gone A'])
    await pass(2, { radio: radio('closed'), peers: [{ ...hub, state: 'waiting' }] })
    assert.deepEqual(await told(), ['radio-gone A', 'link-lost '])
    restart()
    await pass(2, { radio: radio('ready') })
    assert.deepEqual((await told()).slice(2).toSorted(), ['link-back ', 'radio-back A'])
  })

  test('posts that wait, but not for a link that stands by', async t => {
    const { pass, told } = begin(t)
    const rooms = [
      { room: 'main', toSend: 5, lagSeconds: 700, sent: 0, received: 0, caughtUp: true },
      { room: 'kept out', toSend: 90, lagSeconds: 9_000, sent: 0, received: 0, caughtUp: true, sends: false },
    ]
    await pass(10, { peers: [{ ...hub, state: 'standby', rooms }] })
    assert.deepEqual(await told(), [])
    await pass(6, { peers: [{ ...hub, rooms }] })
    assert.deepEqual(await told(), ['backlog '])
  })

  test('a hub that has another name and no id before the first link is the same one', async t => {
    const { pass, restart, log } = begin(t)
    await pass(6, { peers: [{ ...hub, state: 'waiting' }] })
    restart()
    await pass(10, { peers: [{ ...hub, state: 'waiting', id: '', name: 'hub.example.com:8443' }] })
    await pass(2, {})
    assert.deepEqual(
      (await log()).map(({ text }) => text),
      [
        'there is no link to "hub" for 5 min: posts are kept until it is back',
        'the link to "hub" is back after 16 min',
      ],
    )
  })

  test('a peer is told of by its id, where that is known', async t => {
    const { pass, told } = begin(t)
    const peer: PeerStatus = { ...hub, role: 'edge', name: 'City C', id: 'C'.repeat(43), state: 'refused' }
    await pass(6, { peers: [hub, peer, { ...peer, name: 'City D', id: '' }] })
    assert.deepEqual(await told(), ['link-lost C', 'link-lost '])
  })

  test('a trouble of a peer that the config does not name ends when it is there again, also over a restart', async t => {
    const { pass, restart, told, store } = begin(t)
    const rooms = [{ room: 'main', toSend: 5, lagSeconds: 700, sent: 0, received: 0, caughtUp: true }]
    const guest: PeerStatus = { ...hub, role: 'edge', name: 'City C', id: 'C'.repeat(43) }
    await pass(6, { peers: [hub, { ...guest, rooms }] })
    assert.deepEqual(await told(), ['backlog C'])
    await pass(2, { peers: [hub] })
    restart()
    await pass(2, { peers: [hub] })
    assert.deepEqual(await told(), ['backlog C'])
    await pass(1, { peers: [hub, guest] })
    assert.deepEqual(await told(), ['backlog C', 'backlog-over C'])
    await pass(1, { peers: [hub] })
    assert.equal(store.meta.get('troubles'), '{}')
  })

  test('of many that do not come back the newest are remembered', async t => {
    const { pass, store } = begin(t)
    const rooms = [{ room: 'main', toSend: 5, lagSeconds: 700, sent: 0, received: 0, caughtUp: true }]
    const guests = Array.from({ length: 110 }, (_, i) => ({
      ...hub,
      role: 'edge' as const,
      name: `City ${i}`,
      id: `${i}`,
    }))
    await pass(6, { peers: guests.slice(0, 10).map(guest => ({ ...guest, rooms })) })
    await pass(6, { peers: guests.slice(10).map(guest => ({ ...guest, rooms })) })
    await pass(1, {})
    const names = Object.keys(JSON.parse(store.meta.get('troubles') ?? '{}'))
    assert.deepEqual([names.length, names[0], names.at(-1)], [100, 'peer City 10', 'peer City 109'])
  })

  test('a store that is away ends nothing', async t => {
    const { pass, store } = begin(t)
    await pass(1, {})
    store.close()
    await pass(2, { radio: radio('closed') })
  })
})
