// A spoke that is silent is told of once, and once when it is back; what is no silence is not.
import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import type { Raised } from '#common/alerts/alerts.ts'
import { silenceJob } from '#hub/upkeep/silence-job.ts'
import { dayMs, minuteMs, spokeId, UpkeepWorld } from '#test/support/upkeep-world.ts'

function begin() {
  const world = new UpkeepWorld()
  const { spokes, notes, alerts, now } = world
  const job = silenceJob({ silentMs: 15 * minuteMs, leftMs: 30 * dayMs, spokes, notes, alerts, now })
  /** Looks twice a minute, as the job does. */
  const pass = async (minutes: number) => {
    for (let n = 0; n < minutes * 2; n += 1) {
      world.at += minuteMs / 2
      for (const [, spoke] of world.spokesById) if (spoke.connected) spoke.lastSeenAt = world.at
      await world.run(job)
    }
  }
  return { world, job, pass }
}

/** A run that ends in the middle, after so many writes. */
async function runAndDie(world: UpkeepWorld, writes: number): Promise<void> {
  let count = 0
  const mortal =
    <A extends unknown[]>(write: (...args: A) => Promise<void>) =>
    async (...args: A) => {
      count += 1
      if (count > writes) throw new Error('dead')
      await write(...args)
    }
  const { spokes, now } = world
  const notes = { ...world.notes, set: mortal(world.notes.set), remove: mortal(world.notes.remove) }
  const alerts = { raise: mortal((raised: Raised) => world.alerts.raise(raised)) }
  const job = silenceJob({ silentMs: 15 * minuteMs, leftMs: 30 * dayMs, spokes, notes, alerts, now })
  await world.run(job).catch(() => {})
}

suite('silence', () => {
  test('is told of after the minutes of the config, once, and once when it is over', async () => {
    const { world, pass } = begin()
    world.spoke('A', { connected: true })
    world.spoke('B', { connected: true })
    await pass(5)
    world.spoke('A', { connected: false })
    await pass(14)
    assert.deepEqual(world.texts(), [])
    await pass(30)
    assert.deepEqual(world.texts(), ['city "City A" is silent for 15 min'])
    assert.equal(world.raised[0]?.kind, 'spoke-silent')
    assert.equal(world.raised[0]?.spoke, spokeId('A'))
    world.spoke('A', { connected: true })
    await pass(10)
    assert.deepEqual(world.texts().slice(1), ['city "City A" is back after 44 min'])
    assert.deepEqual(
      world.lines.map(line => line.split(' ')[0]),
      ['[WARN]', '[INFO]'],
    )
  })

  test('that another instance has told of, or this one before its restart, is not told of again', async () => {
    const { world, pass } = begin()
    world.spoke('A', { connected: true })
    await pass(1)
    world.spoke('A', { connected: false })
    await pass(16)
    assert.equal(world.raised.length, 1)
    const { spokes, notes, alerts, now } = world
    const other = silenceJob({ silentMs: 15 * minuteMs, leftMs: 30 * dayMs, spokes, notes, alerts, now })
    await world.run(other)
    assert.equal(world.raised.length, 1)
  })

  for (const writes of [0, 1, 2, 3]) {
    for (const isBack of [false, true]) {
      const when = isBack ? 'back by then' : 'silent still'
      test(`is told of once, and so is its end, when an instance dies after ${writes} writes, ${when}`, async () => {
        const { world, pass } = begin()
        world.spoke('A', { connected: true })
        await pass(1)
        world.spoke('A', { connected: false })
        await pass(14.5)
        world.at += minuteMs / 2
        await runAndDie(world, writes)
        if (!isBack) await pass(1)
        world.spoke('A', { connected: true })
        world.at += minuteMs / 2
        await runAndDie(world, writes)
        await pass(2)
        const isKnown = writes > 0 || !isBack
        assert.deepEqual(
          world.raised.map(({ kind }) => kind),
          isKnown ? ['spoke-silent', 'spoke-back'] : [],
        )
      })
    }
  }

  test('counts anew when nobody looked: a hub that was away has not heard anybody', async () => {
    const { world, pass } = begin()
    world.spoke('A', { connected: true })
    await pass(1)
    world.spoke('A', { connected: false })
    world.at += 120 * minuteMs
    await pass(14)
    assert.deepEqual(world.texts(), [])
    await pass(2)
    assert.deepEqual(world.texts(), ['city "City A" is silent for 2 h 15 min'])
  })

  test('of a spoke that was forgotten, or left long ago, is no alarm', async () => {
    const { world, pass } = begin()
    world.spoke('A', { connected: true })
    world.spoke('Z', { connected: false, seenAt: world.at - 31 * dayMs })
    await pass(1)
    world.spoke('A', { connected: false })
    await pass(16)
    assert.equal(world.raised.length, 1)
    world.spokesById.delete(spokeId('A'))
    await pass(1)
    assert.equal((await world.notes.all('spoke-silent:')).size, 0)
    world.spoke('A', { connected: true })
    await pass(1)
    assert.equal(world.raised.length, 1)
  })
})
