// What an edge says of itself and its neighbours to a console: nothing that it does not know.
import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { type City, type DeliveryState, sampleMs } from '#common/network.ts'
import { idSchema } from '#common/post.ts'
import { LOCAL } from '#common/post-log.ts'
import type { AirState, ReportedSelf } from '#common/spoke-report.ts'
import type { PeerRoomStatus, PeerStatus } from '#common/status.ts'
import { isStandIn, peerCity } from '#edge/network/city-of.ts'
import { DayBytes } from '#edge/network/day-bytes.ts'
import { postDeliveries } from '#edge/network/post-deliveries.ts'
import { Samples } from '#edge/network/samples.ts'
import { MemoryLog } from '#test/support/memory-log.ts'

const ids = { own: 'A'.repeat(43), hub: 'H'.repeat(43), b: 'B'.repeat(43), c: 'C'.repeat(43) }
const since = '2026-01-01T00:00:00.000Z'
const onLink = (changes: Partial<PeerRoomStatus> = {}): PeerRoomStatus => {
  return { room: 'main', toSend: 0, sent: 0, received: 0, caughtUp: true, sends: true, receives: true, ...changes }
}
const peerOf = (changes: Partial<PeerStatus> = {}): PeerStatus => ({
  ...{ name: 'City B', id: ids.b, role: 'edge', address: 'b:5001', direction: 'out', state: 'connected', since },
  ...{ latencyMs: 12.4, bytesIn: 10, bytesOut: 20, lastError: null, rooms: [onLink({ toSend: 2, lagSeconds: 7 })] },
  ...changes,
})
const cityOf = (peer: PeerStatus): City => peerCity({ peer, software: 'meshcore-room/0.1.0', bytesToday: 30, now: 5 })

suite('a neighbour', () => {
  test('that is linked has what it lacks, for how long, and what it may do', () => {
    const { connected, lastSeenAt, latencyMs, backlog, lagSeconds, rights, standing } = cityOf(peerOf())
    assert.deepEqual([connected, lastSeenAt, latencyMs, backlog, lagSeconds, standing], [true, 5, 12, 2, 7, 'open'])
    assert.deepEqual(rights, { main: { read: true, write: true } })
  })

  test('whose link stands by is connected, and what it lacks is not known', () => {
    const { connected, backlog, lagSeconds } = cityOf(peerOf({ state: 'standby' }))
    assert.deepEqual([connected, backlog, lagSeconds], [true, null, null])
  })

  test('that may not read a room lacks nothing of it', () => {
    const secret = (changes: Partial<PeerRoomStatus>) => onLink({ room: 'secret', sends: false, ...changes })
    for (const kept of [secret({ toSend: null }), secret({ toSend: 90, lagSeconds: 9000 })]) {
      const { backlog, lagSeconds } = cityOf(peerOf({ rooms: [onLink({ toSend: 2, lagSeconds: 7 }), kept] }))
      assert.deepEqual([backlog, lagSeconds], [2, 7])
    }
  })

  test('that is away was seen when its link ended, and says why; one that never was there was never seen', () => {
    const away = { state: 'waiting', latencyMs: null, lastError: 'no answer' } as const
    const gone = cityOf(peerOf({ ...away, rooms: [onLink({ toSend: 4 })] }))
    assert.deepEqual([gone.connected, gone.lastSeenAt, gone.why], [false, Date.parse(since), 'no answer'])
    assert.deepEqual([gone.backlog, gone.lagSeconds], [4, null])
    const never = cityOf(peerOf({ ...away, bytesIn: 0, rooms: [onLink({ toSend: null })] }))
    assert.deepEqual([never.lastSeenAt, never.backlog], [null, null])
  })
})

test('who has never been linked has an id by which it can be shown, and which is nobody’s', () => {
  const never = { id: '', state: 'waiting', latencyMs: null, bytesIn: 0, lastError: 'not yet approved' } as const
  const [hub, hubElsewhere] = ['wss://one/federation', 'wss://two/federation'].map(address =>
    cityOf(peerOf({ ...never, role: 'hub', address })),
  )
  const cities = ['b:5001', 'c:5001'].map(address => cityOf(peerOf({ ...never, address })))
  assert.equal(hub?.id, hubElsewhere?.id)
  assert.equal(new Set([hub, ...cities].map(city => city?.id)).size, 3)
  for (const { id } of [...cities, ...(hub ? [hub] : [])]) {
    assert.ok(idSchema.safeParse(id).success, 'it can be asked for')
    assert.ok(isStandIn({ id }))
  }
  assert.equal(hub?.why, 'not yet approved')
  assert.ok(!isStandIn(cityOf(peerOf())))
})

suite('deliveries of a post', () => {
  const own = { id: ids.own, name: 'City A' }

  async function states(peers: readonly PeerStatus[], { from = LOCAL, settled = 0, air }: Given = {}) {
    const log = new MemoryLog('main')
    for (const n of [1, 2, 3]) {
      const guid = `00000000-0000-4000-8000-00000000000${n}`
      await log.append({ from, posts: [{ guid, at: Date.now(), json: JSON.stringify({ origin: ids.c }) }] })
    }
    const [, entry] = await log.readAfter(0, 3)
    assert.ok(entry !== undefined)
    const { cities, storedAt } = postDeliveries({ log, entry, own, air, peers, settledAt: () => settled })
    assert.deepEqual(storedAt, { ...own, receivedAt: entry.receivedAt })
    return Object.fromEntries(cities.map(({ name, state }) => [name, state]))
  }

  interface Given {
    from?: string
    settled?: number
    air?: AirState | undefined
  }

  const expectState = async (peer: PeerStatus, state: DeliveryState | undefined, given: Given = {}) =>
    assert.deepEqual(await states([peer], given), { 'City A': 'stored', ...(state && { 'City B': state }) })

  test('here it is stored, or where it is on its way to the air', async () => {
    assert.deepEqual(await states([]), { 'City A': 'stored' })
    assert.deepEqual(await states([], { air: 'waiting' }), { 'City A': 'waiting' })
  })

  test('at a linked server it is under way until it is acknowledged', async () => {
    await expectState(peerOf(), 'under-way', { settled: 1 })
    await expectState(peerOf(), 'stored', { settled: 2 })
  })

  test('who has sent it, or has written it, has it', async () => {
    await expectState(peerOf(), 'stored', { from: ids.b })
    await expectState(peerOf({ id: ids.c, state: 'waiting' }), 'stored')
  })

  test('who is away has what it had when its link ended', async () => {
    const away = (toSend: number | null) => peerOf({ state: 'waiting', rooms: [onLink({ toSend })] })
    await expectState(away(1), 'stored')
    await expectState(away(2), 'away')
    await expectState(away(null), 'away')
  })

  test('who may not read the room is kept out; nothing is said of who has no such room, or is served by the hub', async () => {
    await expectState(peerOf({ rooms: [onLink({ sends: false })] }), 'kept-out')
    await expectState(peerOf({ rooms: [onLink({ room: 'other' })] }), undefined)
    await expectState(peerOf({ state: 'standby' }), undefined)
    await expectState(peerOf({ state: 'standby' }), 'stored', { settled: 3 })
    await expectState(peerOf({ id: '', state: 'waiting', name: 'Never there' }), undefined)
  })
})

suite('the last day', () => {
  test('has a sample every five minutes, and no more than a day of them', () => {
    const samples = new Samples()
    const city = { ...cityOf(peerOf()), self: { radio: { budgetUsed: 0.3 } } as ReportedSelf }
    for (let i = 0; i < 300; i++) samples.add([city], i * sampleMs)
    const { samples: byId } = samples.of([ids.b, ids.c])
    assert.deepEqual(byId[ids.c], [])
    assert.equal(byId[ids.b]?.length, 288)
    assert.deepEqual(byId[ids.b]?.[0], { at: 12 * sampleMs, latencyMs: 12, backlog: 2, budgetUsed: 0.3 })
  })

  test('of servers that come and go the oldest are forgotten', () => {
    const samples = new Samples()
    for (let i = 0; i < 600; i++) samples.add([{ ...cityOf(peerOf()), id: `${i}` }], i)
    assert.deepEqual([samples.of(['99']).samples['99'], samples.of(['100']).samples['100']?.length], [[], 1])
  })

  test('bytes are counted from midnight on', () => {
    const bytes = new DayBytes()
    const day = 86_400_000
    assert.equal(bytes.today('a', 100, 3 * day), 100)
    assert.equal(bytes.today('a', 150, 4 * day - 1), 150)
    assert.equal(bytes.today('a', 170, 4 * day), 20)
    assert.equal(bytes.today('b', 5, 4 * day), 5)
    assert.equal(bytes.today('a', 400, 6 * day), 230)
  })
})
