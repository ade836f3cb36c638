// Airtime by the formula and by the firmware; the duty cycle in every window there is.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { AirBudget } from '#edge/radio/air-budget.ts'
import { airtimeMs, preambleSymbols } from '#edge/radio/airtime.ts'
import { meshcoreVectors } from '#test/support/meshcore-vectors.ts'

const narrow = { spreadingFactor: 8, bandwidthHz: 62_500, codingRate: 5 }

test("every packet of the firmware takes as long as the firmware's radio says", () => {
  const timed = meshcoreVectors.filter(vector => vector.airtime_ms !== undefined)
  assert.ok(timed.length > 90)
  for (const { name, hex, airtime_ms } of timed)
    assert.equal(Math.round(airtimeMs(hex.length / 2, narrow)), airtime_ms, name)
})

// Time on air as LoRaWAN's calculators and tables have it (Semtech's, rfwireless-world.com): a preamble of 8 symbols.
test('as it is published', () => {
  const published = [
    [10, 7, 125, 5, 41.216],
    [13, 7, 125, 5, 46.336],
    [20, 7, 125, 8, 78.08],
    [20, 7, 250, 5, 28.288],
    [13, 9, 125, 5, 164.864],
    [10, 11, 125, 5, 577.536],
    [13, 12, 125, 5, 1155.072],
    [51, 12, 125, 5, 2465.792],
    [20, 12, 500, 5, 329.728],
  ] as const
  for (const [bytes, spreadingFactor, kilohertz, codingRate, ms] of published) {
    const settings = { spreadingFactor, bandwidthHz: kilohertz * 1000, codingRate, preambleSymbols: 8 }
    const found = airtimeMs(bytes, settings)
    assert.ok(Math.abs(found - ms) < 1e-9, `SF${spreadingFactor}, ${bytes} bytes: ${found} instead of ${ms}`)
  }
})

// The answers to GetAirtime in the transcript of the KISS modem (test/vectors/meshcore/kiss-transcript.json).
test('as the modem itself says when it is asked', () => {
  const said = { 0: 201, 20: 304, 100: 713, 166: 1041, 255: 1512 }
  for (const [bytes, ms] of Object.entries(said)) assert.equal(Math.floor(airtimeMs(Number(bytes), narrow)), ms, bytes)
})

test('by hand: SF7, 125 kHz, 4/5, 20 bytes', () => {
  // 1.024 ms a symbol; 8·20 + 16 + 20 − 28 + 8 = 176 bits, 28 a block: 7 blocks of 5 symbols; 32 + 4.25 + 8 before them.
  const expected = (32 + 4.25 + 8 + 35) * 1.024
  assert.equal(airtimeMs(20, { spreadingFactor: 7, bandwidthHz: 125_000, codingRate: 5 }), expected)
})

test('by hand: SF12, 125 kHz, 4/8, 10 bytes, with low data rate optimisation', () => {
  // 32.768 ms a symbol; 80 + 16 + 20 − 48 + 8 = 76 bits, 40 a block: 2 blocks of 8 symbols.
  const expected = (16 + 4.25 + 8 + 16) * 32.768
  const found = airtimeMs(10, { spreadingFactor: 12, bandwidthHz: 125_000, codingRate: 8 })
  assert.ok(Math.abs(found - expected) < 1e-9)
  assert.deepEqual([8, 9].map(preambleSymbols), [32, 16])
})

const windowMs = 1000

/** What any window that begins or ends with a spell holds of these, [begin, end] each. */
function fullest(spells: readonly (readonly [number, number])[]): number {
  const edges = spells.flatMap(([begin, end]) => [begin, end - windowMs])
  const within = (from: number) =>
    spells.reduce((sum, [b, e]) => sum + Math.max(0, Math.min(e, from + windowMs) - Math.max(b, from)), 0)
  return Math.max(0, ...edges.map(within))
}

test('whatever is asked for, and however often it is restarted, no window holds more than the duty cycle', () => {
  const step = fc.record({
    waitMs: fc.nat({ max: 400 }),
    ms: fc.integer({ min: 1, max: 120 }),
    isPatient: fc.boolean(),
    restarts: fc.boolean(),
  })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), fc.constantFrom(0.01, 0.1, 0.3, 1), (steps, dutyCycle) => {
      let budget = new AirBudget({ dutyCycle, windowMs })
      let now = 50_000
      const spells: [number, number][] = []
      for (const { waitMs, ms, isPatient, restarts } of steps) {
        now += waitMs
        if (restarts) {
          const saved = budget.save(now)
          budget = new AirBudget({ dutyCycle, windowMs })
          budget.restore(saved, now, 0)
        }
        const at = budget.freeAt(ms, now) ?? Number.POSITIVE_INFINITY
        if (at === Number.POSITIVE_INFINITY || (at > now && !isPatient)) continue
        now = Math.max(now, at) + ms
        spells.push([now - ms, now])
        budget.spend(ms, now)
      }
      assert.ok(fullest(spells) <= dutyCycle * windowMs + 1e-6)
    }),
    { numRuns: 500 },
  )
})

test('what is free is found: the budget is used up, not left', () => {
  const budget = new AirBudget({ dutyCycle: 0.1, windowMs })
  budget.spend(60, 1000)
  assert.equal(budget.freeAt(40, 1000), 1000)
  assert.equal(budget.freeAt(41, 1000), 1000 + windowMs - 41)
  assert.equal(budget.freeAt(41, 1000, 0.4), undefined)
  assert.equal(budget.freeAt(101, 1000), undefined)
  assert.equal(budget.usedMs(1999), 60)
  assert.equal(budget.usedMs(2000), 0)
})

test('many spells are saved as few, never as less', () => {
  const budget = new AirBudget({ dutyCycle: 1, windowMs })
  for (let i = 0; i < 500; i += 1) budget.spend(1, 1000 + i)
  const saved = budget.save(1500)
  assert.ok(saved.length <= 60)
  const again = new AirBudget({ dutyCycle: 1, windowMs })
  again.restore(saved, 90_000, 0)
  assert.equal(again.usedMs(90_000), 500)
  const later = new AirBudget({ dutyCycle: 1, windowMs })
  later.restore(saved, 90_000, windowMs)
  assert.equal(later.usedMs(90_000), 0)
})
