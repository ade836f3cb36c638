// Servers that are renamed, linked and cut apart in any order and any graph end with the same cards, and then say no more.
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import fc from 'fast-check'
import { timingsFor } from '#common/protocol/heartbeat.ts'
import { Link } from '#common/protocol/link.ts'
import { Turns } from '#common/protocol/turns.ts'
import { type CardServer, cardServer, newIdentity, radioKey } from '#test/support/cards.ts'
import { makePeer, Recorder } from '#test/support/link-by-hand.ts'
import { settle } from '#test/support/link-world.ts'
import { MemoryLog } from '#test/support/memory-log.ts'
import { type MemoryConnection, memoryConnection } from '#test/support/memory-transport.ts'

const deadlineMs = 10_000
const identities = Array.from({ length: 5 }, newIdentity)

interface Cable {
  ends: [CardServer, CardServer]
  connection: MemoryConnection | undefined
}

const step = fc.record({
  do: fc.constantFrom('change', 'plug', 'cut', 'deliver', 'tick'),
  i: fc.nat(9),
  n: fc.integer({ min: 1, max: 200 }),
})

/** A tree, so that all can hear of each other, and a few more cables. */
const graph = fc.integer({ min: 2, max: identities.length }).chain(count =>
  fc.record({
    parents: fc.tuple(...Array.from({ length: count - 1 }, (_, i) => fc.nat(i))),
    more: fc.array(
      fc.tuple(fc.nat(count - 1), fc.nat(count - 1)).filter(([a, b]) => a !== b),
      { maxLength: 3 },
    ),
  }),
)

test('any changes, cuts and delays end in the same cards everywhere', { timeout: 120_000 }, async t => {
  t.mock.timers.enable({ apis: ['setTimeout', 'setInterval'] })
  const world = fc.asyncProperty(graph, fc.array(step, { maxLength: 40 }), async ({ parents, more }, steps) => {
    const servers = identities.slice(0, parents.length + 1).map((identity, n) => cardServer({ identity, name: `${n}` }))
    const cables = [...parents.map((parent, i): [number, number] => [parent, i + 1]), ...more].map(
      ([a, b]): Cable => ({ ends: [at(servers, a), at(servers, b)], connection: undefined }),
    )
    for (const one of steps) await play(t, one, { server: at(servers, one.i), cable: at(cables, one.i) })
    for (const cable of cables) plug(cable)
    await untilSame(t, servers, cables)
    for (const [i, { directory, own }] of servers.entries()) {
      assert.equal(directory.cityOf(at(servers, i + 1).identity.id), `${(i + 1) % servers.length}`)
      own.stop()
    }
    for (const cable of cables) cut(cable)
  })
  await fc.assert(world, { numRuns: Number(process.env.SIMULATION_RUNS ?? 200) })
})

async function play(
  t: TestContext,
  { do: what, n }: typeof step extends fc.Arbitrary<infer T> ? T : never,
  { server, cable }: { server: CardServer; cable: Cable },
): Promise<void> {
  if (what === 'change') server.own.setGateways('radio', [radioKey(n)])
  else if (what === 'plug') plug(cable)
  else if (what === 'cut') cut(cable)
  else if (what === 'tick') t.mock.timers.tick(n)
  else for (let frames = n % 9; frames > 0; frames--) cable.connection?.deliver(n % 2 ? 'dialler' : 'acceptor')
  await settle()
}

/** The same everywhere, and five times over nobody has anything more to say. */
async function untilSame(t: TestContext, servers: readonly CardServer[], cables: readonly Cable[]): Promise<void> {
  const deadline = performance.now() + deadlineMs
  for (let quiet = 0; quiet < 5; ) {
    assert.ok(performance.now() < deadline, `not the same after ${deadlineMs} ms`)
    const moved = framesMoved(cables) + (await framesLater(t, cables))
    quiet = moved === 0 && new Set(servers.map(cardsOf)).size === 1 ? quiet + 1 : 0
  }
}

async function framesLater(t: TestContext, cables: readonly Cable[]): Promise<number> {
  t.mock.timers.tick(500)
  await settle()
  return framesMoved(cables)
}

function framesMoved(cables: readonly Cable[]): number {
  let moved = 0
  for (const { connection } of cables)
    while (connection?.deliver('dialler') || connection?.deliver('acceptor')) moved += 1
  return moved
}

/** The cards one server knows. */
function cardsOf({ directory }: CardServer): string {
  const known = directory.ids().map(id => JSON.stringify(directory.get(id)?.card))
  return known.sort().join()
}

function plug(cable: Cable): void {
  if (cable.connection !== undefined) return
  const connection = memoryConnection()
  cable.connection = connection
  const [a, b] = cable.ends
  linkEnd(a, b, connection.dialler).start()
  linkEnd(b, a, connection.acceptor).start()
}

function cut(cable: Cable): void {
  cable.connection?.cut()
  cable.connection = undefined
}

/** Without rooms of its own log: only cards are of interest here. Pings come every 20 s, long after the end. */
function linkEnd({ own, identity }: CardServer, other: CardServer, transport: MemoryConnection['dialler']): Link {
  const link = new Link({
    transport,
    peer: makePeer({ id: other.identity.id }),
    rooms: [{ log: new MemoryLog('main'), peerReads: true, peerWrites: true }],
    turns: new Turns(1),
    observer: new Recorder(),
    timings: timingsFor(20_000_000),
    cards: { own, relayedMax: 100, listenMs: identity.id < other.identity.id ? 700 : 0 },
  })
  transport.listen(link)
  return link
}

function at<T>(list: readonly T[], i: number): T {
  const item = list[i % list.length]
  if (item === undefined) throw new Error('the list is empty')
  return item
}
