// Jobs of upkeep where Redis is more than one server: through a failover by Sentinel, on a cluster that loses a master, on a full one.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RedisCluster } from '#test/support/redis-cluster.ts'
import { RedisSentinels } from '#test/support/redis-sentinel.ts'
import { RedisServer } from '#test/support/redis-server.ts'
import { CountedJob, openUpkeep } from '#test/support/upkeep.ts'
import { waitFor } from '#test/support/wait-for.ts'

const deadlineMs = 90_000

test('Sentinel names another master: jobs go on there, each at one instance at a time', async t => {
  const sentinels = await RedisSentinels.start(t)
  const counted = new CountedJob()
  const jobs = [counted.job('sweep', { everyMs: 300, runMs: 100 })]
  const [one] = await Promise.all([1, 2].map(() => openUpkeep(t, sentinels.conf, jobs)))
  await waitFor(() => counted.ended > 1, { what: 'the first runs' })
  await sentinels.master.kill()
  await sentinels.promoted(sentinels.replica)
  const before = counted.runs
  await waitFor(() => counted.ended > before + 2, { what: 'runs at the new master', deadlineMs })
  one?.upkeep.wake('sweep')
  assert.equal(counted.atOnceMax, 1)
})

test('on a cluster: jobs run, and go on when the master that had them has died', async t => {
  const cluster = await RedisCluster.start(t, { replicas: true })
  const counted = new CountedJob()
  const jobs = [counted.job('sweep', { everyMs: 300 })]
  const [one] = await Promise.all([1, 2].map(() => openUpkeep(t, cluster.conf, jobs)))
  await waitFor(() => counted.ended > 1, { what: 'the first runs' })
  one?.upkeep.wake('sweep')
  const owner = await cluster.ownerOf('{bull}')
  await owner.kill()
  const before = counted.runs
  await waitFor(() => counted.ended > before + 2, { what: 'runs at the promoted replica', deadlineMs })
  assert.equal(counted.atOnceMax, 1)
})

test('a Redis that is full is asked again now and then, and no faster; the log says it once', async t => {
  const server = await RedisServer.start(t, { appendonly: 'no' })
  const counted = new CountedJob()
  const { lines } = await openUpkeep(t, server.url, [counted.job('sweep', { everyMs: 200 })])
  await waitFor(() => counted.ended > 1, { what: 'the first runs' })
  await server.cli('CONFIG', 'SET', 'maxmemory', '1')
  const waits = () => lines.filter(line => line.includes('Upkeep waits for Redis'))
  await waitFor(() => waits().length > 0, { what: 'the log to say so', deadlineMs })
  const commands = async () => Number(/total_commands_processed:(\d+)/.exec(await server.cli('INFO', 'stats'))?.[1])
  const [before, startedAt] = [await commands(), performance.now()]
  await waitFor(() => performance.now() - startedAt > 3_000, { what: 'three seconds' })
  const perSecond = ((await commands()) - before) / ((performance.now() - startedAt) / 1000)
  assert.ok(perSecond < 60, `${perSecond} commands a second`)
  await server.cli('CONFIG', 'SET', 'maxmemory', '0')
  const ended = counted.ended
  await waitFor(() => counted.ended > ended + 1, { what: 'it to go on', deadlineMs })
  assert.equal(waits().length, 1)
})
