// The loop that keeps a link up: it comes back soon, not as one with others, never in a frenzy, and stops when told.
import assert from 'node:assert/strict'
import { suite, type TestContext, test } from 'node:test'
import fc from 'fast-check'
import type { LinkEnd } from '#common/protocol/close-codes.ts'
import { keepLinked, nextWaitMs, type ReconnectTimings, reconnectTimings } from '#common/protocol/reconnect.ts'

/** Waits of no length, so that a test of many lives takes no time; `planned` are the waits that were asked for. */
const scale = 1e-6

interface Life {
  ms: number
  code?: number
  retryAfterMs?: number
}

/** Lives through these lives and gives the waits before each and after the last one, in ms of the usual timings. */
async function waitsOf(t: TestContext, lives: readonly Life[], random: () => number): Promise<number[]> {
  let now = 0
  t.mock.method(performance, 'now', () => now)
  const stopping = new AbortController()
  const waits: number[] = []
  const left = [...lives]
  const usual = reconnectTimings(60_000)
  const timings: ReconnectTimings = {
    firstMaxMs: usual.firstMaxMs * scale,
    minMs: usual.minMs * scale,
    maxMs: usual.maxMs * scale,
    settledMs: usual.settledMs,
  }
  await keepLinked({
    live: async (): Promise<LinkEnd> => {
      const { ms, code = 1006, retryAfterMs = 0 } = left.shift() ?? { ms: 0 }
      now += ms
      return { code, reason: '', retryAfterMs: retryAfterMs * scale }
    },
    onWait: ms => {
      waits.push(Math.round(ms / scale))
      if (waits.length > lives.length) stopping.abort()
    },
    signal: stopping.signal,
    timings,
    random,
  })
  t.mock.restoreAll()
  return waits
}

suite('waits', () => {
  test('by default: first up to 3 s, then 1 to 60 s, and anew after a minute of life', () => {
    assert.deepEqual(reconnectTimings(60_000), { firstMaxMs: 3000, minMs: 1000, maxMs: 60_000, settledMs: 60_000 })
    assert.deepEqual(reconnectTimings(1000), { firstMaxMs: 1000, minMs: 500, maxMs: 1000, settledMs: 60_000 })
  })

  test('grow while the link does not hold, and stay under their maximum', async t => {
    const waits = await waitsOf(t, Array(12).fill({ ms: 10 }), () => 1)
    assert.deepEqual(waits.slice(0, 6), [3000, 3000, 9000, 27_000, 60_000, 60_000])
  })

  test('begin anew after a link that held, each at its own moment', async t => {
    const lives = [{ ms: 10 }, { ms: 10 }, { ms: 60_000 }, { ms: 10 }]
    assert.deepEqual(await waitsOf(t, lives, () => 0.5), [1500, 2000, 3500, 1500, 2000])
    const least = await waitsOf(t, [{ ms: 60_000 }], () => 0)
    const most = await waitsOf(t, [{ ms: 60_000 }], () => 0.99)
    assert.ok((most.at(-1) ?? 0) - (least.at(-1) ?? 0) > 2000, 'all would come back at once')
  })

  test('are short once when the other end asks back for new rights, but not again and again', async t => {
    const lives = [{ ms: 10 }, { ms: 10 }, { ms: 10 }, { ms: 10, code: 4205 }, ...Array(3).fill({ ms: 10, code: 4205 })]
    const waits = await waitsOf(t, lives, () => 1)
    assert.deepEqual(waits, [3000, 3000, 9000, 27_000, 3000, 3000, 9000, 27_000])
  })

  test('are no shorter than the other end asks for, and spread', async t => {
    for (const ms of [10, 60_000]) {
      assert.equal((await waitsOf(t, [{ ms, retryAfterMs: 30_000 }], () => 0)).at(-1), 30_000)
      assert.equal((await waitsOf(t, [{ ms, retryAfterMs: 30_000 }], () => 1)).at(-1), 45_000)
    }
  })

  test('any luck: between the minimum and the maximum', () => {
    const timings = reconnectTimings(60_000)
    const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })
    fc.assert(
      fc.property(fc.array(random, { maxLength: 50 }), rolls => {
        let last = timings.minMs
        for (const roll of rolls) {
          const next = nextWaitMs(last, timings, () => roll)
          assert.ok(next >= timings.minMs && next <= timings.maxMs)
          assert.ok(next <= Math.max(last * 3, timings.minMs))
          last = next
        }
      }),
    )
  })
})

suite('the stop', () => {
  const timings = reconnectTimings(60_000)

  test('ends a wait at once', async () => {
    const stopping = new AbortController()
    let lives = 0
    const live = async () => {
      lives += 1
      return { code: 1006, reason: '', retryAfterMs: 0 }
    }
    const loop = keepLinked({ live, onWait: () => {}, signal: stopping.signal, timings, random: () => 0.9 })
    stopping.abort()
    await loop
    assert.equal(lives, 0)
  })

  test('is handed to the life, and no other follows', async () => {
    const stopping = new AbortController()
    let lives = 0
    const live = async (signal: AbortSignal) => {
      lives += 1
      stopping.abort()
      assert.ok(signal.aborted)
      return { code: 1001, reason: '', retryAfterMs: 0 }
    }
    await keepLinked({ live, onWait: () => {}, signal: stopping.signal, timings, random: () => 0 })
    assert.equal(lives, 1)
  })
})
