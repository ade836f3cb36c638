// Logs that crash, lose their tails, are wiped and cut apart in any order end equal, each post once, and never with a cursor past a hole.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { startFor } from '#common/cursor.ts'
import { guidsOf, type Server, World } from '#test/support/link-world.ts'

const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ do: fc.constant('post' as const), i: fc.nat(9), count: fc.integer({ min: 1, max: 5 }) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('post' as const), i: fc.nat(9), count: fc.constant(70) }) },
  { weight: 5, arbitrary: fc.record({ do: fc.constant('plug' as const), i: fc.nat(9) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('cut' as const), i: fc.nat(9) }) },
  {
    weight: 10,
    arbitrary: fc.record({
      do: fc.constant('deliver' as const),
      i: fc.nat(9),
      toDialler: fc.boolean(),
      frames: fc.integer({ min: 1, max: 9 }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('snapshot' as const), i: fc.nat(9) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('lose' as const), i: fc.nat(9), back: fc.nat(3) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('wipe' as const), i: fc.nat(9) }) },
)

/** A tree, so that all can reach each other, and a few more cables. */
const graph = fc.integer({ min: 2, max: 5 }).chain(count =>
  fc.record({
    count: fc.constant(count),
    parents: fc.tuple(...Array.from({ length: count - 1 }, (_, i) => fc.nat(i))),
    more: fc.array(
      fc.tuple(fc.nat(count - 1), fc.nat(count - 1)).filter(([a, b]) => a !== b),
      { maxLength: 3 },
    ),
  }),
)

test('any partitions, crashes with lost tails, wipes and delays end in equal logs', { timeout: 300_000 }, async () => {
  const runs = Number(process.env.SIMULATION_RUNS ?? 500)
  await fc.assert(
    fc.asyncProperty(graph, fc.array(step, { maxLength: 60 }), async ({ count, parents, more }, steps) => {
      const tree = parents.map((parent, i): [number, number] => [parent, i + 1])
      const world = new World(count, dedupe([...tree, ...more]))
      for (const s of steps) {
        await play(world, s)
        await assertNoCursorPastAHole(world.servers)
      }
      const held = (await Promise.all(world.servers.map(guidsOf))).flat()
      await world.heal()
      await assertNoCursorPastAHole(world.servers)
      const all = new Set(await guidsOf(world.server(0)))
      // More than was held is possible: a post under way outlives the log that lost it.
      for (const guid of held) assert.ok(all.has(guid), 'a post is lost that a server had')
      for (const server of world.servers) {
        const guids = await guidsOf(server)
        assert.equal(new Set(guids).size, guids.length, 'a post stands twice')
        assert.deepEqual(new Set(guids), all, `server ${server.id.slice(0, 1)} differs`)
      }
    }),
    { numRuns: runs },
  )
})

async function play(world: World, s: typeof step extends fc.Arbitrary<infer T> ? T : never): Promise<void> {
  const server = world.server(s.i)
  const cable = world.cable(s.i)
  if (s.do === 'post') return world.post(server, s.count)
  if (s.do === 'plug') return world.plug(cable)
  if (s.do === 'cut') return world.cut(cable)
  if (s.do === 'deliver') return world.deliver(cable, s.toDialler ? 'dialler' : 'acceptor', s.frames)
  if (s.do === 'wipe') return server.log.wipe()
  if (s.do === 'snapshot') return void server.snapshots.push(server.log.snapshot())
  const snapshot = server.snapshots.at(-1 - s.back)
  if (snapshot !== undefined) server.log.restore(snapshot)
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
