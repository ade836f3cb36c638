// How far a post has come in each city of its room.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AirState, ReportedRoom } from '#common/spoke-report.ts'
import { deliveriesOf } from '#hub/network/deliveries.ts'
import type { SpokeRecord } from '#hub/registry/registry.ts'
import { NetworkWorld } from '#test/support/network-world.ts'
import { newPosts } from '#test/support/redis-stores.ts'
import { reportedRoom } from '#test/support/reports.ts'
import { spokeId } from '#test/support/upkeep-world.ts'

/** A room whose third post is looked at; the origin of all is the spoke "A", they came in from "B". */
async function looking() {
  const world = new NetworkWorld('frontrange')
  const { log } = world.room('frontrange')
  await log.append({ from: spokeId('B'), posts: newPosts('frontrange', 5) })
  const [entry] = await log.readAfter(2, 1)
  assert.ok(entry !== undefined)
  const city = (letter: string, offset: number, { room, ...facts }: Facts = {}) => {
    const id = world.spoke(letter, facts)
    const stored = offset === 0 ? null : { epoch: log.head.epoch, offset }
    world.reports.hear(id, { rooms: [reportedRoom({ stored, rf: true, ...room })] })
    return id
  }
  const acked = new Map<string, number>()
  const ackedOf = (id: string) => {
    const offset = acked.get(id)
    return offset === undefined ? undefined : new Map([['frontrange', offset]])
  }
  const states = async () => {
    world.at += 2_000
    const { spokes } = await world.picture.get()
    const reportOf = (id: string) => world.reports.get(id)
    const cities = await deliveriesOf(
      { log, entry },
      {
        ...{ spokes, reportOf, ackedOf, histories: world.picture.histories },
      },
    )
    return Object.fromEntries(cities.map(({ name, state }) => [name, state]))
  }
  return { world, log, entry, acked, city, states }
}

type Facts = Partial<SpokeRecord> & { room?: Partial<ReportedRoom> }

test('stored where the cursor covers it, under way to who is linked, and else away', async () => {
  const { city, states } = await looking()
  city('C', 2)
  city('D', 3)
  city('E', 5)
  city('F', 0)
  city('G', 2, { connected: false })
  city('I', 3, { connected: false })
  assert.deepEqual(await states(), {
    ...{ 'City C': 'under-way', 'City D': 'stored', 'City E': 'stored' },
    ...{ 'City F': 'under-way', 'City G': 'away', 'City I': 'stored' },
  })
})

test('the origin has it, and the city that brought it, whatever their cursors say', async () => {
  const { city, states } = await looking()
  city('A', 0, { connected: false })
  city('B', 0)
  assert.deepEqual(await states(), { 'City A': 'stored', 'City B': 'stored' })
})

test('what a link has acknowledged counts before the city tells of it, and where it never does', async () => {
  const { world, acked, city, states } = await looking()
  acked.set(city('C', 2), 3)
  acked.set(city('D', 3), 0)
  acked.set(world.spoke('E'), 5)
  acked.set(world.spoke('F'), 2)
  assert.deepEqual(await states(), {
    ...{ 'City C': 'stored', 'City D': 'stored', 'City E': 'stored', 'City F': 'under-way' },
  })
})

test('where a city tells of its way to the air, that is shown', async () => {
  const { city, entry, states } = await looking()
  const air = (state: AirState, guid = entry.guid) => ({ room: { air: [{ guid, state }] } })
  city('A', 0, air('on-air'))
  city('C', 3, air('waiting'))
  city('D', 3, air('passed'))
  city('E', 3, air('on-air', '00000000-0000-4000-8000-000000000000'))
  assert.deepEqual(await states(), { 'City A': 'on-air', 'City C': 'waiting', 'City D': 'passed', 'City E': 'stored' })
})

test('who may not read the room is kept out, unless it has the post; who has nothing to do with the room is not named', async () => {
  const { world, city, states } = await looking()
  const decided = (id: string, state: 'approved' | 'revoked', read: boolean) =>
    world.rights.push({ id, name: '', state, rooms: { frontrange: { read, write: true } }, at: 1 })
  decided(city('C', 2), 'approved', false)
  decided(city('D', 4), 'approved', false)
  decided(city('E', 2), 'revoked', true)
  decided(world.spoke('F'), 'approved', true)
  world.spoke('G')
  world.reports.hear(world.spoke('I'), { rooms: [reportedRoom({ room: 'other' })] })
  assert.deepEqual(await states(), {
    ...{ 'City C': 'kept-out', 'City D': 'stored', 'City E': 'kept-out', 'City F': 'under-way' },
  })
})

test('a cursor in an epoch that has ended counts as far as it goes, one that is not known does not', async () => {
  const { world, log, city, states } = await looking()
  const [kept, unknown] = [city('C', 4), city('D', 0)]
  const rooms = [reportedRoom({ stored: { epoch: 'unknownunknown__', offset: 9 } })]
  world.reports.hear(unknown, { rooms })
  log.restore(log.snapshot())
  assert.notEqual(world.reports.get(kept).rooms[0]?.stored?.epoch, log.head.epoch)
  assert.deepEqual(await states(), { 'City C': 'stored', 'City D': 'under-way' })
})
