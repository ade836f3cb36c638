// Whose clock is wrong, and by how much.
import assert from 'node:assert/strict'
import test from 'node:test'
import { type ClockFacts, clockFindings } from '#edge/doctor/clock-check.ts'

const minute = 60_000
const releasedAt = Date.UTC(2026, 10, 1)
const now = Date.UTC(2026, 11, 24, 20)
const off = (name: string, minutes: number) => ({ name, offMs: minutes * minute })
const said = (facts: Partial<ClockFacts>) =>
  clockFindings({ now, releasedAt, systemOffMs: 0, others: [], ...facts }).map(({ level, text }) => `${level} ${text}`)

test('a clock that nothing speaks against is right', () => {
  assert.deepEqual(said({}), ['ok clock: 2026-12-24T20:00:00.000Z'])
  assert.deepEqual(said({ others: [{ name: 'hub', offMs: -1400 }, off('City B', 4)] }), [
    'ok clock: 2026-12-24T20:00:00.000Z, within 240 s of "hub" and 1 more',
  ])
})

test('before the release nobody else is asked', () => {
  const [finding] = clockFindings({ now: 0, releasedAt, systemOffMs: 0, others: [off('hub', 1e6)] })
  assert.equal(finding?.level, 'fault')
  assert.match(
    finding?.text ?? '',
    /this machine says 1970-01-01T00:00:00\.000Z, which is before this program was made/,
  )
  assert.match(finding?.advice ?? '', /^timedatectl set-ntp true/)
})

test('all others against us: ours; one against us and another: theirs; one alone: nobody knows', () => {
  assert.deepEqual(said({ others: [off('hub', 12), off('City B', 13)] }), [
    'fault clock: this machine is 12 min behind "hub" and one other, which agree',
  ])
  assert.deepEqual(said({ others: [off('hub', -3000), off('City B', -2999), off('City C', -3000)] }), [
    'fault clock: this machine is 2 days ahead of "hub" and 2 others, which agree',
  ])
  assert.deepEqual(said({ others: [off('hub', 0), off('City B', 12)] }), [
    'warn clock: "City B" is 12 min ahead of this machine',
  ])
  assert.deepEqual(said({ others: [off('hub', -12)] }), ['warn clock: "hub" is 12 min behind this machine'])
  assert.deepEqual(said({ others: [off('hub', -12), off('City B', 600)] }), [
    'warn clock: "hub" is 12 min behind this machine',
    'warn clock: "City B" is 10 h 0 min ahead of this machine',
  ])
})

test('what the running server knows of the clock counts', () => {
  const [finding] = clockFindings({ now, releasedAt, systemOffMs: 30 * minute, others: [off('hub', 1)] })
  assert.equal(finding?.level, 'fault')
  assert.match(finding?.text ?? '', /^clock: this machine is 30 min behind the posts/)
})
