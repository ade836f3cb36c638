// A heartbeat pings in time, measures what it asked for, and calls a silent link dead.
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { Heartbeat, timingsFor } from '#common/protocol/heartbeat.ts'
import { Latencies } from '#common/protocol/latencies.ts'

/** A heartbeat under a clock that the test moves. */
function beating(t: TestContext, pingMs = 20_000) {
  t.mock.timers.enable({ apis: ['setInterval'] })
  let now = performance.now()
  t.mock.method(performance, 'now', () => now)
  const pings: number[] = []
  let deaths = 0
  const heartbeat = new Heartbeat({
    ...timingsFor(pingMs),
    firstMs: 7,
    ping: n => pings.push(n),
    dead: () => {
      deaths += 1
    },
  })
  const pass = (ms: number) => {
    for (let passed = 0; passed < ms; passed += 100) {
      now += 100
      t.mock.timers.tick(100)
    }
  }
  return { heartbeat, pings, pass, deaths: () => deaths }
}

test('two pings may go unanswered', () => {
  assert.deepEqual(timingsFor(20_000), { pingMs: 20_000, deadMs: 45_000 })
})

test('pings once an interval', t => {
  const { heartbeat, pings, pass } = beating(t)
  pass(19_900)
  assert.deepEqual(pings, [])
  pass(200)
  assert.deepEqual(pings, [1])
  heartbeat.heard()
  pass(40_000)
  assert.deepEqual(pings, [1, 2, 3])
})

test('anything heard is a sign of life; without one the link is dead in its time', t => {
  const { heartbeat, pass, deaths } = beating(t)
  for (let i = 0; i < 10; i++) {
    pass(30_000)
    heartbeat.heard()
  }
  assert.equal(deaths(), 0)
  pass(45_000)
  assert.equal(deaths(), 0)
  pass(5000)
  assert.equal(deaths(), 1)
})

test('measures the round trip of the newest ping, once', t => {
  const { heartbeat, pass } = beating(t)
  pass(20_000)
  pass(300)
  heartbeat.pong(1)
  assert.equal(heartbeat.latencies.facts()?.lastMs, 300)
  pass(5000)
  heartbeat.pong(1)
  assert.equal(heartbeat.latencies.facts()?.lastMs, 300)
})

test('a pong nobody asked for measures nothing', t => {
  const { heartbeat, pass } = beating(t)
  heartbeat.pong(0)
  heartbeat.pong(1)
  assert.equal(heartbeat.latencies.facts()?.lastMs, 7, 'that of the handshake')
  pass(40_000)
  heartbeat.pong(1)
  assert.equal(heartbeat.latencies.facts()?.lastMs, 7)
})

test('of the last 64 round trips the median and what nine of ten do not pass', () => {
  const latencies = new Latencies()
  assert.equal(latencies.facts(), undefined)
  latencies.add(12.34)
  assert.deepEqual(latencies.facts(), { lastMs: 12.3, medianMs: 12.3, p90Ms: 12.3 })
  for (const ms of [50, 10, 40, 20, 30, 60, 90, 70, 80]) latencies.add(ms)
  assert.deepEqual(latencies.facts(), { lastMs: 80, medianMs: 40, p90Ms: 80 })
  for (let n = 0; n < 64; n++) latencies.add(5)
  assert.deepEqual(latencies.facts(), { lastMs: 5, medianMs: 5, p90Ms: 5 })
  latencies.add(1)
  assert.deepEqual(latencies.facts(), { lastMs: 1, medianMs: 5, p90Ms: 5 })
})

test('nothing more after the stop', t => {
  const { heartbeat, pings, pass, deaths } = beating(t)
  heartbeat.stop()
  pass(100_000)
  assert.deepEqual([pings, deaths()], [[], 0])
})
