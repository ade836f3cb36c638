// The internet of one city goes away for an evening, and both sides talk on.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { waitForStored } from '#test/support/link-status.ts'
import { startEdge, startHub } from '#test/support/programs.ts'
import { startRelay } from '#test/support/relay.ts'
import { expectEverywhere, writeBurst } from '#test/support/traffic.ts'
import { waitFor } from '#test/support/wait-for.ts'

const conf = { federation: { reconnect_max_seconds: 1 } }

test('10,000 posts on both sides of an outage are everywhere once, in order, soon after it', async () => {
  await using hub = await startHub()
  await using relay = await startRelay(hub)
  await using cityA = await startEdge({ name: 'City A', hubs: [relay], conf })
  await using cityB = await startEdge({ name: 'City B', hubs: [hub], conf })
  await using cityC = await startEdge({ name: 'City C', hubs: [hub], conf })
  for (const { name } of [cityA, cityB, cityC]) await hub.waitForLine(new RegExp(`"${name}" connected`))

  relay.cut()
  await hub.waitForLine(/\[WARN\] Federation peer "City A" disconnected \(.+\)/)
  const written = await Promise.all([
    writeBurst(cityA, 'from A', 5000),
    writeBurst(cityB, 'from B', 2500),
    writeBurst(cityC, 'from C', 2500),
  ])
  const cutOff = async () => (await cityA.status()).rooms[0]?.stored === 5000
  await waitFor(cutOff, { what: 'City A to have its own posts alone' })

  const waiting = (await cityA.status()).peers[0]
  assert.deepEqual([waiting?.name, waiting?.state === 'connected', waiting?.rooms[0]?.toSend], ['hub', false, 5000])

  // What City A lacks is all there when it comes back: it is told how much it has caught up.
  await waitForStored(hub, 5000, 60_000)
  relay.heal()
  await expectEverywhere([hub, cityA, cityB, cityC], written.flat())
  const caughtUp = /^\[INFO\] Federation peer "(City A|hub)" caught up \(5,000 posts in \d+\.\ds\)$/
  await hub.waitForLine(caughtUp)
  await cityA.waitForLine(caughtUp)
})
