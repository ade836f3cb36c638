// How long the oldest post waits that a link has not delivered: from memory, else from the store, and never at the cost of the status.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { withLag } from '#common/peer-lag.ts'
import type { PeerStatus } from '#common/status.ts'
import { fill } from '#test/support/link-by-hand.ts'
import { MemoryLog } from '#test/support/memory-log.ts'

const start = Date.now()

/** A log with a post each minute. */
async function minutes(count: number, tailBytes?: number) {
  let now = start
  const log = new MemoryLog('main', { now: () => now, ...(tailBytes !== undefined && { tailBytes }) })
  for (let n = 0; n < count; n++) {
    await fill(log, 1)
    now += 60_000
  }
  return { log, now }
}

function lagging(toSend: number | null, changes: Partial<PeerStatus> = {}): PeerStatus {
  return {
    ...{ name: 'City B', id: 'b', role: 'edge', address: '', direction: 'in', state: 'connected', since: '' },
    ...{ latencyMs: 1, bytesIn: 0, bytesOut: 0, lastError: null },
    rooms: [{ room: 'main', toSend, sent: 0, received: 0, caughtUp: true }],
    ...changes,
  }
}

const lagsOf = (peers: readonly PeerStatus[]) => peers.map(({ rooms }) => rooms[0]?.lagSeconds)

test('the age of the first post that is not acknowledged', async () => {
  const { log, now } = await minutes(10)
  const peers = await withLag([lagging(0), lagging(1), lagging(10)], [log], now)
  assert.deepEqual(lagsOf(peers), [0, 60, 600])
  assert.equal(peers[1]?.rooms[0]?.toSend, 1)
})

test('the same from the store, where memory does not reach back so far', async () => {
  const { log, now } = await minutes(10, 1)
  assert.equal(log.tail.readAfter(0, 1), undefined)
  let reads = 0
  const readAfter = log.readAfter.bind(log)
  log.readAfter = (offset, limit) => {
    reads += 1
    return readAfter(offset, limit)
  }
  const many = Array.from({ length: 50 }, () => lagging(10))
  assert.deepEqual(new Set(lagsOf(await withLag(many, [log], now))), new Set([600]))
  assert.equal(reads, 1, 'a place is asked for once')
})

test('of many places only some are asked for', async () => {
  const { log, now } = await minutes(40, 1)
  const lags = lagsOf(
    await withLag(
      Array.from({ length: 40 }, (_, n) => lagging(n + 1)),
      [log],
      now,
    ),
  )
  assert.equal(lags.filter(lag => lag !== null).length, 16)
  assert.equal(lags[5], 6 * 60)
})

test('not known: a link that stands by, one that never was, a room that is gone, a store that is away', async () => {
  const { log, now } = await minutes(10, 1)
  const peers = [lagging(10, { state: 'standby' }), lagging(null)]
  assert.deepEqual(lagsOf(await withLag(peers, [log], now)), [null, null])
  assert.deepEqual(lagsOf(await withLag([lagging(1)], [], now)), [null])
  log.unavailable = true
  assert.deepEqual(lagsOf(await withLag([lagging(5)], [log], now)), [null])
})

test('a store that does not answer holds the status up for a second at most', async () => {
  const { log, now } = await minutes(10, 1)
  log.readAfter = () => new Promise(() => {})
  const before = performance.now()
  assert.deepEqual(lagsOf(await withLag([lagging(5), lagging(6)], [log], now)), [null, null])
  assert.ok(performance.now() - before < 10_000)
})

test('a clock that went back makes no negative age', async () => {
  const { log } = await minutes(2)
  assert.deepEqual(lagsOf(await withLag([lagging(2)], [log], start - 5000)), [0])
})
