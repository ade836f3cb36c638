// Jobs of upkeep over the instances of a hub: each run at one of them, and none is lost, whoever dies.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Job } from '#hub/upkeep/job.ts'
import { Program } from '#test/support/program.ts'
import { RedisServer } from '#test/support/redis-server.ts'
import { CountedJob, openUpkeep, shortLockMs, type UpkeepUnderTest } from '#test/support/upkeep.ts'
import { waitFor } from '#test/support/wait-for.ts'

test('a job that is due runs once over three instances, and every instance tells the same of it', async t => {
  const { url } = await RedisServer.start(t)
  const [counted, marker] = [new CountedJob(), new CountedJob()]
  const jobs = [counted.job('sweep', { everyMs: 3_600_000 }), marker.job('marker', { everyMs: 3_600_000 })]
  const instances = await Promise.all([1, 2, 3].map(() => openUpkeep(t, url, jobs)))
  await waitFor(() => counted.ended > 0 && marker.ended > 0, { what: 'both to run' })
  // Whatever else was queued for the first job has been seen by now.
  for (let n = 2; n < 5; n += 1) {
    instances[0]?.upkeep.wake('marker')
    await waitFor(() => marker.ended === n, { what: 'the marker to run again' })
  }
  assert.equal(counted.runs, 1)
  const told = await Promise.all(instances.map(({ facts }) => facts.status()))
  const [first, ...others] = told.map(jobs => jobs.find(({ name }) => name === 'sweep'))
  assert.equal(first?.runs, 1)
  assert.equal(first?.failures, 0)
  assert.ok(Date.now() - Date.parse(first?.lastSuccess ?? '') < 60_000)
  for (const other of others) assert.deepEqual(other, first)
})

test('a job that takes longer than its interval never runs twice at once', async t => {
  const { url } = await RedisServer.start(t)
  const counted = new CountedJob()
  const jobs = [counted.job('slow', { everyMs: 200, runMs: 700 })]
  const instances = await Promise.all([1, 2, 3].map(() => openUpkeep(t, url, jobs)))
  for (const { upkeep } of instances) upkeep.wake('slow')
  await waitFor(() => counted.ended >= 4, { what: 'four runs' })
  assert.equal(counted.atOnceMax, 1)
})

test('however often it is woken during a run, a job runs after it once for each instance that said so at the most', async t => {
  const { url } = await RedisServer.start(t)
  const [counted, marker] = [new CountedJob(), new CountedJob()]
  const woken = Promise.withResolvers<void>()
  const jobs = [
    counted.job('deliver', { everyMs: 3_600_000, until: woken.promise }),
    marker.job('marker', { everyMs: 3_600_000 }),
  ]
  const instances = await Promise.all([1, 2].map(() => openUpkeep(t, url, jobs)))
  await waitFor(() => counted.runs === 1 && marker.ended === 1, { what: 'the first runs to begin' })
  for (let n = 0; n < 1_000; n += 1) for (const { upkeep } of instances) upkeep.wake('deliver')
  // What is woken later at the same instance comes behind it.
  const markerAt = async ({ upkeep }: UpkeepUnderTest) => {
    const before = marker.ended
    upkeep.wake('marker')
    await waitFor(() => marker.ended > before, { what: 'the marker to run' })
  }
  for (const instance of instances) await markerAt(instance)
  woken.resolve()
  await waitFor(() => counted.ended >= 2, { what: 'the run after it' })
  for (const instance of instances) await markerAt(instance)
  // The word of one instance may come while that of the other is looked at, and put off because the job runs: then it stands by itself.
  assert.ok(counted.runs <= 3, `${counted.runs} runs`)
  assert.equal(counted.atOnceMax, 1)
})

test('an instance is killed in the middle of a job: another begins it anew', async t => {
  const { url } = await RedisServer.start(t)
  const child = new Program({ name: 'instance', script: 'test/support/upkeep-child.ts', args: [url] })
  t.after(() => child.kill())
  child.start()
  await child.waitForLine(/^begun/)
  const counted = new CountedJob()
  const { lines, facts } = await openUpkeep(t, url, {
    jobs: [counted.job('sweep', { everyMs: 60_000 })],
    lockMs: shortLockMs,
  })
  await child.kill()
  await waitFor(() => counted.ended === 1, { what: 'another to do it' })
  await waitFor(async () => (await facts.status())[0]?.runs === 1, { what: 'the run to be noted' })
  assert.ok(lines.some(line => line.includes('"sweep" was left in the middle')))
})

test('an instance that stops in the middle of a job gives it to another at once', async t => {
  const { url } = await RedisServer.start(t)
  const aborted = new CountedJob()
  const first = await openUpkeep(t, url, [aborted.job('sweep', { everyMs: 3_600_000, runMs: 60_000 })])
  await waitFor(() => aborted.runs === 1, { what: 'the first to begin' })
  const counted = new CountedJob()
  await openUpkeep(t, url, [counted.job('sweep', { everyMs: 3_600_000 })])
  const stoppedAt = performance.now()
  await first.upkeep.close()
  assert.ok(performance.now() - stoppedAt < 10_000)
  await waitFor(() => counted.ended === 1, { what: 'the other to do it' })
})

test('a Redis that was wiped, and one that was away, has its jobs again; nobody shouts', async t => {
  const server = await RedisServer.start(t)
  const counted = new CountedJob()
  const { lines } = await openUpkeep(t, server.url, [counted.job('sweep', { everyMs: 500 })])
  await waitFor(() => counted.ended > 0, { what: 'the first run' })
  await server.cli('FLUSHALL')
  const afterWipe = counted.ended + 1
  await waitFor(() => counted.ended > afterWipe, { what: 'runs after the wipe' })
  await server.kill()
  await waitFor(() => lines.some(line => line.includes('Redis is away')), { what: 'the store to notice' })
  await server.start()
  const afterRestart = counted.ended + 1
  await waitFor(() => counted.ended > afterRestart, { what: 'runs after the restart' })
  const warnings = lines.filter(line => line.startsWith('[WARN]') || line.startsWith('[ERROR]'))
  assert.deepEqual(
    warnings.map(line => line.slice(0, 20)),
    ['[WARN] Redis is away'],
  )
})

test('a job that is no more is due no more', async t => {
  const server = await RedisServer.start(t)
  const [old, kept] = [new CountedJob(), new CountedJob()]
  const first = await openUpkeep(t, server.url, [
    old.job('webhook-gone', { everyMs: 300 }),
    kept.job('sweep', { everyMs: 300 }),
  ])
  await waitFor(() => old.ended > 0, { what: 'it to run' })
  await first.upkeep.close()
  await openUpkeep(t, server.url, [kept.job('sweep', { everyMs: 300 })])
  const schedulers = () => server.cli('ZRANGE', '{bull}:mcfed-upkeep:repeat', '0', '-1')
  await waitFor(async () => (await schedulers()) === 'sweep', { what: 'its scheduler to be removed' })
})

test('a job that fails is noted as failed, and counts as well again when it is', async t => {
  const { url } = await RedisServer.start(t)
  let fails = true
  const job: Job = {
    name: 'shaky',
    everyMs: 300,
    deadlineMs: 1_000,
    run: async () => {
      if (fails) throw new Error('no luck')
    },
  }
  const { facts, lines } = await openUpkeep(t, url, [job])
  const seen = async () => (await facts.status())[0]
  const failed = await waitFor(seen, { what: 'two failures', until: facts => (facts?.failures ?? 0) >= 2 })
  assert.equal(failed.lastError, 'no luck')
  assert.equal(failed.lastSuccess, null)
  fails = false
  await waitFor(seen, { what: 'a success', until: facts => facts?.lastSuccess !== null })
  const said = lines.filter(line => line.includes('"shaky"'))
  assert.equal(said.length, 2)
  assert.match(said[0] ?? '', /failed.*no luck/)
  assert.match(said[1] ?? '', /goes well again/)
})

const queueKey = (name: string) => `{bull}:mcfed-upkeep:${name}`

test('a queue into which somebody has written what is no job is emptied, and the jobs go on', async t => {
  const redis = await RedisServer.start(t)
  const counted = new CountedJob()
  const jobs = [counted.job('sweep', { everyMs: 300 })]
  const instances = await Promise.all([1, 2].map(() => openUpkeep(t, redis.url, jobs)))
  await waitFor(() => counted.ended > 0, { what: 'a run' })
  await redis.cli('HSET', queueKey('junk'), 'name', 'sweep', 'data', '{', 'opts', '{')
  await redis.cli('LPUSH', queueKey('wait'), 'junk', 'nothing')
  const isSaid = () => instances.some(({ lines }) => lines.some(line => line.includes('holds what is no job')))
  await waitFor(isSaid, { what: 'it to be said' })
  await waitFor(() => redis.cli('EXISTS', queueKey('junk')), { what: 'it to go', until: found => found === '0' })
  const before = counted.ended
  await waitFor(() => counted.ended > before + 3, { what: 'more runs' })
})

test('a queue that somebody has paused goes on when an instance looks after it', async t => {
  const redis = await RedisServer.start(t)
  const counted = new CountedJob()
  const jobs = [counted.job('sweep', { everyMs: 300 })]
  await openUpkeep(t, redis.url, jobs)
  await waitFor(() => counted.ended > 0, { what: 'a run' })
  await redis.cli('HSET', queueKey('meta'), 'paused', '1')
  await openUpkeep(t, redis.url, jobs)
  await waitFor(() => redis.cli('HEXISTS', queueKey('meta'), 'paused'), {
    what: 'it to go on',
    until: found => found === '0',
  })
  const before = counted.ended
  await waitFor(() => counted.ended > before + 3, { what: 'more runs' })
})
