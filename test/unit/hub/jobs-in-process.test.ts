// Upkeep of a hub that is alone: one run of a job at a time, woken ones too, within their deadline.
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { StoreUnavailableError } from '#common/errors.ts'
import { createLog } from '#common/log.ts'
import type { Job } from '#hub/upkeep/job.ts'
import { JobFacts } from '#hub/upkeep/job-facts.ts'
import { JobRunner } from '#hub/upkeep/job-run.ts'
import { startJobsInProcess } from '#hub/upkeep/jobs-in-process.ts'
import { memoryNotes } from '#test/support/memory-notes.ts'
import { CountedJob } from '#test/support/upkeep.ts'
import { waitFor } from '#test/support/wait-for.ts'

function start(t: TestContext, job: Job) {
  const lines: string[] = []
  const log = createLog({ json: false, write: line => void lines.push(line) })
  const facts = new JobFacts(memoryNotes(), [job.name])
  const upkeep = startJobsInProcess([job], new JobRunner({ facts, log, now: () => 1_000 }))
  t.after(() => upkeep.close())
  return { upkeep, facts, lines }
}

test('a job runs at the start and again and again', async t => {
  const counted = new CountedJob()
  const { facts } = start(t, counted.job('sweep', { everyMs: 10 }))
  await waitFor(() => counted.ended >= 3, { what: 'three runs' })
  const [told] = await facts.status()
  assert.equal(told?.lastSuccess, new Date(1_000).toISOString())
  assert.equal(counted.atOnceMax, 1)
})

test('woken often before it begins it runs once, and once more after a run in which it was woken', async t => {
  const counted = new CountedJob()
  const { upkeep } = start(t, counted.job('deliver', { everyMs: 3_600_000, runMs: 20 }))
  for (let n = 0; n < 100; n += 1) upkeep.wake('deliver')
  await waitFor(() => counted.runs === 1, { what: 'the first run' })
  for (let n = 0; n < 100; n += 1) upkeep.wake('deliver')
  await waitFor(() => counted.ended === 2, { what: 'the second run' })
  upkeep.wake('deliver')
  await waitFor(() => counted.ended === 3, { what: 'the third run' })
  assert.equal(counted.runs, 3)
  assert.equal(counted.atOnceMax, 1)
})

test('a run that takes too long is told to end, and is a failure', async t => {
  const counted = new CountedJob()
  const job = { ...counted.job('slow', { everyMs: 3_600_000 }), deadlineMs: 20 }
  const endless: Job = {
    ...job,
    run: signal => new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
  }
  const { facts, lines } = start(t, endless)
  const seen = async () => (await facts.status())[0]
  const told = await waitFor(seen, { what: 'the failure', until: facts => facts?.failures === 1 })
  assert.equal(told.lastError, 'it was not done within 0.02 s')
  assert.equal(lines.length, 1)
})

test('close ends the run under way, which counts for nothing, and nothing runs any more', async t => {
  const counted = new CountedJob()
  const { upkeep, facts } = start(t, counted.job('sweep', { everyMs: 10, runMs: 60_000 }))
  await waitFor(() => counted.runs === 1, { what: 'the run to begin' })
  await upkeep.close()
  assert.equal(counted.ended, 1)
  upkeep.wake('sweep')
  await new Promise(resolve => setImmediate(resolve))
  assert.equal(counted.runs, 1)
  assert.equal((await facts.status())[0]?.runs, 0)
})

test('a store that is away is no news of a job; facts that nobody can read begin anew', async () => {
  const notes = memoryNotes()
  await notes.set('job:sweep', 'not JSON')
  const lines: string[] = []
  const log = createLog({ json: false, write: line => void lines.push(line) })
  const facts = new JobFacts(notes, ['sweep'])
  const runner = new JobRunner({ facts, log, now: Date.now })
  const { signal } = new AbortController()
  const run = () => Promise.reject(new StoreUnavailableError('away'))
  assert.equal(await runner.run({ name: 'sweep', everyMs: 1, deadlineMs: 1_000, run }, signal), true)
  assert.deepEqual(lines, [])
  assert.equal((await facts.status())[0]?.failures, 1)
})
