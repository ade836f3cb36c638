// What a member is told of the radio's board, in the bytes of the firmware's own room server.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Radio, RadioStats } from '#edge/radio/radio.ts'
import { encodeTelemetry } from '#edge/radio/telemetry.ts'
import { radioReadings } from '#edge/radio-status.ts'
import { toHex } from '#test/support/meshcore-vectors.ts'

const silent: RadioStats = {
  ...{ heard: 0, sent: 0, failed: 0, reopened: 0, damaged: null },
  ...{ noiseFloorDbm: null, lastSnrDb: null, lastRssiDbm: null },
  ...{ batteryMillivolts: null, temperatureCelsius: null },
}

function telemetryOf(stats: Partial<RadioStats>): string {
  const radio = { stats: () => ({ ...silent, ...stats }) } as Radio
  return toHex(encodeTelemetry(radioReadings({ radio })))
}

// Behind the key prefix in the companion's frame 8b00… of a room server on a board with 4,111 mV and 21.5 °C.
test('battery and temperature are told as a stock room server tells them', () => {
  assert.equal(telemetryOf({ batteryMillivolts: 4111, temperatureCelsius: 21.5 }), '0174019b016700d7')
})

test('what the radio does not say is left out', () => {
  assert.equal(telemetryOf({ batteryMillivolts: 3900 }), '01740186')
  assert.equal(telemetryOf({ temperatureCelsius: -3.5 }), '0167ffdd')
  assert.equal(telemetryOf({}), '')
})
