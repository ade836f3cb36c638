// What is too old or too many goes, room by room; so do cursors of spokes that left, and never one of a spoke that is linked.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { RoomRetention } from '#common/config/retention-conf.ts'
import { newEpoch } from '#common/cursor.ts'
import { StoreUnavailableError } from '#common/errors.ts'
import { LOCAL } from '#common/post-log.ts'
import { retentionJob } from '#hub/upkeep/retention-job.ts'
import { MemoryLog } from '#test/support/memory-log.ts'
import { newPosts } from '#test/support/redis-stores.ts'
import { dayMs, spokeId, UpkeepWorld } from '#test/support/upkeep-world.ts'

function begin(retentions: Record<string, RoomRetention>) {
  const world = new UpkeepWorld()
  const logs = new Map(
    Object.entries(retentions).map(([room, { days }]) => [
      room,
      new MemoryLog(room, { retentionDays: days, now: world.now }),
    ]),
  )
  const logOf = async (room: string) => logs.get(room) ?? assert.fail(room)
  const { spokes, notes, log, now } = world
  const retentionOf = (room: string) => retentions[room] ?? assert.fail(room)
  const job = retentionJob({ rooms: async () => [...logs.keys()], logOf, retentionOf, spokes, notes, log, now })
  return { world, job, logOf }
}

test('each room keeps what its own config says', async () => {
  const { world, job, logOf } = begin({ short: { days: 1 }, long: { days: 30 }, few: { days: 30, postsMax: 3 } })
  for (const room of ['short', 'long', 'few'])
    await (await logOf(room)).append({ from: LOCAL, posts: newPosts(room, 5, world.at) })
  world.at += 2 * dayMs
  await world.run(job)
  const firsts = await Promise.all(['short', 'long', 'few'].map(async room => (await logOf(room)).head.first))
  assert.deepEqual(firsts, [6, 1, 3])
  assert.deepEqual(
    world.lines.map(line => line.trim()),
    [
      '[INFO] 5 posts of room "short" are past its retention and were dropped',
      '[INFO] 2 posts of room "few" are past its retention and were dropped',
    ],
  )
})

test('a room that is out of reach keeps no other from its retention, and the run has failed', async () => {
  const { world, logOf } = begin({ away: { days: 1 }, here: { days: 1 } })
  await (await logOf('here')).append({ from: LOCAL, posts: newPosts('here', 5, world.at) })
  const { spokes, notes, log, now } = world
  const reach = async (room: string) => {
    if (room === 'away') throw new StoreUnavailableError('full')
    return logOf(room)
  }
  const retentionOf = () => ({ days: 1 })
  const job = retentionJob({
    ...{ rooms: async () => ['away', 'here'], logOf: reach, retentionOf, spokes, notes, log, now },
  })
  world.at += 2 * dayMs
  await assert.rejects(world.run(job), StoreUnavailableError)
  assert.equal((await logOf('here')).head.first, 6)
})

test('cursors of spokes that left go after the retention; who is linked, or was lately, keeps its own', async () => {
  const { world, job, logOf } = begin({ main: { days: 30 } })
  const log = await logOf('main')
  for (const letter of ['A', 'B', 'C', 'D']) {
    const cursor = { expected: null, next: { epoch: newEpoch(), offset: 1 }, under: log.head.epoch }
    await log.append({ from: spokeId(letter), posts: [], cursor })
  }
  const kept = async () => (await log.cursors()).map(id => id[0]).sort()
  // What the registry says of a spoke that is linked may be old: its instance could not reach the store.
  world.spoke('A', { connected: true, seenAt: world.at - 40 * dayMs })
  world.spoke('B', { connected: false, seenAt: world.at - 29 * dayMs })
  world.spoke('C', { connected: false, seenAt: world.at - 31 * dayMs })
  await world.run(job)
  assert.deepEqual(await kept(), ['A', 'B', 'D'])
  // D is not in the registry at all: it counts from when that was noticed.
  world.at += 29 * dayMs
  await world.run(job)
  assert.deepEqual(await kept(), ['A', 'D'])
  world.at += 2 * dayMs
  await world.run(job)
  assert.deepEqual(await kept(), ['A'])
  assert.equal(await world.notes.get('retention'), `{"${spokeId('D')}":${Date.parse('2026-03-01T12:00:00Z')}}`)
  await world.run(job)
  assert.equal(await world.notes.get('retention'), '{}')
})

test('it stops when it is told to', async () => {
  const { job } = begin({ main: { days: 1 } })
  await assert.rejects(job.run(AbortSignal.abort()))
})
