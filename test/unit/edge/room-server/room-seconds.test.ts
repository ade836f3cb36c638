// The seconds that posts bear on the air: unique, growing, the same after a restart.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { LOCAL } from '#common/post-log.ts'
import { RoomSeconds } from '#edge/room-server/room-seconds.ts'
import { MemoryLog } from '#test/support/memory-log.ts'

const noon = 1_790_000_000_000

interface Arrival {
  at: number
  receivedAt: number
}

/** A log that these posts have come to. */
async function logOf(arrivals: readonly Arrival[]): Promise<MemoryLog> {
  let now = 0
  const log = new MemoryLog('main', { now: () => now })
  for (const [i, { at, receivedAt }] of arrivals.entries()) {
    now = receivedAt
    const guid = `00000000-0000-4000-8000-${String(i).padStart(12, '0')}`
    await log.append({ from: LOCAL, posts: [{ guid, at, json: '{}' }] })
  }
  return log
}

async function secondsOf(log: MemoryLog): Promise<number[]> {
  const seconds = new RoomSeconds(log)
  await seconds.catchUp()
  const { first, head } = log.head
  return Array.from({ length: head - first + 1 }, (_, i) => seconds.of(first + i) ?? 0)
}

test('a post bears the second in which it was written', async () => {
  const log = await logOf([{ at: noon + 400, receivedAt: noon + 900 }])
  assert.deepEqual(await secondsOf(log), [noon / 1000])
})

test('two posts of one second bear two, and a post that comes late is newer than what is there', async () => {
  const log = await logOf([
    { at: noon, receivedAt: noon },
    { at: noon + 10, receivedAt: noon + 10 },
    { at: noon - 3_600_000, receivedAt: noon + 5000 },
    { at: noon + 60_000, receivedAt: noon + 60_000 },
  ])
  const second = noon / 1000
  assert.deepEqual(await secondsOf(log), [second, second + 1, second + 2, second + 60])
})

test('an origin whose clock is ahead does not take the room into the future', async () => {
  const log = await logOf([{ at: noon + 86_400_000, receivedAt: noon }])
  assert.deepEqual(await secondsOf(log), [noon / 1000])
})

test('seconds grow, are the same when read anew, and say where a node goes on', async () => {
  const arrival = fc.record({ age: fc.integer({ min: -10_000, max: 10_000 }), step: fc.nat({ max: 3000 }) })
  await fc.assert(
    fc.asyncProperty(fc.array(arrival, { maxLength: 60 }), async arrivals => {
      let receivedAt = noon
      const log = await logOf(
        arrivals.map(({ age, step }) => {
          receivedAt += step
          return { at: receivedAt - age, receivedAt }
        }),
      )
      const seconds = await secondsOf(log)
      assert.deepEqual(seconds, await secondsOf(log))
      assert.deepEqual(
        seconds,
        [...new Set(seconds)].toSorted((a, b) => a - b),
      )
      const room = new RoomSeconds(log)
      await room.catchUp()
      assert.equal(room.offsetAt(0), 0)
      for (const [i, second] of seconds.entries()) {
        assert.equal(room.offsetAt(second), i + 1)
        assert.equal(room.offsetAt(second - 1), i)
      }
    }),
    { numRuns: 50 },
  )
})

test('a log that begins anew is read anew, and one that is trimmed keeps its seconds', async () => {
  const log = await logOf(Array.from({ length: 4000 }, (_, i) => ({ at: noon + i * 5, receivedAt: noon + i * 5 })))
  const seconds = new RoomSeconds(log)
  await seconds.catchUp()
  const last = seconds.of(4000)
  assert.equal(last, noon / 1000 + 3999)
  await log.trim(noon + 30 * 86_400_000 + 3000 * 5)
  assert.equal(log.head.first, 3001)
  await log.append({ from: LOCAL, posts: [{ guid: 'x', at: noon + 20_000, json: '{}' }] })
  await seconds.catchUp()
  assert.equal(seconds.of(3000), undefined)
  assert.equal(seconds.of(4000), last)
  assert.equal(seconds.of(4001), (last ?? 0) + 1)
  log.wipe()
  await seconds.catchUp()
  assert.equal(seconds.head, 0)
})
