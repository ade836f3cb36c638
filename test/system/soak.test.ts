// A federation that goes on for long while one post in a hundred comes with a fault: every post is accounted for, and nothing grows.
import assert from 'node:assert/strict'
import { randomInt } from 'node:crypto'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { chanceOf, wholeFrom } from '#infra/island/chance.ts'
import { Balancer } from '#test/support/balancer.ts'
import { DeliveryWatch } from '#test/support/delivery-watch.ts'
import { MemoryWatch } from '#test/support/memory-watch.ts'
import type { Program } from '#test/support/program.ts'
import { startEdge, startHub } from '#test/support/programs.ts'
import { RedisServer } from '#test/support/redis-server.ts'
import { startRelay } from '#test/support/relay.ts'
import { expectEverywhere, linesWriterTo, startStream } from '#test/support/traffic.ts'
import { waitFor } from '#test/support/wait-for.ts'

/** SOAK=1 for the long form. */
const isSoak = process.env.SOAK === '1'
const seconds = isSoak ? 600 : 12
const postsPerSecondAndCity = isSoak ? 8 : 25
/** On average: a fault for one post in a hundred. */
const postsPerFault = 100
/** What is silent for 4.5 s is dead. */
const pings = { hub: { limits: { ping_seconds: 2, store_timeout_seconds: 2 } }, edge: { ping_seconds: 2 } }
const outageMsMax = isSoak ? 8000 : 1500
/** A fuller tail, buffers of the allocator: not what a leak would make of ten minutes. */
const growthMax = { times: 1.2, bytes: 20_000_000 }
const cities = ['City A', 'City B', 'City C']

/** What operators are told is information and warnings, each on its line; nothing else may come out of a program. */
function oddLines({ name, lines }: Program): string[] {
  return lines.filter(line => !/^\[(INFO|WARN)\] /.test(line)).map(line => `${name}: ${line}`)
}

test(`${seconds} s with a fault for one post in a hundred: every post is everywhere once, and memory is flat`, async t => {
  const seed = process.env.SEED ?? String(randomInt(2 ** 31))
  // SEED=… makes the same happen again, at other moments.
  t.diagnostic(`SEED=${seed}`)
  const chance = chanceOf(seed)
  const pick = <T>(list: readonly T[]): T => list[wholeFrom(chance, 0, list.length)] as T
  const redis = await RedisServer.start(t)
  const names = ['hub 1', 'hub 2']
  const hubs = await Promise.all(names.map(name => startHub({ name, redisUrl: redis.url, conf: pings.hub })))
  t.after(() => Promise.all(hubs.map(hub => hub[Symbol.asyncDispose]())))
  const balancer = await Balancer.start(t, hubs)
  const cables = await Promise.all(cities.map(() => startRelay(balancer)))
  t.after(() => Promise.all(cables.map(cable => cable[Symbol.asyncDispose]())))
  const conf = { federation: { reconnect_max_seconds: 2, ...pings.edge } }
  const edges = await Promise.all(cables.map((cable, i) => startEdge({ name: cities[i] ?? '', hubs: [cable], conf })))
  t.after(() => Promise.all(edges.map(edge => edge[Symbol.asyncDispose]())))

  await using watch = new DeliveryWatch()
  // The first city and the first hub are never killed: their memory is that of the whole time.
  await Promise.all(edges.slice(0, 1).map(edge => watch.listenAt(edge)))
  await using memory = new MemoryWatch([...hubs, ...edges])
  const writers = edges.map(linesWriterTo)
  const streams = writers.map((write, i) => startStream(watch.timed(write, postsPerSecondAndCity), cities[i] ?? ''))
  const acked = () => streams.flatMap(stream => stream.acked)

  const heals = new Set<Promise<void>>()
  const forAWhile = (begin: () => void, end: () => void) => {
    begin()
    const healed: Promise<void> = delay(wholeFrom(chance, 200, outageMsMax))
      .then(end)
      .finally(() => heals.delete(healed))
    heals.add(healed)
  }
  const redisAway = async (stop: () => Promise<void>) => {
    await stop()
    await delay(wholeFrom(chance, 0, outageMsMax / 2))
    await redis.start()
  }
  const faults: Record<string, () => void | Promise<void>> = {
    'a connection is cut': () => {
      const cable = pick(cables)
      forAWhile(
        () => cable.cut(),
        () => cable.heal(),
      )
    },
    'a connection is frozen': () => {
      const cable = pick(cables)
      forAWhile(
        () => cable.stall(),
        () => cable.heal(),
      )
    },
    'a hub is killed': () => pick(hubs.slice(1)).restart('SIGKILL'),
    'a hub is restarted': () => pick(hubs.slice(1)).restart(),
    'a city is killed': () => pick(edges.slice(1)).restart('SIGKILL'),
    'Redis is restarted': () => redisAway(() => redis.stop()),
    'Redis is killed': () => redisAway(() => redis.kill()),
  }
  const counts: Record<string, number> = {}
  let count = 0
  const endsAt = performance.now() + seconds * 1000
  while (performance.now() < endsAt) {
    // By the number of all posts: a fault that takes long is made up for.
    const goal = wholeFrom(chance, count * postsPerFault, (count + 1) * postsPerFault)
    count += 1
    await waitFor(() => acked().length >= goal, { what: 'posts to be acknowledged', deadlineMs: 120_000 })
    const what = pick(Object.keys(faults))
    counts[what] = (counts[what] ?? 0) + 1
    await faults[what]?.()
  }
  await Promise.all(heals)
  const growth = memory.growth()
  await Promise.all(streams.map(stream => stream.stop()))
  await Promise.all(writers.map(write => write[Symbol.asyncDispose]()))
  const healedAt = performance.now()
  await expectEverywhere([...hubs, ...edges], acked())

  const { count: deliveries, p50, p99, max } = watch.times()
  t.diagnostic(
    `${acked().length} posts everywhere ${Math.round(performance.now() - healedAt)} ms after ${count} faults: ${JSON.stringify(counts)}`,
  )
  t.diagnostic(`${deliveries} deliveries, p50 ${p50} ms, p99 ${p99} ms, longest ${max} ms`)
  const megabytes = (bytes: number) => Math.round(bytes / 1_000_000)
  for (const { name, early, late } of growth) t.diagnostic(`${name}: ${megabytes(early)} MB, then ${megabytes(late)}`)
  assert.deepEqual([...hubs, ...edges].flatMap(oddLines), [])
  if (!isSoak) return
  for (const { name, early, late } of growth)
    assert.ok(late < early * growthMax.times + growthMax.bytes, `${name} grew from ${early} to ${late} bytes`)
})
