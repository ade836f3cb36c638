// One of two hub instances dies with very many links: all its spokes come back by the balancer, to the other, and are served soon.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Balancer } from '#test/support/balancer.ts'
import { Herd } from '#test/support/herd.ts'
import { startHub } from '#test/support/programs.ts'
import { RawLink } from '#test/support/raw-link.ts'
import { callsOf, sumOf } from '#test/support/redis-calls.ts'
import { RedisServer } from '#test/support/redis-server.ts'
import { usageOf } from '#test/support/usage.ts'
import { waitFor } from '#test/support/wait-for.ts'

/** SOAK=1 for the long form. */
const spokes = process.env.SOAK === '1' ? 2000 : 300
const deadlineMs = 240_000

test(`an instance dies with ${spokes} spokes, and all are live at the other soon after`, async t => {
  const redis = await RedisServer.start(t)
  const names = ['hub 1', 'hub 2']
  const [first, second] = await Promise.all(names.map(name => startHub({ name, redisUrl: redis.url })))
  assert.ok(first && second)
  t.after(() => Promise.all([first, second].map(hub => hub[Symbol.asyncDispose]())))
  const balancer = await Balancer.start(t, [first, second])
  await second.stop()
  const startedAt = performance.now()
  const herd = Herd.start(t, { port: balancer.port, spokes })
  const live = (count: number) =>
    waitFor(() => herd.state(), { what: `${count} live spokes`, deadlineMs, until: state => state.live >= count })
  await live(spokes)
  const fillMs = performance.now() - startedAt
  const linked = async () => (await first.status()).peers.length
  await waitFor(linked, { what: 'the hub to have as many', deadlineMs, until: count => count === spokes })
  await second.run()
  // It has no links: the balancer gives it the next one as soon as it knows of it.
  const { port } = balancer
  const isThere = async () => {
    await using _ = await RawLink.connect({ port, name: 'scout' })
    return (await second.status()).peers.some(({ name }) => name === 'scout')
  }
  await waitFor(isThere, { what: 'the balancer to know the other', deadlineMs })

  const before = usageOf(second)
  const balancerBefore = usageOf(balancer)
  await redis.cli('CONFIG', 'RESETSTAT')
  const endsOf = async () => Object.values((await herd.state()).ends).reduce((sum, count) => sum + count, 0)
  const endsBefore = await endsOf()
  const diedAt = performance.now()
  await first.kill('SIGKILL')
  // Some may be back before the others have noticed.
  await waitFor(endsOf, { what: 'the spokes to notice', deadlineMs, until: ends => ends >= endsBefore + spokes })
  const { ends } = await live(spokes)
  const herdMs = performance.now() - diedAt
  const after = usageOf(second)
  const calls = sumOf(await callsOf(redis))
  const mb = (bytes: number) => Math.round(bytes / 1_000_000)
  t.diagnostic(`${spokes} links ${Math.round(fillMs)} ms after the start`)
  t.diagnostic(
    `all ${spokes} back ${Math.round(herdMs)} ms after the death; the other hub took ${after.cpuMs - before.cpuMs} ms of CPU ` +
      `(balancer ${usageOf(balancer).cpuMs - balancerBefore.cpuMs}), had ${mb(before.rssBytes)} MB before and ` +
      `${mb(after.peakRssBytes)} at most; ${(calls / spokes).toFixed(1)} Redis commands for each`,
  )
  t.diagnostic(`ends and failures: ${JSON.stringify(ends)}`)

  await second.post('after the storm')
  await waitFor(() => herd.state(), {
    what: 'a post at every spoke',
    deadlineMs,
    until: state => state.fewestPosts === 1,
  })
  assert.equal((await herd.state()).mostPosts, 1)
})
