// The doctor asks a KISS modem what it is, and gives the port back.
import assert from 'node:assert/strict'
import test from 'node:test'
import type { RadioConf } from '#common/config/radio-conf.ts'
import { lookAtPort } from '#edge/doctor/look-at-port.ts'
import { KissModemScript } from '#test/support/kiss-modem-script.ts'

const look = (port: string) => lookAtPort({ driver: 'kiss', port } as RadioConf, AbortSignal.timeout(8000))

test('a modem says what it is, twice: the first look has given the port back', async t => {
  const modem = await KissModemScript.start()
  t.after(() => modem.close())
  const seen = await look(modem.url)
  assert.equal(seen.kind, 'open')
  assert.match('modem' in seen ? (seen.modem ?? '') : '', /^.+, firmware \d+$/)
  assert.deepEqual(await look(modem.url), seen)
})

test('a file is no device, and what is not there is missing', async () => {
  assert.deepEqual(await look(import.meta.filename), { kind: 'no-device' })
  assert.deepEqual(await look('/dev/serial/by-id/usb-nothing'), { kind: 'missing' })
})
