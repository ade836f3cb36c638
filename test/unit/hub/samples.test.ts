// A sample of each spoke every five minutes: for a day, once for each five minutes, and no longer than the spoke is known.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type City, sampleMs } from '#common/network.ts'
import { readSamples, writeSamples } from '#hub/network/samples.ts'
import { samplesJob } from '#hub/network/samples-job.ts'
import { memoryNotes } from '#test/support/memory-notes.ts'
import { hubId, NetworkWorld } from '#test/support/network-world.ts'
import { reportedRadio, reportedRoom, reportedSelf } from '#test/support/reports.ts'
import { spokeId } from '#test/support/upkeep-world.ts'

const id = spokeId('A')
const noon = Date.parse('2026-03-01T12:00:00Z')
const signal = new AbortController().signal

function city(facts: Partial<City>): City {
  return { id, connected: true, latencyMs: 12, backlog: 0, self: reportedSelf(), ...facts } as City
}

test('what is not known is no zero, and of a city that is away the radio is not known', async () => {
  const notes = memoryNotes()
  const self = reportedSelf({ radio: reportedRadio({ budgetUsed: 0.25 }) })
  await writeSamples(notes, [city({ latencyMs: 12.6, backlog: 3, self })], noon + 1_000)
  await writeSamples(notes, [city({ latencyMs: null, backlog: null })], noon + sampleMs)
  await writeSamples(notes, [city({ connected: false, latencyMs: null, backlog: 9, self })], noon + 2 * sampleMs)
  assert.deepEqual(await readSamples(notes, [id, spokeId('B')], noon + 3 * sampleMs), {
    [id]: [
      { at: noon, latencyMs: 13, backlog: 3, budgetUsed: 0.25 },
      { at: noon + sampleMs, latencyMs: null, backlog: null, budgetUsed: null },
      { at: noon + 2 * sampleMs, latencyMs: null, backlog: 9, budgetUsed: null },
    ],
    [spokeId('B')]: [],
  })
})

test('a day and a half leaves the newest day, in order, in notes that stay small', async () => {
  const notes = memoryNotes()
  const [many, others] = [432, Array.from({ length: 3 }, (_, n) => city({ id: spokeId(String(n)) }))]
  for (let n = 0; n <= many; n += 1)
    await writeSamples(notes, [city({ backlog: n, latencyMs: 54_321 }), ...others], noon + n * sampleMs)
  const samples = (await readSamples(notes, [id], noon + many * sampleMs))[id] ?? []
  assert.equal(samples.length, 288)
  assert.deepEqual(
    samples.map(({ backlog, at }) => [backlog, at]),
    Array.from({ length: 288 }, (_, n) => [many - 287 + n, noon + (many - 287 + n) * sampleMs]),
  )
  const texts = [...(await notes.all(''))].filter(([key]) => key.endsWith(id)).map(([, text]) => text.length)
  assert.ok(texts.length === 13 && Math.max(...texts) < 600, `${texts}`)
})

test('the job takes one sample of each spoke that tells, also when it is done twice, and lets go of who is not known', async () => {
  const world = new NetworkWorld('frontrange')
  const samples = memoryNotes()
  const job = samplesJob({ picture: world.picture, reports: world.reports, samples, now: () => world.at })
  world.at = noon
  const link = { id: hubId, name: 'hub', role: 'hub' as const, state: 'connected' as const, latencyMs: 12, toSend: 0 }
  world.spoke('A')
  world.spoke('B')
  world.reports.hear(id, { self: reportedSelf({ links: [link] }), rooms: [reportedRoom()] })
  await world.reports.flush()
  await job.run(signal)
  world.at += 2_000
  await job.run(signal)
  const read = () => readSamples(samples, [id, spokeId('B')], world.at)
  assert.deepEqual(await read(), {
    [id]: [{ at: noon, latencyMs: 12, backlog: 0, budgetUsed: null }],
    [spokeId('B')]: [],
  })
  world.seen.shift()
  await job.run(signal)
  assert.equal((await world.notes.all('')).size, 2)
  world.at += 11 * 60_000
  await job.run(signal)
  assert.equal((await world.notes.all('')).size, 0)
  assert.equal((await samples.all('')).size, 0)
})
