// The clock of an island runs faster than ours, and is never early.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { IslandClock } from '#infra/island/time.ts'
import { Waiters } from '#infra/island/waiters.ts'

test('what is due on the island is due there, so much sooner here, and not before', async () => {
  const clock = new IslandClock(20)
  const startedAt = performance.now()
  const dueAt = [10, 100, 333.3, 10_000].map(ms => clock.now() + ms)
  const late = await Promise.all(
    dueAt.map(at => new Promise<number>(resolve => clock.after(at - clock.now(), () => resolve(clock.now() - at)))),
  )
  assert.ok(
    late.every(ms => ms >= 0),
    `${late}`,
  )
  assert.ok(performance.now() - startedAt < 10_000)
})

test('what was taken back, or comes after the end of the island, does not happen', async () => {
  const clock = new IslandClock(20)
  const happened: string[] = []
  clock.after(10, () => happened.push('taken back'))()
  const { promise, resolve } = Promise.withResolvers<void>()
  clock.after(20, () => {
    clock.stop()
    setTimeout(resolve, 10)
  })
  clock.after(60, () => happened.push('late'))
  await promise
  assert.deepEqual(happened, [])
})

test('an answer is waited for as long as on the island, but not less than a room server takes', async () => {
  const clock = new IslandClock(20)
  assert.deepEqual([clock.patienceMs(100_000), clock.patienceMs(8000), clock.patienceMs(900)], [5000, 3000, 900])
  assert.equal(new IslandClock(1).patienceMs(8000), 8000)
  const waiters = new Waiters(clock)
  const both = [waiters.first(['a', 'b'], 60_000), waiters.first(['c'], 60_000)]
  assert.equal(waiters.hear('b', Uint8Array.of(7)), true)
  assert.equal(waiters.hear('b', Uint8Array.of(8)), false)
  assert.deepEqual(await both[0], Uint8Array.of(7))
  waiters.end()
  assert.equal(await both[1], undefined)
  clock.stop()
})
