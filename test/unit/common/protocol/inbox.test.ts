// An inbox acknowledges only what is stored, takes nothing out of order, and can be made to hold only so much.
import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import type { Cursor } from '#common/cursor.ts'
import { LinkError, StoreUnavailableError } from '#common/errors.ts'
import { newGuid } from '#common/guid.ts'
import type { AppendResult, Batch } from '#common/post-log.ts'
import type { Frame, FrameName, FrameOf } from '#common/protocol/frames.ts'
import { HeldByPeer } from '#common/protocol/held-by-peer.ts'
import { Inbox, type InboxOptions } from '#common/protocol/inbox.ts'
import { freeOffers } from '#common/protocol/offer-answers.ts'
import { ReceiveWindow } from '#common/protocol/receive-window.ts'
import { Turns } from '#common/protocol/turns.ts'
import { epochs, peerId, wirePost } from '#test/support/link-by-hand.ts'
import { settle } from '#test/support/link-world.ts'
import { MemoryLog } from '#test/support/memory-log.ts'
import { waitFor } from '#test/support/wait-for.ts'

/** A log whose appends and answers wait, or fail, as a test likes. */
class GatedLog extends MemoryLog {
  gate: Promise<void> | undefined
  failing: Error | undefined
  appends = 0
  missingAsked = 0
  override async append(batch: Batch): Promise<AppendResult> {
    this.appends += 1
    await this.gate
    if (this.failing !== undefined) throw this.failing
    return super.append(batch)
  }
  override async missing(guids: readonly string[]): Promise<string[]> {
    this.missingAsked += 1
    await this.gate
    return super.missing(guids)
  }
}

interface Receiver {
  log: GatedLog
  inbox: Inbox
  frames: Frame[]
  stored: Cursor[]
  refused: string[]
  failures: unknown[]
  caughtUp: number[]
  named<T extends FrameName>(name: T): FrameOf<T>[]
  /** A `start` for the last resume. */
  start(after: number, head: number, epoch?: string): void
  posts(after: number, posts: unknown[], more?: Partial<FrameOf<'posts'>>): void
}

async function receiver(options: Partial<InboxOptions> = {}): Promise<Receiver> {
  const log = new GatedLog('main')
  const frames: Frame[] = []
  const [stored, refused, failures, caughtUp]: [Cursor[], string[], unknown[], number[]] = [[], [], [], []]
  const inbox = new Inbox({
    log,
    peerId,
    window: new ReceiveWindow(64 * 1024),
    questions: new Turns(1),
    heldByPeer: new HeldByPeer(peerId),
    wantsOffers: () => false,
    send: frame => frames.push(frame),
    stored: cursor => stored.push(cursor),
    onVerdicts: () => {},
    onRefused: reason => refused.push(reason),
    onCaughtUp: posts => caughtUp.push(posts),
    verify: () => Promise.resolve(true),
    fail: error => failures.push(error),
    ...options,
  })
  inbox.start()
  await settle()
  const named = <T extends FrameName>(name: T) => frames.filter((frame): frame is FrameOf<T> => frame.t === name)
  const start = (after: number, head: number, epoch = epochs.peer) =>
    inbox.onStart({ t: 'start', room: 'main', n: named('resume').at(-1)?.n ?? 0, epoch, after, head })
  const posts = (after: number, list: unknown[], more: Partial<FrameOf<'posts'>> = {}) => {
    const frame = {
      t: 'posts' as const,
      room: 'main',
      epoch: epochs.peer,
      after,
      next: after + list.length,
      posts: list,
    }
    inbox.onPosts({ ...frame, ...more }, 1000)
  }
  return { log, inbox, frames, stored, refused, failures, caughtUp, named, start, posts }
}

const refusedWith = (code: number) => (error: unknown) => error instanceof LinkError && error.code === code

suite('posts', () => {
  test('are acknowledged when they are stored, not before', async () => {
    const { log, start, posts, stored, caughtUp, inbox } = await receiver()
    const { promise, resolve } = Promise.withResolvers<void>()
    log.gate = promise
    start(0, 2)
    posts(0, [wirePost()])
    posts(1, [wirePost()])
    await settle()
    assert.deepEqual([stored, log.head.head, inbox.caughtUp], [[], 0, false])
    resolve()
    await settle()
    assert.deepEqual(stored.at(-1), { epoch: epochs.peer, offset: 2 })
    assert.deepEqual(await log.cursorOf(peerId), { epoch: epochs.peer, offset: 2 })
    assert.deepEqual([inbox.received, inbox.caughtUp, caughtUp], [2, true, [2]])
  })

  test('that wait for a limit when the link ends are given up at once, and hold nothing', async () => {
    const window = new ReceiveWindow(1000)
    const { log, start, posts, inbox } = await receiver({ limit: { take: () => 60_000, giveBack: () => {} }, window })
    start(0, 2)
    posts(0, [wirePost()])
    posts(1, [wirePost()])
    await settle()
    inbox.stop()
    await settle()
    assert.equal(log.appends, 0)
    window.take(4000)
  })

  test('before the start, or of an older one, are not looked at', async () => {
    const { inbox, posts, start, log } = await receiver()
    posts(7, [wirePost()])
    inbox.onStart({ t: 'start', room: 'main', n: 99, epoch: epochs.peer, after: 0, head: 0 })
    posts(0, [wirePost()])
    await settle()
    start(0, 1)
    inbox.epochChanged()
    posts(0, [wirePost()])
    await settle()
    assert.equal(log.appends, 0)
  })

  test('that do not follow the last ones end the link', async () => {
    const { start, posts } = await receiver()
    start(3, 9)
    assert.throws(() => posts(2, [wirePost()]), refusedWith(4400))
    assert.throws(() => posts(4, [wirePost()]), refusedWith(4400))
    assert.throws(() => posts(3, [wirePost()], { epoch: epochs.next }), refusedWith(4400))
    assert.throws(() => posts(3, [], { next: 2 }), refusedWith(4400))
    posts(3, [wirePost()])
    assert.throws(() => posts(3, [wirePost()]), refusedWith(4400))
  })

  test('that are not what they should be are dropped, and the others stored', async () => {
    const other = 'O'.repeat(43)
    const forged = wirePost({ origin: other })
    const { start, posts, refused, log, stored } = await receiver({ verify: async post => post.guid !== forged.guid })
    const bad = [
      {},
      null,
      7,
      wirePost({ room: 'elsewhere' }),
      { ...wirePost(), more: 1 },
      wirePost({ text: 'a\u0007' }),
    ]
    start(0, 8)
    posts(0, [...bad, forged, wirePost({ origin: other }), wirePost()])
    await settle()
    assert.equal(refused.length, bad.length + 1)
    assert.ok(refused.includes('post is of another room'))
    assert.match(refused.at(-1) ?? '', /is not signed by its origin OOO/)
    assert.equal(log.head.head, 2)
    assert.equal(stored.at(-1)?.offset, 9)
  })

  test('of the other end itself need no second proof', async () => {
    let asked = 0
    const { start, posts, log } = await receiver({ verify: async () => ++asked > 0 })
    start(0, 1)
    posts(0, [wirePost()])
    await settle()
    assert.deepEqual([log.head.head, asked], [1, 0])
  })

  test('that were all skipped move the cursor, and are acknowledged when that is stored', async () => {
    const { log, start, posts, stored } = await receiver()
    const { promise, resolve } = Promise.withResolvers<void>()
    log.gate = promise
    start(0, 5)
    posts(0, [], { next: 5 })
    await settle()
    assert.equal(stored.length, 0)
    resolve()
    await settle()
    assert.deepEqual(await log.cursorOf(peerId), stored.at(-1))
    assert.deepEqual(stored, [{ epoch: epochs.peer, offset: 5 }])
  })

  test('that say nothing new are no acknowledgement of what is still under way to the store', async () => {
    const { log, start, posts, stored } = await receiver()
    const { promise, resolve } = Promise.withResolvers<void>()
    log.gate = promise
    start(0, 1)
    posts(0, [wirePost()])
    posts(1, [])
    await settle()
    assert.equal(stored.length, 0)
    resolve()
    await settle()
    assert.equal(stored.at(-1)?.offset, 1)
  })

  test('keep their order when their signatures take their time', async () => {
    const gates = [Promise.withResolvers<boolean>(), Promise.withResolvers<boolean>()]
    let i = 0
    const { log, start, posts } = await receiver({ verify: () => gates[i++]?.promise ?? Promise.resolve(true) })
    const [one, two] = [wirePost({ origin: 'O'.repeat(43) }), wirePost({ origin: 'O'.repeat(43) })]
    start(0, 2)
    posts(0, [one])
    posts(1, [two])
    gates[1]?.resolve(true)
    await settle()
    assert.equal(log.head.head, 0)
    gates[0]?.resolve(true)
    await settle()
    assert.deepEqual(
      (await log.readAfter(0, 9)).map(({ guid }) => guid),
      [one.guid, two.guid],
    )
  })

  test('ahead of the acks are bounded, and what is stored makes place again', async () => {
    const { log, start, posts, failures } = await receiver()
    const { promise, resolve } = Promise.withResolvers<void>()
    log.gate = promise
    start(0, 10_000)
    let sent = 0
    const flood = () => {
      for (; sent < 10_000; sent++) posts(sent, [wirePost()])
    }
    assert.throws(flood, refusedWith(4400))
    assert.ok(sent <= 4 * 66, `${sent} KB were taken`)
    const other = await receiver()
    other.start(0, 2000)
    for (let i = 0; i < 2000; i++) {
      other.posts(i, [wirePost()])
      if (i % 32 === 0) await settle()
    }
    resolve()
    await settle()
    assert.deepEqual([failures, other.failures], [[], []])
  })

  test('whose check breaks end the link, and no promise is left alone', async () => {
    const first = Promise.withResolvers<boolean>()
    const answers = [() => first.promise, () => Promise.reject(new Error('no crypto'))]
    const { start, posts, failures } = await receiver({ verify: async () => answers.shift()?.() ?? true })
    start(0, 2)
    posts(0, [wirePost({ origin: 'O'.repeat(43) })])
    posts(1, [wirePost({ origin: 'O'.repeat(43) })])
    await settle()
    assert.deepEqual(failures, [])
    first.resolve(true)
    await settle()
    assert.match(String(failures[0]), /no crypto/)
  })
})

suite('the store', () => {
  test('says where to go on, with the past of our own log', async () => {
    const { log, named } = await receiver()
    const { epoch } = log.head
    assert.deepEqual(named('resume'), [{ t: 'resume', n: 1, rooms: { main: { cursor: null, epoch, ended: {} } } }])
  })

  test('that has lost writes is asked anew, and the old place is void', async () => {
    const { log, inbox, named, start, posts } = await receiver()
    const before = log.snapshot()
    start(0, 1)
    posts(0, [wirePost()])
    await settle()
    log.restore(before)
    inbox.epochChanged()
    await settle()
    const [, second] = named('resume')
    assert.equal(second?.n, 2)
    assert.deepEqual(second?.rooms.main?.cursor, null)
    assert.deepEqual(second?.rooms.main?.ended, { [before.head.epoch]: 0 })
  })

  test('with another cursor than ours makes us ask where we stand', async () => {
    const { log, named, start, posts, stored } = await receiver()
    const next = { epoch: epochs.peer, offset: 40 }
    await log.append({ from: peerId, posts: [], cursor: { expected: null, next, under: log.head.epoch } })
    start(0, 1)
    posts(0, [wirePost()])
    posts(1, [wirePost()])
    await settle()
    assert.deepEqual(
      named('resume').map(({ rooms }) => rooms.main?.cursor?.offset),
      [undefined, 40],
    )
    assert.deepEqual(stored, [])
  })

  test('that answers and does not store is given a second before posts come again', async () => {
    const { log, named, start, posts, stored, failures } = await receiver()
    log.failing = new StoreUnavailableError('full')
    start(0, 1)
    const failedAt = performance.now()
    posts(0, [wirePost()])
    posts(1, [wirePost()])
    await settle()
    assert.equal(named('resume').length, 1)
    assert.deepEqual(named('hold'), [{ t: 'hold', room: 'main' }], 'one for all that failed')
    await waitFor(() => named('resume').length === 2, { what: 'the second resume', deadlineMs: 5000 })
    assert.ok(performance.now() - failedAt > 900)
    log.failing = undefined
    start(0, 1)
    posts(0, [wirePost()])
    await settle()
    assert.deepEqual([stored.length, failures], [1, []])
  })

  test('that fails for good ends the link', async () => {
    const { log, start, posts, failures } = await receiver()
    log.failing = new Error('disk')
    start(0, 1)
    posts(0, [wirePost()])
    await settle()
    assert.match(String(failures[0]), /disk/)
  })

  test('may answer after the stop: nobody is told', async () => {
    const { log, inbox, start, posts, stored, frames } = await receiver()
    const { promise, resolve } = Promise.withResolvers<void>()
    log.gate = promise
    start(0, 2)
    posts(0, [wirePost()])
    inbox.onOffer({ t: 'offer', room: 'main', epoch: epochs.peer, after: 1, next: 2, guids: [newGuid()] })
    await settle()
    inbox.stop()
    resolve()
    await settle()
    assert.deepEqual([stored, frames.length], [[], 1])
  })
})

suite('offers', () => {
  const guids = [newGuid(), newGuid()]
  const offer = (after: number, guids: string[], epoch = epochs.peer): FrameOf<'offer'> => {
    return { t: 'offer', room: 'main', epoch, after, next: after + guids.length, guids }
  }

  test('are answered with what is missing here', async () => {
    const { inbox, named, start, posts } = await receiver()
    const held = wirePost()
    const lacked = wirePost()
    start(0, 3)
    posts(0, [held])
    await settle()
    inbox.onOffer(offer(1, [held.guid, lacked.guid]))
    await settle()
    assert.deepEqual(named('want'), [{ ...offer(1, [held.guid, lacked.guid]), t: 'want', guids: [lacked.guid] }])
  })

  test('before the start are not', async () => {
    const { inbox, log, start } = await receiver()
    inbox.onOffer(offer(0, guids))
    await settle()
    start(0, 3)
    await settle()
    assert.equal(log.missingAsked, 0)
  })

  test('may begin behind a gap', async () => {
    const { inbox, named, start } = await receiver()
    start(0, 9)
    inbox.onGap({ t: 'gap', room: 'main', epoch: epochs.peer, from: 1, to: 5, why: 'trimmed' })
    inbox.onOffer(offer(5, guids))
    await settle()
    assert.equal(named('want').length, 1)
  })

  test('that no honest sender makes end the link', async () => {
    const { inbox, start, posts } = await receiver()
    const refused = (frame: FrameOf<'offer'>) => assert.throws(() => inbox.onOffer(frame), refusedWith(4400))
    start(3, 9)
    refused(offer(3, guids, epochs.next))
    refused(offer(2, guids))
    refused(offer(4, guids))
    refused(offer(3, []))
    refused({ ...offer(3, guids), next: 3 })
    inbox.onOffer(offer(3, guids))
    refused(offer(3, guids))
    posts(3, [wirePost()])
    refused(offer(4, guids))
    posts(4, [wirePost()])
    inbox.onOffer(offer(5, guids))
    start(3, 9)
    inbox.onOffer(offer(3, guids))
    inbox.onGap({ t: 'gap', room: 'main', epoch: epochs.peer, from: 1, to: 1, why: 'trimmed' })
    refused(offer(1, guids))
  })

  test('in a flood cost one question at a time, and the newest is answered', async () => {
    const { inbox, log, named, start } = await receiver()
    const { promise, resolve } = Promise.withResolvers<void>()
    log.gate = promise
    for (let i = 0; i < 10; i++) {
      start(i, 30)
      inbox.onOffer(offer(i, guids))
    }
    await settle()
    assert.equal(log.missingAsked, 1)
    resolve()
    await settle()
    assert.equal(log.missingAsked, 2)
    assert.deepEqual(
      named('want').map(({ after }) => after),
      [9],
    )
  })

  test('of all rooms of a link are asked of the store one at a time', async () => {
    const questions = new Turns(1)
    const gate = Promise.withResolvers<void>()
    const rooms = [await receiver({ questions }), await receiver({ questions })]
    for (const { log, inbox, start } of rooms) {
      log.gate = gate.promise
      start(0, 3)
      inbox.onOffer(offer(0, guids))
    }
    await settle()
    const asked = () => rooms.map(({ log }) => log.missingAsked)
    assert.deepEqual(asked(), [1, 0])
    gate.resolve()
    await settle()
    assert.deepEqual(asked(), [1, 1])
  })

  test('are asked for by a resume when much may come from elsewhere', async () => {
    let wants = true
    const { inbox, named } = await receiver({ wantsOffers: () => wants })
    wants = false
    inbox.epochChanged()
    await settle()
    assert.deepEqual(
      named('resume').map(({ rooms }) => rooms.main?.offer),
      [true, undefined],
    )
  })

  test('that lead to nothing are answered ever more slowly, until a post comes', async () => {
    const { inbox, named, start, posts } = await receiver()
    start(0, 99)
    let at = 0
    /** How long an offer of this post waits for its answer, in ms; the post comes then, or not. */
    const answerMs = async (isKept: boolean) => {
      const post = wirePost()
      const since = performance.now()
      inbox.onOffer(offer(at, [post.guid]))
      await waitFor(() => named('want').length === at + 1, { what: 'an answer', deadlineMs: 5000 })
      const waitedMs = performance.now() - since
      posts(at, isKept ? [post] : [], { next: at + 1 })
      at += 1
      await settle()
      return waitedMs
    }
    for (let i = 0; i <= freeOffers.unkept; i++) assert.ok((await answerMs(false)) < 400)
    assert.ok((await answerMs(false)) > 450)
    assert.ok((await answerMs(true)) > 900)
    assert.ok((await answerMs(false)) < 400)
  })

  test('that the store cannot answer lead to a new start', async () => {
    const { inbox, log, named, start, failures } = await receiver()
    log.missing = () => Promise.reject(new StoreUnavailableError('away'))
    start(0, 3)
    inbox.onOffer(offer(0, guids))
    await waitFor(() => named('resume').length === 2, { what: 'a new resume', deadlineMs: 5000 })
    assert.deepEqual([named('want'), failures], [[], []])
  })
})
