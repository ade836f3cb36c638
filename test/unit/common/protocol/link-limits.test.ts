// Limits of links: a burst is free, then the pace holds in any stretch of time, per spoke, room and address; nobody waits for others.
import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import fc from 'fast-check'
import { LinkLimits, type LinkRates, slowedInAll, slowedInTotal } from '#common/protocol/link-limits.ts'
import { fill, LinkByHand, peerId, wirePost } from '#test/support/link-by-hand.ts'
import { MemoryLog } from '#test/support/memory-log.ts'
import { waitFor } from '#test/support/wait-for.ts'

const none: LinkRates = { postsPerSpoke: 0, postsPerRoom: 0, postsPerAddress: 0, framesPerSpoke: 0 }

function limits(rates: Partial<LinkRates>) {
  const clock = { now: 1000 }
  return { clock, all: new LinkLimits({ ...none, ...rates }, () => clock.now) }
}

suite('posts', () => {
  test('come at full speed for 40 s worth of the rate, then at the rate', () => {
    const { all, clock } = limits({ postsPerSpoke: 10 })
    const link = all.of('a', '192.0.2.1')
    assert.equal(link.posts('main', 400), 0)
    assert.equal(link.posts('main', 5), 500)
    clock.now += 500
    assert.equal(link.posts('main', 1), 100)
    clock.now += 100 + 40_000
    assert.equal(link.posts('main', 400), 0)
    assert.deepEqual(link.slowedMs, { spoke: 600, room: 0, address: 0, frames: 0 })
    assert.equal(slowedInTotal(link.slowedMs), 600)
  })

  test('never exceed the burst and the rate, however they come', () => {
    const step = fc.record({ posts: fc.integer({ min: 1, max: 64 }), idleMs: fc.integer({ min: 0, max: 3000 }) })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), steps => {
        const { all, clock } = limits({ postsPerSpoke: 5 })
        const link = all.of('a')
        let taken = 0
        for (const { posts, idleMs } of steps) {
          clock.now += idleMs
          clock.now += link.posts('main', posts)
          taken += posts
          assert.ok(taken <= 200 + (5 * (clock.now - 1000)) / 1000 + 1e-6)
        }
      }),
    )
  })

  test('of one spoke hold up no other; one that comes back goes on where it was', () => {
    const { all } = limits({ postsPerSpoke: 10 })
    assert.equal(all.of('a').posts('main', 410), 1000)
    assert.equal(all.of('b').posts('main', 400), 0)
    assert.equal(all.of('a').posts('other', 10), 2000)
  })

  test('of one room count together, and those of one address', () => {
    const { all } = limits({ postsPerRoom: 10, postsPerAddress: 20 })
    const [a, b, c] = [all.of('a', '192.0.2.1'), all.of('b', '192.0.2.1'), all.of('c')] as const
    assert.equal(a.posts('main', 400), 0)
    assert.equal(b.posts('other', 400), 0)
    assert.equal(b.posts('third', 20), 1000)
    assert.equal(c.posts('main', 30), 3000)
    assert.deepEqual(b.slowedMs, { spoke: 0, room: 0, address: 1000, frames: 0 })
    assert.deepEqual(c.slowedMs, { spoke: 0, room: 3000, address: 0, frames: 0 })
    assert.deepEqual(slowedInAll([b.slowedMs, c.slowedMs]), { spoke: 0, room: 3000, address: 1000, frames: 0 })
  })

  test('of a spoke that comes, goes and comes again hold up no other of its room and address', () => {
    const { all } = limits({ postsPerSpoke: 10, postsPerRoom: 20, postsPerAddress: 20 })
    assert.equal(all.of('b', '192.0.2.2').posts('main', 400), 0)
    for (let i = 0; i < 1000; i++) {
      const link = all.of('a', '192.0.2.1')
      // It is cut by its own end before they are stored.
      if (link.posts('main', 64) > 0) link.giveBack('main', 64)
    }
    assert.equal(all.of('d', '192.0.2.2').posts('main', 1), 0)
    assert.equal(all.of('c', '192.0.2.1').posts('other', 1), 0)
    assert.ok(all.of('a', '192.0.2.1').posts('main', 1) > 1_000_000, 'it itself waits')
  })

  test('without a limit never wait', () => {
    const { all } = limits({})
    const link = all.of('a', '192.0.2.1')
    for (let i = 0; i < 1000; i++) assert.equal(link.posts('main', 64) + link.frame(), 0)
  })

  test('over the limit of a link are stored and acknowledged later, in order, and pings are answered meanwhile', async () => {
    const log = new MemoryLog('main')
    const posts = Array.from({ length: 6 }, () => wirePost())
    const limit = {
      slowedMs: { spoke: 0, room: 0, address: 0, frames: 0 },
      posts: () => 40,
      giveBack: () => {},
      frame: () => 0,
    }
    const hand = new LinkByHand({ logs: [log], limits: limit })
    hand.link.start()
    await hand.settle()
    const n = hand.named('resume').at(-1)?.n ?? 0
    hand.send({ t: 'start', room: 'main', n, epoch: 'peer-epoch-00001', after: 0, head: 6 })
    for (const [i, post] of posts.entries())
      hand.send({ t: 'posts', room: 'main', epoch: 'peer-epoch-00001', after: i, next: i + 1, posts: [post] })
    hand.send({ t: 'ping', n: 7 })
    await hand.settle()
    assert.deepEqual([hand.named('pong').length, hand.named('ack').length, log.head.head], [1, 0, 0])
    const startedAt = performance.now()
    await waitFor(() => log.head.head === 6, { what: 'all posts' })
    assert.ok(performance.now() - startedAt > 150)
    await hand.settle()
    assert.equal(hand.named('ack').at(-1)?.offset, 6)
    assert.deepEqual(
      (await log.readAfter(0, 10)).map(({ guid }) => guid),
      posts.map(({ guid }) => guid),
    )
    hand.cut()
  })
})

test('what a link did not wait for to its end it gives back, and what follows takes nothing', async () => {
  const counts: string[] = []
  const limits = {
    slowedMs: { spoke: 0, room: 0, address: 0, frames: 0 },
    posts: (room: string, count: number) => {
      counts.push(`${room} ${count}`)
      return 60_000
    },
    giveBack: (room: string, count: number) => void counts.push(`${room} back ${count}`),
    frame: () => 0,
  }
  const hand = new LinkByHand({ logs: [new MemoryLog('main')], limits })
  hand.link.start()
  await hand.settle()
  const n = hand.named('resume').at(-1)?.n ?? 0
  hand.send({ t: 'start', room: 'main', n, epoch: 'peer-epoch-00001', after: 0, head: 3 })
  for (const i of [0, 1, 2])
    hand.send({ t: 'posts', room: 'main', epoch: 'peer-epoch-00001', after: i, next: i + 1, posts: [wirePost()] })
  await waitFor(() => counts.length === 1, { what: 'the first to wait' })
  hand.cut()
  await waitFor(() => counts.length === 2, { what: 'it to be given back' })
  await hand.settle()
  assert.deepEqual(counts, ['main 1', 'main back 1'])
})

suite('frames', () => {
  test('of a flood are waited for as long as they are too many, and the time is counted once', () => {
    const { all, clock } = limits({ framesPerSpoke: 100 })
    const link = all.of('a')
    for (let i = 0; i < 1000; i++) assert.equal(link.frame(), 0)
    const waits = Array.from({ length: 50 }, () => link.frame())
    assert.equal(Math.round(waits.at(-1) ?? 0), 500)
    assert.equal(Math.round(link.slowedMs.frames), 500)
    clock.now += 500
    assert.equal(Math.round(link.frame()), 10)
  })

  test('make the link pause its transport, never longer than half a ping interval', async () => {
    const slow = {
      slowedMs: { spoke: 0, room: 0, address: 0, frames: 0 },
      posts: () => 0,
      giveBack: () => {},
      frame: () => wait,
    }
    let wait = 5
    const hand = new LinkByHand({ limits: slow, timings: { pingMs: 2000, deadMs: 4500 } })
    const pauses: number[] = []
    hand.link.transport.pause = ms => void pauses.push(ms)
    hand.send({ t: 'ping', n: 1 })
    wait = 300
    hand.send({ t: 'ping', n: 2 })
    wait = 60_000
    hand.send({ t: 'ping', n: 3 })
    await hand.settle()
    assert.deepEqual(pauses, [300, 1000])
    assert.equal(hand.named('pong').length, 3)
    hand.cut()
  })
})

test('what a link ships is not limited, nor what it offers', async () => {
  const { all } = limits({ postsPerSpoke: 1 })
  const log = new MemoryLog('main')
  await fill(log, 200)
  const hand = new LinkByHand({ logs: [log], limits: all.of(peerId) })
  hand.link.start()
  hand.send({
    t: 'resume',
    n: 1,
    rooms: { main: { cursor: { epoch: log.head.epoch, offset: 0 }, epoch: 'peer-epoch-00001', ended: {} } },
  })
  await hand.settle()
  assert.equal(hand.named('posts').flatMap(({ posts }) => posts).length, 200)
  hand.cut()
})
