// Everything that can happen to links, servers and their hub, at random and at the same time, while all cities write.
import assert from 'node:assert/strict'
import { randomInt } from 'node:crypto'
import { test } from 'node:test'
import { cityNames, expectAlike, Mesh, ring } from '#test/support/mesh.ts'
import { startStream, writerTo } from '#test/support/traffic.ts'

/** With SOAK=1 an hour. */
const steps = process.env.SOAK === '1' ? 2000 : 12
/** Posts of one city from one step to the next, at most: some links are found dead in this time, others are not. */
const postsPerStepMax = 150
const conf = { federation: { ping_seconds: 1 } }

/** The same numbers from the same seed (mulberry32). */
function randomFrom(seed: number): (below: number) => number {
  let state = seed
  return below => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) % below
  }
}

test('whatever breaks and heals at random, what was acknowledged is everywhere once in the end', async t => {
  const seed = Number(process.env.SEED ?? randomInt(2 ** 31))
  // SEED=… makes the same happen again, at other moments.
  t.diagnostic(`SEED=${seed}`)
  const random = randomFrom(seed)
  await using mesh = await Mesh.start({ graph: ring(cityNames(5)), hub: {}, conf })
  const { cities, servers, world } = mesh
  const pick = <T>(list: readonly T[]): T => list[random(list.length)] as T
  const names = servers.map(({ name }) => name)
  const pair = (): [string, string] => {
    const a = pick(names)
    return [a, pick(names.filter(name => name !== a))]
  }
  const happenings: Record<string, () => void | Promise<void>> = {
    'a way is cut': () => world.cut(...pair()),
    'a way is cut in one direction': () => world.cutOneWay(...pair()),
    'somebody is alone': () => world.isolate(pick(names)),
    'all is parted in two': () => world.partition(names.slice(0, 3), names.slice(3)),
    'all is healed': () => world.healAll(),
    'a way is healed': () => world.heal(...pair()),
    'a city dies': () => pick(cities).restart('SIGKILL'),
    'a server is restarted': () => pick(servers).restart(),
  }
  const streams = cities.map(city => startStream(writerTo(city), `from ${city.name}`, 1))
  const story: string[] = []
  for (let i = 0; i < steps; i += 1) {
    const what = pick(Object.keys(happenings))
    story.push(what)
    await happenings[what]?.()
    await pick(streams).flows(1 + random(postsPerStepMax))
  }
  world.healAll()
  const healedAt = Date.now()
  await Promise.all(streams.map(stream => stream.stop()))
  const texts = streams.flatMap(({ acked }) => acked)
  await expectAlike(servers, texts)
  t.diagnostic(`${texts.length} posts were everywhere ${Date.now() - healedAt} ms after: ${story.join(', ')}`)
  for (const server of servers) {
    const { messages } = await server.status()
    assert.equal(messages.refused, 0, server.name)
  }
})
