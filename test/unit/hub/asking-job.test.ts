// Cities that wait to be let in are told of once for all of them, and once when none is left, wherever an instance dies.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ListedSpoke } from '#hub/rights/spoke-list.ts'
import { type AskingParts, askingJob } from '#hub/upkeep/asking-job.ts'
import { UpkeepWorld } from '#test/support/upkeep-world.ts'

function begin() {
  const world = new UpkeepWorld()
  const net: { states: Record<string, ListedSpoke['state']> } = { states: {} }
  const spokes = async () => Object.entries(net.states).map(([name, state]) => ({ name, state }))
  const parts: AskingParts = { spokes, notes: world.notes, alerts: world.alerts, now: world.now }
  const look = (states: Record<string, ListedSpoke['state']>, changes: Partial<AskingParts> = {}) => {
    net.states = states
    world.at += 30_000
    return world.run(askingJob({ ...parts, ...changes }))
  }
  return { world, look }
}

const asks = '"Golden" asks to join, and waits until an admin approves or revokes it'
const none = 'no city waits to be let in any more'

test('the first that asks is told, quietly, and that none is left', async () => {
  const { world, look } = begin()
  await look({ Aspen: 'approved', Vail: 'open' })
  assert.deepEqual(world.raised, [])
  await look({ Aspen: 'approved', Golden: 'pending' })
  await look({ Golden: 'pending', Boulder: 'pending' })
  assert.deepEqual(world.texts(), [asks])
  await look({ Golden: 'approved', Boulder: 'revoked' })
  await look({ Golden: 'approved' })
  assert.deepEqual(world.texts(), [asks, none])
  assert.deepEqual(
    world.raised.map(({ kind, level, spoke }) => [kind, level, spoke]),
    [
      ['asks-to-join', 'info', undefined],
      ['none-asks', 'info', undefined],
    ],
  )
  await look({ Pueblo: 'pending', Salida: 'pending', Ouray: 'pending' })
  assert.equal(world.texts()[2], '"Pueblo" and 2 more ask to join, and wait until an admin approves or revokes each')
})

test('an instance that dies in the middle has it told once all the same', async () => {
  const { world, look } = begin()
  const dies = async () => {
    throw new Error('dead')
  }
  const afterRaise = {
    raise: async (raised: Parameters<typeof world.alerts.raise>[0]) => {
      await world.alerts.raise(raised)
      return dies()
    },
  }
  for (const alerts of [{ raise: dies }, afterRaise, afterRaise]) {
    await assert.rejects(look({ Golden: 'pending' }, { alerts }))
  }
  await look({ Golden: 'pending' })
  assert.deepEqual(world.texts(), [asks])
  for (const alerts of [{ raise: dies }, afterRaise]) await assert.rejects(look({}, { alerts }))
  await look({})
  assert.deepEqual(world.texts(), [asks, none])
})
