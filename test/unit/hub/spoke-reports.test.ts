// What spokes tell of themselves over two instances with one store: parts, lost writes, who wrote last, who is forgotten.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { StoreUnavailableError } from '#common/errors.ts'
import { createLog } from '#common/log.ts'
import { airTold, spokeReportSchema } from '#common/spoke-report.ts'
import { SpokeReports } from '#hub/network/spoke-reports.ts'
import { memoryNotes } from '#test/support/memory-notes.ts'
import { reportedRoom, reportedSelf } from '#test/support/reports.ts'
import { spokeId } from '#test/support/upkeep-world.ts'

const id = spokeId('A')
const log = createLog({ json: false, level: 'silent' })

function world() {
  const notes = memoryNotes()
  const clock = { at: 1_000_000 }
  let isAway = false
  let writes = 0
  const setMany = async (texts: ReadonlyMap<string, string>) => {
    if (isAway) throw new StoreUnavailableError('away')
    writes += 1
    await notes.setMany(texts)
  }
  const instance = (linked: Set<string>, isShared = true) =>
    new SpokeReports({
      notes: { ...notes, setMany },
      isShared,
      isLinked: spoke => linked.has(spoke),
      log,
      now: () => clock.at,
    })
  return {
    notes,
    clock,
    instance,
    writes: () => writes,
    goAway: (away: boolean) => {
      isAway = away
    },
  }
}

test('parts are merged, and known to the other instance after one command', async () => {
  const { instance, clock, writes } = world()
  const one = instance(new Set([id]))
  const other = instance(new Set())
  one.hear(id, { self: reportedSelf() })
  clock.at += 5
  one.hear(id, { rooms: [reportedRoom({ members: 3 })] })
  for (let n = 0; n < 50; n += 1) one.hear(spokeId(String.fromCharCode(97 + (n % 26))), { self: reportedSelf() })
  assert.deepEqual(one.get(id), { rooms: [reportedRoom({ members: 3 })], self: reportedSelf(), reportedAt: 1_000_005 })
  await one.flush()
  await one.flush()
  assert.equal(writes(), 1)
  assert.equal(other.get(id).reportedAt, null)
  await other.read()
  assert.deepEqual(other.get(id), one.get(id))
})

test('what a store that is away did not take is written later, the newest only', async () => {
  const { instance, goAway, writes } = world()
  const one = instance(new Set([id]))
  goAway(true)
  one.hear(id, { self: reportedSelf({ toStore: 1 }) })
  await one.flush()
  one.hear(id, { self: reportedSelf({ toStore: 2 }) })
  goAway(false)
  await one.flush()
  const other = instance(new Set())
  await other.read()
  assert.deepEqual([other.get(id).self?.toStore, writes()], [2, 1])
})

test('what a spoke said last before it went is not undone by a look at the store', async () => {
  const { instance } = world()
  const [one, other] = [instance(new Set()), instance(new Set())]
  one.hear(id, { self: reportedSelf({ toStore: 1 }) })
  await one.flush()
  one.hear(id, { self: reportedSelf({ toStore: 2 }) })
  await one.read()
  await one.flush()
  await other.read()
  assert.deepEqual([one.get(id).self?.toStore, other.get(id).self?.toStore], [2, 2])
})

test('the instance that has the link says it again when the one before wrote last, and when the store has lost it', async () => {
  const { instance, clock, notes } = world()
  const [before, now] = [instance(new Set()), instance(new Set([id]))]
  before.hear(id, { rooms: [reportedRoom({ members: 1 })] })
  clock.at += 1
  now.hear(id, { rooms: [reportedRoom({ members: 2 })] })
  await now.flush()
  await before.flush()
  await now.read()
  assert.equal(now.get(id).rooms[0]?.members, 2)
  await now.flush()
  await before.read()
  assert.equal(before.get(id).rooms[0]?.members, 2)
  await notes.remove(...(await notes.all('')).keys())
  await now.read()
  await now.flush()
  await before.read()
  assert.equal(before.get(id).rooms[0]?.members, 2)
})

test('whoever is forgotten is gone at every instance; who is not listed is found', async () => {
  const { instance, clock } = world()
  const [one, other] = [instance(new Set()), instance(new Set())]
  one.hear(id, { self: reportedSelf() })
  one.hear(spokeId('B'), { self: reportedSelf() })
  await one.flush()
  await other.read()
  assert.deepEqual(other.strays(new Set()), [])
  clock.at += 11 * 60_000
  assert.deepEqual(other.strays(new Set([spokeId('B')])), [id])
  await other.forget([id])
  await one.read()
  for (const reports of [one, other])
    assert.deepEqual([reports.get(id).self, reports.get(spokeId('B')).self], [null, reportedSelf()])
})

test('an embedded hub reads once, after its start', async () => {
  const { instance, notes } = world()
  const first = instance(new Set([id]), false)
  first.hear(id, { self: reportedSelf() })
  await first.close()
  const second = instance(new Set(), false)
  await second.read()
  await notes.remove(...(await notes.all('')).keys())
  await second.read()
  assert.deepEqual(second.get(id).self, reportedSelf())
})

test('the longest report fits into a note, and what is kept is what is told', async () => {
  const { instance, notes } = world()
  const one = instance(new Set([id]))
  const guid = '00000000-0000-4000-8000-000000000000'
  const air = Array.from({ length: airTold }, () => ({ guid, state: 'waiting' as const }))
  const [number, name] = [Number.MAX_SAFE_INTEGER, '🛰'.repeat(128)]
  const rooms = Array.from({ length: 64 }, (_, n) =>
    reportedRoom({
      ...{ room: `${n}`.padStart(64, 'r'), members: number, air },
      stored: { epoch: 'e'.repeat(16), offset: number },
    }),
  )
  const link = { id, name, role: 'edge' as const, state: 'connecting' as const, latencyMs: 86_400_000, toSend: number }
  const self = reportedSelf({ links: Array.from({ length: 64 }, () => link) })
  one.hear(id, spokeReportSchema.parse({ rooms, self }))
  await one.flush()
  const other = instance(new Set())
  await other.read()
  assert.deepEqual(other.get(id), one.get(id))
  assert.equal(other.get(id).rooms.length, 64)
  const texts = [...(await notes.all('')).values()]
  assert.ok(texts.length === 2 && texts.every(text => Buffer.byteLength(text) <= 16 * 1024))
})

test('a note of another version, or damaged, is passed over', async () => {
  const { instance, notes } = world()
  await notes.set(`self:${id}`, '{"at":1,"self":{"uptimeSeconds":"long"}}')
  await notes.set(`rooms:${id}`, 'x')
  const one = instance(new Set())
  await one.read()
  assert.deepEqual(one.get(id), { rooms: [], self: null, reportedAt: null })
})
