// A radio, seen by the running server or at its port.
import assert from 'node:assert/strict'
import test from 'node:test'
import type { RadioConf } from '#common/config/radio-conf.ts'
import type { RadioStatus } from '#common/status.ts'
import { type PortSeen, portSeenFindings, runningRadioFindings } from '#edge/doctor/radio-check.ts'

const conf = { driver: 'kiss', port: '/dev/ttyUSB0' } as RadioConf
const ready = {
  port: '/dev/ttyUSB0',
  state: 'ready',
  modem: { board: 'Heltec V3', version: 1 },
  budgetUsed: 0.04,
  budgetSeconds: 360,
} as RadioStatus
const running = (changes: Partial<RadioStatus>) =>
  runningRadioFindings(conf, { ...ready, ...changes }).map(({ level, text }) => `${level} ${text}`)
const seen = (look: PortSeen) =>
  portSeenFindings(conf, look, 'meshcore').map(({ text, advice }) => `${text} | ${advice}`)

test('by the word of the running server', () => {
  assert.deepEqual(running({}), [
    'ok radio "/dev/ttyUSB0": ready (Heltec V3, firmware 1), 14 s of 360 s on the air in the last hour',
  ])
  assert.deepEqual(running({ state: 'opening' }), ['fault radio "/dev/ttyUSB0": does not answer'])
  assert.match(running({ budgetUsed: 0.76 })[1] ?? '', /^warn .*is used up/)
  assert.match(running({ port: '/dev/ttyACM0' })[0] ?? '', /^warn .*the running server has no such radio/)
})

test('by a look at its port', () => {
  assert.match(seen({ kind: 'forbidden' })[0] ?? '', /may not be opened by meshcore \| usermod -aG dialout meshcore/)
  assert.match(
    seen({ kind: 'held', by: '"minicom" (process 7)' })[0] ?? '',
    /"minicom" \(process 7\) holds the port \|/,
  )
  assert.match(seen({ kind: 'no-device' })[0] ?? '', /is no serial port \| set port/)
  assert.match(seen({ kind: 'open', modem: 'Heltec V3, firmware 1' })[0] ?? '', /answers: Heltec V3, firmware 1/)
})
