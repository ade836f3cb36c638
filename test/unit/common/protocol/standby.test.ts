// A link stands by while both ends say so: it ships nothing, forgets nothing, and takes in whatever comes all the same.
import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { createLog } from '#common/log.ts'
import type { Entry } from '#common/post-log.ts'
import type { Frame, FrameName } from '#common/protocol/frames.ts'
import { LiveLinks } from '#common/protocol/live-links.ts'
import { postsToSend } from '#common/room-status.ts'
import { epochs, fill, type HandOptions, LinkByHand, wirePost } from '#test/support/link-by-hand.ts'
import { MemoryLog } from '#test/support/memory-log.ts'
import { waitFor } from '#test/support/wait-for.ts'

const on: Frame = { t: 'standby', on: true }
const off: Frame = { t: 'standby', on: false }

/** The other end stands at `offset` in the log's present epoch. */
function resume(log: MemoryLog, offset: number, n = 1): Frame {
  const cursor = { epoch: log.head.epoch, offset }
  return { t: 'resume', n, rooms: { main: { cursor, epoch: epochs.peer, ended: {} } } }
}

/** A link that has begun: does a hub serve us, and the other end? */
function linkOf(log: MemoryLog, { ours = true, theirs = true, ...more }: HandOptions & Ends = {}): LinkByHand {
  const hand = new LinkByHand({ ...more, logs: [log], standby: ours })
  hand.link.start()
  if (theirs) hand.send(on)
  return hand
}

interface Ends {
  ours?: boolean
  theirs?: boolean
}

/** Names of all frames sent, once a ping sent behind everything is answered. */
async function namesOf(hand: LinkByHand): Promise<FrameName[]> {
  await hand.settle()
  hand.send({ t: 'ping', n: 1 })
  await hand.settle()
  assert.equal(hand.frames.at(-1)?.t, 'pong')
  return hand.frames.splice(0).map(({ t }) => t)
}

const wantAll = ({ guids = [] as string[], after = 0, next = 0, epoch = '' }): Frame => {
  return { t: 'want', room: 'main', epoch, after, next, guids }
}

/** Answers the newest offer with `guids`, all of it by default. */
function answer(hand: LinkByHand, guids?: string[]): void {
  const offer = hand.named('offer').at(-1)
  assert.ok(offer !== undefined)
  hand.send(wantAll({ ...offer, guids: guids ?? offer.guids }))
}

const shipped = (hand: LinkByHand) =>
  hand.named('posts').flatMap(({ posts }) => posts.map(post => (post as { guid: string }).guid))

const guidsOf = async (log: MemoryLog) => (await log.readAfter(0, 1000)).map(({ guid }) => guid)

suite('a link that stands by', () => {
  test('says where it stands, and ships nothing, whatever is posted or asked', async () => {
    const log = new MemoryLog('main')
    await fill(log, 3)
    const hand = linkOf(log)
    hand.send(resume(log, 1))
    await fill(log, 2)
    assert.ok(hand.link.standsBy)
    assert.deepEqual(await namesOf(hand), ['standby', 'resume', 'pong'])
  })

  for (const [what, ends] of Object.entries({
    'no hub serves us': { ours: false },
    'they do not say that one serves them': { theirs: false },
    'we are linked to a hub': { peer: { role: 'hub' as const } },
  })) {
    test(`is none when ${what}`, async () => {
      const log = new MemoryLog('main')
      await fill(log, 3)
      const hand = linkOf(log, ends)
      hand.send(resume(log, 1))
      assert.equal(hand.link.standsBy, false)
      const names = await namesOf(hand)
      assert.deepEqual(names.splice(names.indexOf('resume')), ['resume', 'start', 'posts', 'pong'])
      assert.deepEqual(names, 'theirs' in ends ? ['standby'] : [])
    })
  }

  test('with a hub is none, whatever both ends say later, and the hub is told nothing', async () => {
    const log = new MemoryLog('main')
    const hand = linkOf(log, { peer: { role: 'hub' }, ours: false })
    hand.send(resume(log, 0))
    hand.link.setStandby(true)
    hand.send(on)
    await fill(log, 1)
    assert.equal(hand.link.standsBy, false)
    assert.deepEqual(await namesOf(hand), ['resume', 'start', 'posts', 'pong'])
  })

  test('has posts that the other end lacks, which are no queue', async () => {
    const log = new MemoryLog('main')
    await fill(log, 5)
    const links = new LiveLinks(createLog({ json: false, write: () => {} }))
    const hand = linkOf(log)
    void links.live(hand.link, 'in')
    assert.equal(hand.link.progress()[0]?.toSend, 0)
    hand.send(resume(log, 2))
    await hand.settle()
    const look = () => ({ toSend: hand.link.progress()[0]?.toSend, queued: postsToSend(links.peers()) })
    assert.equal(links.peers()[0]?.state, 'standby')
    assert.deepEqual(look(), { toSend: 3, queued: 0 })
    hand.send(off)
    await hand.settle()
    assert.equal(links.peers()[0]?.state, 'connected')
    assert.deepEqual(look(), { toSend: 3, queued: 3 })
    hand.send(on)
    assert.deepEqual(look(), { toSend: 3, queued: 0 })
    hand.cut()
    await hand.link.ended
    assert.deepEqual([...hand.link.settledByRoom()], [['main', 2]])
  })
})

suite('a link that ships again', () => {
  for (const [who, change] of Object.entries({
    us: (hand: LinkByHand) => hand.link.setStandby(false),
    them: (hand: LinkByHand) => hand.send(off),
  })) {
    test(`for ${who} asks by GUID what the other end lacks behind its newest place`, async () => {
      const log = new MemoryLog('main')
      await fill(log, 6)
      const hand = linkOf(log)
      hand.send(resume(log, 1))
      await hand.settle()
      hand.send(resume(log, 2, 2))
      await hand.settle()
      change(hand)
      await hand.settle()
      assert.equal(hand.link.standsBy, false)
      assert.deepEqual(hand.named('standby'), who === 'us' ? [on, off] : [on])
      const { epoch } = log.head
      assert.deepEqual(hand.named('start'), [{ t: 'start', room: 'main', n: 2, epoch, after: 2, head: 6 }])
      const guids = await guidsOf(log)
      assert.deepEqual(hand.named('offer')[0]?.guids, guids.slice(2))
      answer(hand, guids.slice(4))
      await hand.settle()
      assert.deepEqual(shipped(hand), guids.slice(4))
      await fill(log, 1)
      await hand.settle()
      assert.deepEqual(shipped(hand).slice(2), (await guidsOf(log)).slice(6))
    })
  }

  test('goes on from where it stopped, and ships nothing twice', async () => {
    const log = new MemoryLog('main')
    await fill(log, 2)
    const hand = linkOf(log, { ours: false })
    hand.send(resume(log, 0))
    await hand.settle()
    hand.link.setStandby(true)
    await fill(log, 3)
    // Sent before the other end heard of it.
    hand.send({ t: 'ack', room: 'main', epoch: log.head.epoch, offset: 2 })
    assert.deepEqual(await namesOf(hand), ['resume', 'start', 'posts', 'standby', 'pong'])
    assert.equal(hand.link.progress()[0]?.toSend, 3)
    hand.link.setStandby(false)
    await hand.settle()
    const [start] = hand.named('start')
    assert.deepEqual([start?.n, start?.after, start?.head], [1, 2, 5])
    answer(hand)
    await hand.settle()
    assert.deepEqual(shipped(hand), (await guidsOf(log)).slice(2))
  })

  test('does not send again what was under way when it stopped', async () => {
    const log = new MemoryLog('main')
    await fill(log, 2)
    const hand = linkOf(log, { ours: false })
    hand.send(resume(log, 0))
    await hand.settle()
    hand.link.setStandby(true)
    await fill(log, 1)
    hand.link.setStandby(false)
    await hand.settle()
    answer(hand)
    await hand.settle()
    assert.deepEqual(shipped(hand), await guidsOf(log))
    hand.send({ t: 'ack', room: 'main', epoch: log.head.epoch, offset: 3 })
    assert.equal(hand.link.progress()[0]?.toSend, 0)
    assert.equal(hand.closed, undefined)
  })

  test('asks anew what it had asked: an answer to the old question ships nothing', async () => {
    const log = new MemoryLog('main')
    await fill(log, 4)
    const hand = linkOf(log)
    hand.send(resume(log, 0))
    hand.send(off)
    await hand.settle()
    hand.send(on)
    answer(hand)
    assert.deepEqual(await namesOf(hand), ['standby', 'resume', 'start', 'offer', 'pong'])
    hand.send(off)
    await hand.settle()
    answer(hand, [])
    await fill(log, 1)
    await hand.settle()
    assert.deepEqual(shipped(hand), (await guidsOf(log)).slice(4))
  })

  test('leaves the rest of an answer for the next question', async () => {
    const log = new MemoryLog('main', { tailBytes: 0 })
    await fill(log, 200, { text: 'x'.repeat(600) })
    const hand = linkOf(log, { theirs: false, peer: { windowBytes: 65_536 } })
    hand.send({ t: 'resume', n: 1, rooms: { main: { cursor: null, epoch: epochs.peer, ended: {} } } })
    await hand.settle()
    answer(hand)
    await hand.settle()
    const before = shipped(hand).length
    assert.ok(before > 0 && before < 200)
    hand.send(on)
    const last = hand.named('posts').at(-1)
    hand.send({ t: 'ack', room: 'main', epoch: log.head.epoch, offset: last?.next ?? 0 })
    await hand.settle()
    assert.equal(shipped(hand).length, before)
    hand.send(off)
    await hand.settle()
    const guids = await guidsOf(log)
    assert.deepEqual(hand.named('offer').at(-1)?.guids, guids.slice(before))
  })

  test('has the place in a new epoch of our log found anew', async () => {
    const log = new MemoryLog('main')
    await fill(log, 2)
    const copy = log.snapshot()
    await fill(log, 2)
    const hand = linkOf(log, { theirs: false })
    hand.send(resume(log, 0))
    await hand.settle()
    hand.send({ t: 'ack', room: 'main', epoch: log.head.epoch, offset: 4 })
    hand.send(on)
    log.restore(copy)
    await fill(log, 1)
    // The inbox says that our log is another one; nothing else.
    assert.deepEqual(await namesOf(hand), ['standby', 'resume', 'start', 'posts', 'resume', 'pong'])
    hand.send(off)
    await hand.settle()
    const { epoch } = log.head
    assert.deepEqual(hand.named('start'), [{ t: 'start', room: 'main', n: 1, epoch, after: 2, head: 3 }])
    assert.deepEqual(hand.named('offer')[0]?.guids, (await guidsOf(log)).slice(2))
  })

  test('waits for a store that is away', { timeout: 10_000 }, async () => {
    const log = new MemoryLog('main', { tailBytes: 0 })
    await fill(log, 2)
    const hand = linkOf(log)
    hand.send(resume(log, 0))
    await hand.settle()
    log.unavailable = true
    hand.send(off)
    assert.deepEqual(await namesOf(hand), ['standby', 'resume', 'pong'])
    log.unavailable = false
    const settled = async () => {
      await hand.settle()
      return hand.named('offer').length
    }
    await waitFor(settled, { what: 'the offer', deadlineMs: 5000, until: offers => offers === 1 })
    assert.equal(hand.named('start').length, 1)
  })

  test('begins anew, and not with what it was reading when it stopped', async () => {
    const log = new CountingLog('main', { tailBytes: 0 })
    await fill(log, 3)
    const hand = linkOf(log)
    hand.send(resume(log, 0))
    const { promise, resolve } = Promise.withResolvers<void>()
    log.gate = promise
    hand.send(off)
    await hand.settle()
    assert.equal(log.atOnce, 1)
    hand.send(on)
    resolve()
    assert.deepEqual(await namesOf(hand), ['standby', 'resume', 'start', 'pong'])
    hand.send(off)
    assert.deepEqual(await namesOf(hand), ['start', 'offer', 'pong'])
  })

  test('has one question under way, however often both ends change their minds', async () => {
    const log = new CountingLog('main', { tailBytes: 0 })
    await fill(log, 3)
    const hand = linkOf(log)
    hand.send(resume(log, 0))
    const { promise, resolve } = Promise.withResolvers<void>()
    log.gate = promise
    for (let i = 0; i < 25; i++) {
      hand.send(off)
      hand.send(on)
    }
    hand.send(off)
    await hand.settle()
    resolve()
    await hand.settle()
    assert.ok(log.atOnce <= 4, `${log.atOnce} at once`)
    assert.equal(hand.named('start').length, 1)
    assert.equal(hand.named('offer').length, 1)
  })
})

suite('while it stands by', () => {
  test('what the other end had sent before is stored, answered and acknowledged', async () => {
    const log = new MemoryLog('main')
    const hand = linkOf(log)
    const [first, second] = [wirePost(), wirePost()]
    const range = { room: 'main', epoch: epochs.peer, after: 0, next: 2 }
    await hand.settle()
    hand.send({ t: 'start', room: 'main', n: 1, epoch: epochs.peer, after: 0, head: 2 })
    hand.send({ t: 'offer', ...range, guids: [first.guid, second.guid] })
    await hand.settle()
    hand.send({ t: 'posts', ...range, posts: [first, second] })
    await hand.settle()
    assert.deepEqual(hand.named('want')[0]?.guids, [first.guid, second.guid])
    assert.equal(hand.named('ack')[0]?.offset, 2)
    assert.deepEqual(await guidsOf(log), [first.guid, second.guid])
  })

  test('a change of theirs that crosses ours leaves nobody waiting', async () => {
    const log = new MemoryLog('main')
    const hand = linkOf(log, { ours: false })
    hand.send(resume(log, 0))
    await hand.settle()
    // To them the link has never stood by: they say nothing anew.
    hand.link.setStandby(true)
    await fill(log, 1)
    hand.send(off)
    await hand.settle()
    answer(hand)
    await hand.settle()
    assert.deepEqual(shipped(hand), await guidsOf(log))
  })

  test('a change is said once, and after the end not at all', async () => {
    const hand = linkOf(new MemoryLog('main'))
    hand.link.setStandby(true)
    hand.link.setStandby(false)
    hand.link.setStandby(false)
    await hand.settle()
    assert.deepEqual(hand.named('standby'), [on, off])
    hand.link.close(4503, 'restart')
    const said = hand.link.transport.bytesOut
    hand.link.setStandby(true)
    hand.link.setStandby(false)
    await hand.settle()
    assert.equal(hand.link.transport.bytesOut, said)
  })
})

/** Knows how many questions are under way. */
class CountingLog extends MemoryLog {
  atOnce = 0
  gate: Promise<void> = Promise.resolve()
  #now = 0
  override async readAfter(offset: number, limit: number): Promise<Entry[]> {
    this.#now += 1
    this.atOnce = Math.max(this.atOnce, this.#now)
    await this.gate
    this.#now -= 1
    return super.readAfter(offset, limit)
  }
}
