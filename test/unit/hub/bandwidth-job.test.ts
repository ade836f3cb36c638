// The bytes of spokes: counted once, added up, and told of when they come near the cap of the spoke's own config.
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { StoreUnavailableError } from '#common/errors.ts'
import { bandwidthJob } from '#hub/upkeep/bandwidth-job.ts'
import { ByteLedger, dayOf, type SpokeBytes, type TrafficStore } from '#hub/upkeep/byte-ledger.ts'
import { dayMs, spokeId, UpkeepWorld } from '#test/support/upkeep-world.ts'

/** The store of two instances. */
class MemoryTraffic implements TrafficStore {
  isAway = false
  readonly days = new Map<string, Map<string, SpokeBytes>>()

  async add(day: string, bytesById: ReadonlyMap<string, SpokeBytes>): Promise<void> {
    if (this.isAway) throw new StoreUnavailableError('away')
    const sums = this.days.get(day) ?? new Map<string, SpokeBytes>()
    for (const [id, { bytes, cap }] of bytesById) sums.set(id, { bytes: (sums.get(id)?.bytes ?? 0) + bytes, cap })
    this.days.set(day, sums)
  }

  async of(day: string): Promise<Map<string, SpokeBytes>> {
    return this.days.get(day) ?? new Map()
  }
}

const a = spokeId('A')

function ledgerOf(t: TestContext, world: UpkeepWorld, store: TrafficStore): ByteLedger {
  const ledger = new ByteLedger({ store, log: world.log, now: world.now })
  t.after(() => ledger.close())
  return ledger
}

test('every byte of a link is counted once, by both instances together, and what a store that is away missed comes later', async t => {
  const world = new UpkeepWorld()
  const traffic = new MemoryTraffic()
  const [one, two] = [ledgerOf(t, world, traffic), ledgerOf(t, world, traffic)]
  const link = { bytesIn: 100, bytesOut: 50 }
  const end = one.open(a, link, 1_000)
  two.open(a, { bytesIn: 7, bytesOut: 0 }, 1_000)
  await Promise.all([one.flush(), two.flush()])
  await one.flush()
  const used = async () => (await traffic.of(dayOf(world.at))).get(a)
  assert.deepEqual(await used(), { bytes: 157, cap: 1_000 })
  traffic.isAway = true
  link.bytesIn += 10
  await one.flush()
  link.bytesOut += 5
  end()
  await one.flush()
  traffic.isAway = false
  await one.flush()
  assert.deepEqual(await used(), { bytes: 172, cap: 1_000 })
  assert.deepEqual(world.lines, [])
})

test('a day has its own sum, which begins with what is written after midnight', async t => {
  const world = new UpkeepWorld()
  const traffic = new MemoryTraffic()
  const ledger = ledgerOf(t, world, traffic)
  const link = { bytesIn: 1, bytesOut: 1 }
  ledger.open(a, link, undefined)
  await ledger.flush()
  world.at += dayMs
  link.bytesIn += 40
  await ledger.flush()
  assert.deepEqual(
    [...traffic.days.values()].map(day => day.get(a)?.bytes),
    [2, 40],
  )
})

test('a spoke near its cap is told of once a day, once more when all is used, and the next day anew', async () => {
  const world = new UpkeepWorld()
  const traffic = new MemoryTraffic()
  const { spokes, notes, alerts, now } = world
  const job = bandwidthJob({ percent: 80, traffic, spokes, notes, alerts, now })
  world.spoke('A', { connected: true })
  const add = (bytes: number) => traffic.add(dayOf(world.at), new Map([[a, { bytes, cap: 10_000_000 }]]))
  await add(7_900_000)
  await traffic.add(dayOf(world.at), new Map([[spokeId('B'), { bytes: 90_000_000, cap: undefined }]]))
  await world.run(job)
  assert.deepEqual(world.texts(), [])
  await add(200_000)
  await world.run(job)
  await world.run(job)
  assert.deepEqual(world.texts(), ['city "City A" has used 81 % of its 10 MB for 2026-03-01 (UTC): 8.1 MB'])
  await add(2_000_000)
  await world.run(job)
  await world.run(job)
  assert.deepEqual(world.texts().slice(1), ['city "City A" has used all of its 10 MB for 2026-03-01 (UTC): 10.1 MB'])
  world.at += dayMs
  await world.run(job)
  assert.equal(world.raised.length, 2)
  await add(8_500_000)
  await world.run(job)
  assert.match(world.texts()[2] ?? '', /85 % .* 2026-03-02/)
  assert.equal((await notes.all('wan-cap:')).size, 1)
})
