// The hub's own certificate is told of at each step once, whoever looks; a new one begins anew.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { certificatesJob } from '#hub/upkeep/certificates-job.ts'
import { dayMs, UpkeepWorld } from '#test/support/upkeep-world.ts'

test('at the days of the config, then 7 and 1 before the end, and when it has ended', async () => {
  const world = new UpkeepWorld()
  const { notes, alerts, now } = world
  const start = world.at
  const facts = (pin: string, days: number) => ({
    pin,
    validFrom: '2026-01-01T00:00:00.000Z',
    validTo: new Date(start + days * dayMs).toISOString(),
  })
  const job = (certificate = facts('sha256/one', 60)) =>
    certificatesJob({ certificate, firstDays: 20, notes, alerts, now })
  for (let hour = 0; hour < 61 * 24; hour += 6) {
    world.at = start + (hour * dayMs) / 24
    // Two instances look in turn.
    await world.run(job())
    await world.run(job())
  }
  assert.deepEqual(
    world.texts().map(text => text.split(':')[0]),
    [
      'the certificate of this hub ends in 20 days (2026-04-30)',
      'the certificate of this hub ends in 7 days (2026-04-30)',
      'the certificate of this hub ends in 1 day (2026-04-30)',
      'the certificate of this hub has ended (2026-04-30)',
    ],
  )
  await world.run(job(facts('sha256/two', 65)))
  assert.match(world.texts().at(-1) ?? '', /ends in 4 days/)
  assert.equal(world.raised[0]?.kind, 'certificate')
  for (let times = 0; times < 2; times += 1) await world.run(job(facts('sha256/three', 400)))
  assert.deepEqual(world.texts().slice(5), ['this hub has a new certificate, good until 2027-04-05'])
  assert.deepEqual([world.raised.at(-1)?.kind, world.raised.at(-1)?.level], ['certificate-renewed', 'info'])
})
