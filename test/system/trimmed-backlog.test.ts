// A server comes back after longer than the hub keeps posts: it is told how many it missed, and gets the rest.
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { z } from 'zod'
import { alertSchema } from '#common/alerts/alerts.ts'
import { createLog } from '#common/log.ts'
import { SqliteStore } from '#common/sqlite/sqlite-store.ts'
import { type EdgeProgram, type HubProgram, startEdge, startHub, testRoom } from '#test/support/programs.ts'
import { writeBurst } from '#test/support/traffic.ts'
import { waitFor } from '#test/support/wait-for.ts'

const conf = { federation: { reconnect_max_seconds: 1 } }
const deadlineMs = 60_000
const retentionDays = 30
const dayMs = 86_400_000
const alertsSchema = z.object({ alerts: z.array(alertSchema) })

/** Drops what a stopped hub received before `at`, as its upkeep would a retention later. */
async function trimBefore({ dir }: HubProgram, at: number): Promise<void> {
  const log = createLog({ json: true, level: 'silent' })
  const store = SqliteStore.open({ path: join(dir, 'data', 'hub.db'), retentionDays, log })
  try {
    await store.log(testRoom).trim(at + retentionDays * dayMs)
  } finally {
    store.close()
  }
}

/** All that there are when there are any; `after`: the entry of the server's own log behind which the hole is. */
async function gapAlerts({ name, api }: HubProgram | EdgeProgram) {
  const gaps = async () =>
    alertsSchema.parse(await api.get('/api/v1/alerts')).alerts.filter(({ kind }) => kind === 'gap')
  const found = await waitFor(gaps, { what: `the alert at ${name}`, deadlineMs, until: ({ length }) => length > 0 })
  return found.map(({ room, posts, cursor }) => ({ room, posts, after: cursor?.offset }))
}

test('what was trimmed before a reader came for it is a gap with its size; the rest follows', async () => {
  await using hub = await startHub({ conf: { retention_days: retentionDays } })
  await using cityA = await startEdge({ name: 'City A', hubs: [hub], conf })
  await using cityB = await startEdge({ name: 'City B', hubs: [hub], conf })
  const storedAt = async (server: typeof hub | typeof cityB) => (await server.status()).rooms[0]?.stored ?? 0
  const has = (server: typeof hub | typeof cityB, count: number) =>
    waitFor(() => storedAt(server), {
      what: `${count} posts at ${server.name}`,
      deadlineMs,
      until: stored => stored === count,
    })

  const known = await writeBurst(cityA, 'known', 300)
  await has(cityB, 300)
  await cityB.stop()
  await writeBurst(cityA, 'missed', 204)
  await has(hub, 504)
  const newest = await hub.posts()
  const cutAt = Math.max(...newest.map(({ receivedAt }) => receivedAt)) + 1
  await waitFor(() => Date.now() > cutAt, { what: 'the next millisecond' })
  const kept = await writeBurst(cityA, 'kept', 250)
  await has(hub, 754)

  await hub.stop()
  await trimBefore(hub, cutAt)
  await hub.run()
  await has(hub, 250)
  await cityB.run()
  await cityB.waitForLine(
    /^\[WARN\] gap in room "frontrange": 204 older posts are no longer kept by "hub" \(trimmed\)$/,
  )
  await has(cityB, 550)
  const { gaps } = await cityB.status()
  assert.deepEqual(
    gaps.map(({ at, ...gap }) => gap),
    [{ room: testRoom, from: 'hub', posts: 204, why: 'trimmed' }],
  )
  assert.deepEqual((await cityB.posts()).map(({ text }) => text).toSorted(), [...known, ...kept].toSorted())

  assert.deepEqual(await gapAlerts(cityB), [{ room: testRoom, posts: 204, after: 300 }])
  assert.deepEqual(await gapAlerts(hub), [{ room: testRoom, posts: 204, after: undefined }])

  // Who has heard of a hole is not told again.
  await cityB.restart()
  const marker = await cityA.post('marker')
  const arrived = async () => (await cityB.posts()).some(({ guid }) => guid === marker.guid)
  await waitFor(arrived, { what: 'the marker at City B', deadlineMs })
  assert.deepEqual((await cityB.status()).gaps, [])
  assert.equal((await gapAlerts(cityB)).length, 1)
})
