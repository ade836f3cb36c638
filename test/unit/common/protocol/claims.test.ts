// Links that hold the same posts: each post is asked for over one of them at a time, whatever becomes of that one.
import assert from 'node:assert/strict'
import { suite, type TestContext, test } from 'node:test'
import fc from 'fast-check'
import { Claims, claimBanMs, claimMaxMs, claimStallMs, claimsOf } from '#common/protocol/claims.ts'
import { fill } from '#test/support/link-by-hand.ts'
import { guidsOf, type Server, settle, World } from '#test/support/link-world.ts'
import { MemoryLog } from '#test/support/memory-log.ts'
import { Offerer } from '#test/support/offerer.ts'

const edges = 6
const posts = 3000
const distinct = posts + edges

/** A hub with nothing, and edges that all hold the same posts and one of their own. */
async function star(): Promise<World> {
  const world = new World({ count: edges, cables: [], hub: Array.from({ length: edges }, (_, i) => i) })
  const first = world.server(0)
  await fill(first.log, posts)
  const entries = await first.log.readAfter(0, posts)
  for (const edge of world.edges) {
    edge.wantsOffers = true
    if (edge !== first) await edge.log.append({ from: first.id, posts: entries })
    await world.post(edge)
  }
  return world
}

async function assertWhole(world: World, textsMax: number): Promise<void> {
  for (const server of world.servers) assert.equal(new Set(await guidsOf(server)).size, distinct)
  const texts = world.servers.reduce((sum, server) => sum + server.texts, 0)
  assert.ok(texts < textsMax, `${texts} texts crossed for ${distinct} posts`)
}

/** Lets frames through, of each cable so many at a time, until `isDone`. */
async function deliverUntil(world: World, isDone: () => boolean, frames = world.cables.map(() => 1)): Promise<void> {
  for (let round = 0; round < 1000 && !isDone(); round++) await deliver(world, frames)
  assert.ok(isDone(), 'the world does not get there')
}

async function deliver(world: World, frames: readonly number[]): Promise<void> {
  for (const [i, count] of frames.entries()) {
    await world.deliver(world.cable(i), 'dialler', count)
    await world.deliver(world.cable(i), 'acceptor', count)
  }
}

/** The hub has got some of the posts, over one cable; the edge at the other end of it. */
async function halfWay(world: World): Promise<Server> {
  const hub = world.server(edges)
  for (const cable of world.cables) await world.plug(cable)
  await deliverUntil(world, () => hub.log.head.head > 200)
  const [claimant, ...others] = world.edges.filter(({ texts }) => texts > 0)
  assert.ok(claimant !== undefined && others.length === 0, 'one link ships, and no other')
  return claimant
}

suite('six links that all offer the same posts', () => {
  test('bring each of them once', async () => {
    const world = await star()
    await world.healWithHub()
    await assertWhole(world, 1.1 * distinct)
  })

  test('and are not of one speed, too', { timeout: 60_000 }, async () => {
    const speeds = fc.array(fc.integer({ min: 1, max: 12 }), { minLength: edges, maxLength: edges })
    const run = async (frames: number[]) => {
      const world = await star()
      for (const cable of world.cables) await world.plug(cable)
      await deliverUntil(world, () => world.servers.every(({ log }) => log.head.head === distinct), frames)
      await assertWhole(world, 1.1 * distinct)
    }
    await fc.assert(fc.asyncProperty(speeds, run), { numRuns: 10 })
  })

  test('of which the one that ships is cut: another goes on with what is missing', async () => {
    const world = await star()
    const claimant = await halfWay(world)
    for (const cable of world.cables) if (cable.a === claimant) await world.cut(cable)
    await world.healWithHub()
    // What was under way in the window was sent for nothing.
    await assertWhole(world, 1.2 * distinct)
  })

  test('of which the one that ships falls silent: the others wait for some seconds, then one of them goes on', async t => {
    t.mock.timers.enable({ apis: ['setTimeout'] })
    const world = await star()
    const claimant = await halfWay(world)
    const live = world.cables.map(({ a }) => (a === claimant ? 0 : 4))
    const others = () => world.edges.reduce((sum, { texts }) => sum + texts, -claimant.texts)
    for (let i = 0; i < 20; i++) await deliver(world, live)
    assert.equal(others(), 0)
    t.mock.timers.tick(claimStallMs)
    const isWhole = () => world.servers.every(server => server === claimant || server.log.head.head >= distinct - 1)
    await deliverUntil(world, isWhole, live)
    assert.ok(others() < 1.1 * distinct, `${others()} texts crossed`)
  })
})

const guids = ['00000000-0000-4000-8000-000000000001', '00000000-0000-4000-8000-000000000002']

async function offerers(t: TestContext): Promise<{ liar: Offerer; honest: Offerer }> {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const log = new MemoryLog('main')
  const [liar, honest] = [new Offerer(log, 'L'.repeat(43)), new Offerer(log, 'H'.repeat(43))]
  await liar.start()
  await honest.start()
  return { liar, honest }
}

suite('a server that offers what it does not ship', () => {
  test('holds up the others once, and then no more', async t => {
    const { liar, honest } = await offerers(t)
    await liar.offer(guids)
    await honest.offer(guids)
    assert.deepEqual([await liar.wants(), await honest.wants()], [1, 0])
    t.mock.timers.tick(claimStallMs)
    assert.equal(await honest.wants(), 1)
    await honest.cover(2)
    await liar.cover(2)
    await liar.offer(guids)
    await honest.offer(guids)
    assert.deepEqual([await liar.wants(), await honest.wants()], [2, 2])
  })

  test('and says that it has passed them, does not hold up anybody', async t => {
    const { liar, honest } = await offerers(t)
    await liar.offer(guids)
    await honest.offer(guids)
    await liar.cover(2)
    assert.equal(await honest.wants(), 1)
  })

  test('and begins anew, or leaves, does not hold up anybody', async t => {
    const { liar, honest } = await offerers(t)
    await liar.offer(guids)
    await honest.offer(guids)
    await liar.start()
    assert.equal(await honest.wants(), 1)
  })

  test('and leaves while it is waited for: the wait ends, and so it does when the waiting link ends', async t => {
    const { liar, honest } = await offerers(t)
    await liar.offer(guids)
    await honest.offer(guids)
    honest.hand.cut()
    await settle()
    liar.hand.cut()
    await settle()
    assert.equal(honest.hand.named('want').length, 0)
    const next = new Offerer(new MemoryLog('main'), 'N'.repeat(43))
    await next.start()
    await next.offer(guids)
    assert.equal(await next.wants(), 1)
  })
})

suite('claims', () => {
  const [a, b] = [{ peerId: 'a' }, { peerId: 'b' }]
  const never = new AbortController().signal

  test('are of one log', () => {
    const log = new MemoryLog('main')
    assert.equal(claimsOf(log), claimsOf(log))
    assert.notEqual(claimsOf(log), claimsOf(new MemoryLog('main')))
  })

  test('end with the last post stored, and whoever waits goes on', async () => {
    const claims = new Claims()
    claims.claim(a, ['1', '2'])
    assert.deepEqual([claims.heldByOthers(['2', '3'], b), claims.heldByOthers(['2'], a)], [true, false])
    claims.stored(a, ['1'])
    assert.deepEqual([claims.heldByOthers(['1'], b), claims.heldByOthers(['2'], b)], [false, true])
    const ended = claims.ended(never)
    claims.stored(a, ['2'])
    await ended
    assert.equal(claims.heldByOthers(['2'], b), false)
  })

  test('last as long as posts come, but not for ever', t => {
    t.mock.timers.enable({ apis: ['setTimeout'] })
    const claims = new Claims()
    const many = Array.from({ length: 100 }, (_, i) => `${i}`)
    claims.claim(a, many)
    let lastedMs = 0
    for (; claims.heldByOthers(many, b); lastedMs += 1000) {
      claims.stored(a, [many.pop() ?? ''])
      t.mock.timers.tick(1000)
    }
    assert.equal(lastedMs, claimMaxMs)
    claims.claim(a, many)
    assert.equal(claims.heldByOthers(many, b), false)
    t.mock.timers.tick(claimBanMs)
    claims.claim(a, many)
    assert.equal(claims.heldByOthers(many, b), true)
  })

  test('given up at once are no fault, given up after seconds of nothing are', t => {
    t.mock.timers.enable({ apis: ['setTimeout'] })
    const claims = new Claims()
    let now = 0
    t.mock.method(performance, 'now', () => now)
    claims.claim(a, ['1'])
    claims.giveUp(a)
    claims.claim(a, ['1'])
    assert.equal(claims.heldByOthers(['1'], b), true)
    now = 5000
    claims.giveUp(a)
    claims.claim(a, ['1'])
    assert.equal(claims.heldByOthers(['1'], b), false)
  })

  test('a wait ends with its signal', async () => {
    const controller = new AbortController()
    const ended = new Claims().ended(controller.signal)
    controller.abort()
    await ended
    await new Claims().ended(controller.signal)
  })
})
