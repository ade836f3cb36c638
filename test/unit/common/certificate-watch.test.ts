// A certificate that ends is spoken of 30, 7 and 1 days before and when it has ended: each once, and not by a clock that is wrong.
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { CertificateWatch, warningDue } from '#common/certificate-watch.ts'
import { createLog } from '#common/log.ts'

const dayMs = 86_400_000
const hourMs = 3_600_000
const end = Date.UTC(2026, 11, 24, 12)
const facts = { pin: 'sha256/a', validFrom: '2016-12-24T12:00:00.000Z', validTo: new Date(end).toISOString() }
const owner = { id: 'own', what: 'the certificate of this server', advice: 'make a new one' }

/** A watch under a clock that the test moves. */
function watching(t: TestContext, now: number) {
  t.mock.timers.enable({ apis: ['setInterval'] })
  const lines: string[] = []
  const clock: { now: number | undefined } = { now }
  const log = createLog({ json: false, write: line => lines.push(line.trimEnd()) })
  const watch = new CertificateWatch({ log, now: () => clock.now })
  const pass = (ms: number) => {
    for (let passed = 0; passed < ms; passed += hourMs) {
      if (clock.now !== undefined) clock.now += hourMs
      t.mock.timers.tick(hourMs)
    }
  }
  return { watch, lines, clock, pass }
}

test('which warning is due', () => {
  for (const [days, due] of [
    [31, undefined],
    [30, 30],
    [7.01, 30],
    [7, 7],
    [1.5, 7],
    [1, 1],
    [0.1, 1],
    [0, 0],
    [-1000, 0],
  ] as const)
    assert.equal(warningDue(facts, end - days * dayMs), due, `${days} days`)
})

test('a running server says it four times, with what to do', t => {
  const { watch, lines, pass } = watching(t, end - 40 * dayMs)
  watch.start()
  watch.note(owner, facts)
  assert.deepEqual(lines, [])
  pass(50 * dayMs)
  assert.deepEqual(lines, [
    '[WARN] the certificate of this server ends in 30 days (2026-12-24): make a new one',
    '[WARN] the certificate of this server ends in 7 days (2026-12-24): make a new one',
    '[WARN] the certificate of this server ends in 1 day (2026-12-24): make a new one',
    '[WARN] the certificate of this server has ended (2026-12-24): make a new one',
  ])
})

test('at the start only what is most urgent is said, and once for however many links', t => {
  const { watch, lines, clock } = watching(t, end - 5.5 * dayMs)
  watch.note(owner, facts)
  watch.note(owner, { ...facts })
  assert.deepEqual(lines, ['[WARN] the certificate of this server ends in 5 days (2026-12-24): make a new one'])
  clock.now = end + dayMs
  watch.note(owner, facts)
  assert.equal(lines.at(-1), '[WARN] the certificate of this server has ended (2026-12-24): make a new one')
})

test('each owner has its own, and a new certificate is a new matter', t => {
  const { watch, lines } = watching(t, end - dayMs)
  watch.note(owner, facts)
  watch.note({ ...owner, id: 'b', what: 'the certificate of "City B"' }, facts)
  assert.equal(lines.length, 2)
  watch.note(owner, { ...facts, validTo: new Date(end + 300 * dayMs).toISOString() })
  assert.equal(lines.length, 2)
  watch.note(owner, { ...facts, pin: 'sha256/b' })
  assert.equal(lines.length, 3)
})

test('not while the clock is wrong, and as soon as it is set; never after the stop', t => {
  const { watch, lines, clock, pass } = watching(t, 0)
  clock.now = undefined
  watch.start()
  watch.note(owner, facts)
  pass(2 * hourMs)
  assert.deepEqual(lines, [])
  clock.now = end - dayMs
  pass(hourMs)
  assert.equal(lines.length, 1)
  watch.stop()
  pass(3 * dayMs)
  assert.equal(lines.length, 1)
})

test('more owners than can be are no more than so many in memory', t => {
  const { watch, lines } = watching(t, end - dayMs)
  for (let n = 0; n < 600; n++) watch.note({ ...owner, id: `${n}` }, facts)
  watch.note({ ...owner, id: '599' }, facts)
  assert.equal(lines.length, 600)
  watch.note({ ...owner, id: '0' }, facts)
  assert.equal(lines.length, 601)
})
