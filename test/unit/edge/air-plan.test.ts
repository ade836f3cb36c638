// What a radio can carry: the numbers that an operator is told before he switches it on.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { KissConf } from '#common/config/radio-conf.ts'
import { advertTimes, airPlan } from '#edge/air-plan.ts'

const mesh = { regions: [], pathHashBytes: 1, extraAcks: 0, floodAdvertHours: 47 } as const
const narrow: KissConf = {
  driver: 'kiss',
  port: 'tcp://127.0.0.1:5000',
  frequencyHz: 869_618_000,
  bandwidthHz: 62_500,
  spreadingFactor: 8,
  codingRate: 8,
  txPowerDbm: 14,
  dutyCycle: 0.1,
  rfMaxAgeMs: 7_200_000,
  pushHoldMs: 6000,
  pushIntervalMs: 1200,
  preset: 'EU/UK (Narrow)',
  mesh: { ...mesh, regions: [] },
}
const minuteMs = 60_000

test('settings, budget, and what is left for posts', () => {
  assert.deepEqual(airPlan(narrow, 1), [
    'radio: 869.618 MHz, 62.5 kHz, SF8, 4/8, 14 dBm (preset "EU/UK (Narrow)")',
    'air: 360 s an hour (10 %); a push of 150 bytes takes 1.56 s, an ACK 0.25 s, adverts 26 s an hour',
    'air: that is, of posts of 150 bytes, 145 to one member, 16 to 10 members, 3 to 50 members an hour, where no repeater is needed',
  ])
})

test('adverts that nobody asked for leave most of the air to posts; those that somebody did are as often as he says', () => {
  const american = { ...narrow, spreadingFactor: 7, codingRate: 5 }
  assert.deepEqual(advertTimes(american, 1), { zeroHopMs: 2 * minuteMs, floodMs: 47 * 60 * minuteMs })
  const { zeroHopMs } = advertTimes({ ...narrow, dutyCycle: 0.01 }, 3)
  assert.ok(zeroHopMs > 30 * minuteMs && zeroHopMs < 120 * minuteMs, `${zeroHopMs}`)
  const often = { ...narrow, mesh: { ...narrow.mesh, advertMinutes: 1, floodAdvertHours: 0 } }
  assert.deepEqual(advertTimes(often, 64), { zeroHopMs: minuteMs, floodMs: 0 })
  assert.match(airPlan(often, 64)[2] ?? '', /0 to one member/)
})
