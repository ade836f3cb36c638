// Logs that crash, lose their tails, are wiped and cut apart in any order end equal, each post once, and never with a cursor past a
// hole: over any graph of links, with a hub or without, whoever stands by meanwhile.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { startFor } from '#common/cursor.ts'
import { type Cable, guidsOf, type Server, World } from '#test/support/link-world.ts'

const runs = Number(process.env.SIMULATION_RUNS ?? 500)
const i = fc.nat(15)

/** What happens to links: nothing is lost by it. */
const linkSteps = [
  {
    weight: 6,
    arbitrary: fc.record({ do: fc.constant('post' as const), i, count: fc.integer({ min: 1, max: 5 }) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('post' as const), i, count: fc.constant(70) }) },
  { weight: 5, arbitrary: fc.record({ do: fc.constant('plug' as const), i }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('cut' as const), i }) },
  { weight: 8, arbitrary: fc.record({ do: fc.constant('standby' as const), i, on: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('rest' as const), i }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('offers' as const), i, on: fc.boolean() }) },
  {
    weight: 10,
    arbitrary: fc.record({
      do: fc.constant('deliver' as const),
      i,
      toDialler: fc.boolean(),
      frames: fc.integer({ min: 1, max: 9 }),
    }),
  },
]

/** What happens to logs. */
const storeSteps = [
  { weight: 2, arbitrary: fc.record({ do: fc.constant('snapshot' as const), i }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('lose' as const), i, back: fc.nat(3) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('wipe' as const), i }) },
]

const linkStep = fc.oneof(...linkSteps)
const anyStep = fc.oneof(...linkSteps, ...storeSteps)
type Step = typeof anyStep extends fc.Arbitrary<infer T> ? T : never

/** A tree of edges, so that all can reach each other, a few more cables, and perhaps a hub for some of them. */
const plan = fc.integer({ min: 2, max: 5 }).chain(count =>
  fc
    .record({
      parents: fc.tuple(...Array.from({ length: count - 1 }, (_, child) => fc.nat(child))),
      more: fc.array(
        fc.tuple(fc.nat(count - 1), fc.nat(count - 1)).filter(([a, b]) => a !== b),
        { maxLength: 3 },
      ),
      hub: fc.option(fc.uniqueArray(fc.nat(count - 1), { minLength: 1 }), { nil: undefined }),
      isPlugged: fc.boolean(),
      wantsOffers: fc.boolean(),
    })
    .map(({ parents, more, ...rest }) => {
      const tree = parents.map((parent, child): [number, number] => [parent, child + 1])
      return { count, cables: dedupe([...tree, ...more]), ...rest }
    }),
)
type Plan = typeof plan extends fc.Arbitrary<infer T> ? T : never

async function begin(plan: Plan): Promise<World> {
  const world = new World(plan)
  for (const edge of world.edges) edge.wantsOffers = plan.wantsOffers
  if (!plan.isPlugged) return world
  for (const cable of world.cables) await world.plug(cable)
  await world.rest()
  return world
}

const heals = fc.constantFrom('healWithHub' as const, 'healWithoutHub' as const)
const crashes = 'any partitions, crashes with lost tails, wipes, delays and servers that stand by end in equal logs'

test(crashes, { timeout: 900_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(plan, fc.array(anyStep, { maxLength: 60 }), heals, async (plan, steps, heal) => {
      const world = await begin(plan)
      for (const step of steps) {
        await play(world, step)
        await assertNoCursorPastAHole(world.servers)
      }
      await healed(world, heal)
    }),
    { numRuns: runs },
  )
})

test('where no store loses anything, each post crosses a link once in each direction', {
  timeout: 900_000,
}, async () => {
  await fc.assert(
    fc.asyncProperty(plan, fc.array(linkStep, { maxLength: 80 }), heals, async (plan, steps, heal) => {
      const world = await begin(plan)
      for (const step of steps) await play(world, step)
      await healed(world, heal)
      assert.deepEqual(world.twice, [])
    }),
    { numRuns: runs },
  )
})

test('with the hub back nothing is shipped between those that it serves, and when it is gone again everything', {
  timeout: 900_000,
}, async () => {
  await fc.assert(
    fc.asyncProperty(plan, fc.array(anyStep, { maxLength: 40 }), async (plan, steps) => {
      const world = await begin(plan)
      for (const step of steps) await play(world, step)
      await healed(world, 'healWithHub')
      const quiet = world.cables.filter(({ a, b }) => a.standby && b.standby)
      const before = quiet.map(({ shipped }) => shipped)
      for (const server of world.servers) await world.post(server, 3)
      await world.rest()
      await assertEqual(world.servers)
      assert.deepEqual(
        quiet.map(({ shipped }) => shipped),
        before,
      )
      for (const cable of world.hubCables) await world.cut(cable)
      // At one only: where nothing else happens, nothing but the end of the standby can make it go on.
      await world.post(world.server(0), 2)
      await world.rest()
      await healed(world, 'healWithoutHub')
    }),
    { numRuns: Math.ceil(runs / 5) },
  )
})

test('a hub that was silent for a while gets each post once, over the links that it has', async () => {
  const world = await begin({
    count: 4,
    cables: [
      [0, 1],
      [1, 2],
      [2, 3],
      [3, 0],
    ],
    hub: [0, 1, 2, 3],
    isPlugged: true,
    wantsOffers: true,
  })
  await world.healWithHub()
  const deliverTo = async (cables: readonly Cable[]) => {
    for (let i = 0; i < 50; i++) {
      for (const cable of cables) {
        await world.deliver(cable, 'dialler', 10)
        await world.deliver(cable, 'acceptor', 10)
      }
    }
  }
  for (const edge of world.edges) await world.setStandby(edge, false)
  const posts = [1, 2, 3, 4]
  const amongPeers = world.cables.filter(({ b }) => b.role !== 'hub')
  for (const [i, edge] of world.edges.entries()) {
    await world.post(edge, posts[i])
    await deliverTo(amongPeers)
  }
  await assertEqual(world.edges)
  const shippedToHub = () => world.hubCables.reduce((sum, { links }) => sum + (links[0]?.progress()[0]?.sent ?? 0), 0)
  // What was under way before anybody knew that the hub is silent arrives in any case.
  const blind = shippedToHub()
  assert.equal(blind, posts[0])
  await world.rest()
  await assertEqual(world.servers)
  assert.ok(shippedToHub() <= 10 + blind, `${shippedToHub()} posts were shipped to the hub`)
})

async function play(world: World, step: Step): Promise<void> {
  const server = world.server(step.i)
  const cable = world.cable(step.i)
  if (step.do === 'post') return world.post(server, step.count)
  if (step.do === 'plug') return world.plug(cable)
  if (step.do === 'cut') return world.cut(cable)
  if (step.do === 'rest') return world.rest()
  if (step.do === 'standby') return world.setStandby(server, step.on)
  if (step.do === 'deliver') return world.deliver(cable, step.toDialler ? 'dialler' : 'acceptor', step.frames)
  if (step.do === 'wipe') return server.log.wipe()
  if (step.do === 'offers') return void Object.assign(server, { wantsOffers: step.on })
  if (step.do === 'snapshot') return void server.snapshots.push(server.log.snapshot())
  const snapshot = server.snapshots.at(-1 - step.back)
  if (snapshot !== undefined) server.log.restore(snapshot)
}

/** Heals, and looks whether all who are linked then are equal. */
async function healed(world: World, heal: 'healWithHub' | 'healWithoutHub'): Promise<void> {
  const linked = heal === 'healWithHub' ? world.servers : world.edges
  const held = (await Promise.all(linked.map(guidsOf))).flat()
  await world[heal]()
  assert.deepEqual(world.faults, [])
  await assertNoCursorPastAHole(world.servers)
  const all = await assertEqual(linked)
  // More than was held is possible: a post under way outlives the log that lost it.
  for (const guid of held) assert.ok(all.has(guid), 'a post is lost that a server had')
}

/** The GUIDs that all have. */
async function assertEqual(servers: readonly Server[]): Promise<Set<string>> {
  const lists = await Promise.all(servers.map(guidsOf))
  const all = new Set(lists[0])
  for (const [at, guids] of lists.entries()) {
    assert.equal(new Set(guids).size, guids.length, 'a post stands twice')
    assert.deepEqual(new Set(guids), all, `server ${servers[at]?.id[0]} differs`)
  }
  return all
}

/** Whatever a reader's cursor covers in another's log, the reader has. */
async function assertNoCursorPastAHole(servers: readonly Server[]): Promise<void> {
  for (const reader of servers) {
    const held = new Set(await guidsOf(reader))
    for (const source of servers) {
      if (source === reader) continue
      const start = startFor(await reader.log.cursorOf(source.id), await source.log.history())
      if (!start.known) continue
      for (const guid of (await guidsOf(source)).slice(0, start.after)) {
        assert.ok(held.has(guid), `${reader.id[0]} has passed a post of ${source.id[0]} that it lacks`)
      }
    }
  }
}

function dedupe(cables: readonly [number, number][]): [number, number][] {
  const seen = new Set<string>()
  return cables.filter(([a, b]) => {
    const key = [a, b].sort().join('-')
    return !seen.has(key) && seen.add(key) !== undefined
  })
}
