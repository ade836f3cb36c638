// A link hands frames to the room they are about, keeps to what was granted, and ends once and for good.
import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import fc from 'fast-check'
import type { LogChange } from '#common/post-log.ts'
import type { Frame } from '#common/protocol/frames.ts'
import { epochs, fill, LinkByHand, wirePost } from '#test/support/link-by-hand.ts'
import { settle } from '#test/support/link-world.ts'
import { MemoryLog } from '#test/support/memory-log.ts'
import { waitFor } from '#test/support/wait-for.ts'

/** Knows who still listens to it. */
class WatchedLog extends MemoryLog {
  listeners = 0
  override subscribe(listener: (change: LogChange) => void): () => void {
    this.listeners += 1
    const unsubscribe = super.subscribe(listener)
    return () => {
      this.listeners -= 1
      unsubscribe()
    }
  }
}

const resume = (offset: number | null, epoch: string, room = 'main'): Frame => {
  const cursor = offset === null ? null : { epoch, offset }
  return { t: 'resume', n: 1, rooms: { [room]: { cursor, epoch: epochs.peer, ended: {} } } }
}

const posts = (after: number, list: unknown[]): Frame => {
  return { t: 'posts', room: 'main', epoch: epochs.peer, after, next: after + list.length, posts: list }
}

async function started(hand: LinkByHand, head = 1): Promise<void> {
  hand.link.start()
  await hand.settle()
  hand.send({ t: 'start', room: 'main', n: 1, epoch: epochs.peer, after: 0, head })
}

suite('a live link', () => {
  test('says where it stands in each room, and acknowledges what is stored, once for all of a turn', async () => {
    const log = new MemoryLog('main')
    const hand = new LinkByHand({ logs: [log, new MemoryLog('other')] })
    await started(hand, 3)
    assert.deepEqual(
      hand.named('resume').flatMap(({ rooms }) => Object.keys(rooms)),
      ['main', 'other'],
    )
    for (let i = 0; i < 3; i++) hand.send(posts(i, [wirePost()]))
    await hand.settle()
    assert.equal(log.head.head, 3)
    assert.deepEqual(hand.named('ack'), [{ t: 'ack', room: 'main', epoch: epochs.peer, offset: 3 }])
    assert.equal(hand.observer.stored, 3)
    assert.deepEqual(hand.link.progress()[0], {
      room: 'main',
      toSend: 0,
      sent: 0,
      received: 3,
      caughtUp: true,
      sends: true,
      receives: true,
    })
  })

  test('answers a ping, and takes unknown frames for those of a newer version', async () => {
    const hand = new LinkByHand()
    hand.send({ t: 'ping', n: 5 })
    hand.send('{"t":"hurry"}')
    await hand.settle()
    assert.deepEqual(hand.named('pong'), [{ t: 'pong', n: 5 }])
    assert.equal(hand.closed, undefined)
  })

  test('never sends more ahead of the acks than the other end says it takes', async () => {
    const log = new MemoryLog('main')
    await fill(log, 1000, { text: 'x'.repeat(600) })
    const hand = new LinkByHand({ logs: [log], peer: { windowBytes: 65_536 } })
    hand.send(resume(0, log.head.epoch))
    await hand.settle()
    const bytes = hand.named('posts').reduce((sum, frame) => sum + JSON.stringify(frame).length, 0)
    assert.ok(bytes > 65_536 && bytes < 2 * 65_536, `${bytes} bytes`)
  })

  test('serves all its rooms while one of them catches up', async () => {
    const busy = new MemoryLog('busy')
    const quiet = new MemoryLog('quiet')
    await fill(busy, 2000, { text: 'x'.repeat(600) })
    const hand = new LinkByHand({ logs: [busy, quiet] })
    hand.send(resume(0, busy.head.epoch, 'busy'))
    hand.send(resume(0, quiet.head.epoch, 'quiet'))
    await hand.settle()
    await fill(quiet, 1)
    const ofQuiet = () => hand.named('posts').filter(({ room, posts }) => room === 'quiet' && posts.length > 0)
    let acked = 0
    for (let rounds = 0; rounds < 10 && ofQuiet().length === 0; rounds++) {
      const frame = hand.named('posts').filter(({ room }) => room === 'busy')[acked++]
      if (frame !== undefined) hand.send({ t: 'ack', room: 'busy', epoch: frame.epoch, offset: frame.next })
      await hand.settle()
    }
    assert.equal(ofQuiet().length, 1)
    assert.ok(acked < 10)
  })
})

suite('ends with 4400', () => {
  const { epoch } = new MemoryLog('main').head
  const cases: Record<string, Frame | string> = {
    'on what is not a frame': '{',
    'on a frame of the handshake': { t: 'proof', mac: 'A'.repeat(43), sig: 'A'.repeat(86) },
    'on posts for a room not granted': { ...posts(0, []), room: 'other' } as Frame,
    'on a resume in a room not granted': resume(null, epoch, 'other'),
    'on an ack in a room not granted': { t: 'ack', room: 'other', epoch, offset: 0 },
    'on a gap that begins before the first post': { t: 'gap', room: 'main', epoch, from: 0, to: 4, why: 'trimmed' },
    'on a gap that ends before it begins': { t: 'gap', room: 'main', epoch, from: 9, to: 4, why: 'trimmed' },
  }
  for (const [what, frame] of Object.entries(cases)) {
    test(what, async () => {
      const hand = new LinkByHand()
      hand.send(frame)
      await hand.settle()
      assert.equal((await hand.link.ended).code, 4400)
      assert.equal(hand.closed?.code, 4400)
      assert.equal(hand.observer.gaps.length, 0)
    })
  }

  test('on an ack of what was never sent', async () => {
    const log = new MemoryLog('main')
    await fill(log, 2)
    const hand = new LinkByHand({ logs: [log] })
    hand.send(resume(0, log.head.epoch))
    await hand.settle()
    hand.send({ t: 'ack', room: 'main', epoch: log.head.epoch, offset: 3 })
    assert.equal((await hand.link.ended).code, 4400)
  })

  test('on posts that do not wait for acks', async () => {
    const log = new MemoryLog('main')
    log.append = () => new Promise(() => {})
    const hand = new LinkByHand({ logs: [log], windowBytes: 65_536 })
    await started(hand, 10_000)
    let frames = 0
    for (; frames < 200 && hand.closed === undefined; frames++) {
      hand.send(
        posts(
          frames * 64,
          Array.from({ length: 64 }, () => wirePost({ text: 'x'.repeat(600) })),
        ),
      )
      await settle()
    }
    assert.equal(hand.closed?.code, 4400)
    assert.match(hand.closed?.reason ?? '', /ahead of the acks/)
    assert.ok(frames < 10, `${frames} frames were taken`)
  })

  test('on reading or writing that was not granted', async () => {
    const reader = new LinkByHand({ peerWrites: false })
    reader.send(posts(0, []))
    assert.equal((await reader.link.ended).code, 4400)
    const writer = new LinkByHand({ peerReads: false })
    writer.send(resume(null, epochs.next))
    assert.equal((await writer.link.ended).code, 4400)
  })
})

suite('the end', () => {
  test('is said with its reason, and nothing follows it', async () => {
    const log = new WatchedLog('main')
    const hand = new LinkByHand({ logs: [log] })
    hand.send(resume(0, log.head.epoch))
    await hand.settle()
    const before = hand.frames.length
    hand.link.close(4503, 'restart', 250)
    hand.link.close(4400, 'too late')
    await fill(log, 3)
    log.restore(log.snapshot())
    await hand.settle()
    assert.deepEqual(await hand.link.ended, { code: 4503, reason: 'restart', retryAfterMs: 250 })
    assert.ok(hand.frames.length <= before + 1)
    assert.equal(log.listeners, 0)
  })

  test('by a bye is what the other end says', async () => {
    const hand = new LinkByHand()
    hand.send({ t: 'bye', code: 4503, reason: 'restart', retryAfterMs: 700 })
    assert.deepEqual(await hand.link.ended, { code: 4503, reason: 'restart', retryAfterMs: 700 })
    const other = new LinkByHand()
    other.send({ t: 'bye', code: 4409, reason: 'two of you' })
    assert.deepEqual(await other.link.ended, { code: 4409, reason: 'two of you', retryAfterMs: 60_000 })
  })

  test('by a cut cable has a plain reason, and leaves no listener', async () => {
    const log = new WatchedLog('main')
    const hand = new LinkByHand({ logs: [log] })
    hand.cut()
    assert.equal((await hand.link.ended).code, 1006)
    assert.equal(log.listeners, 0)
  })

  test('gives up a window that others wait for without a word to a closed link', async () => {
    const busy = new MemoryLog('busy')
    const quiet = new MemoryLog('quiet')
    await fill(busy, 1000, { text: 'x'.repeat(600) })
    const hand = new LinkByHand({ logs: [busy, quiet], peer: { windowBytes: 65_536 } })
    hand.send(resume(0, busy.head.epoch, 'busy'))
    hand.send(resume(0, quiet.head.epoch, 'quiet'))
    await fill(quiet, 3)
    await hand.settle()
    const sent = hand.link.transport.bytesOut
    hand.link.close(4503, 'restart')
    assert.ok(hand.link.transport.bytesOut - sent < 200, 'only the bye leaves')
  })

  test('comes when nothing is heard, and not while anything is', async () => {
    const timings = { pingMs: 400, deadMs: 1500 }
    const silent = new LinkByHand({ timings })
    const lively = new LinkByHand({ timings })
    const talk = setInterval(() => lively.send({ t: 'ping', n: 1 }), 20)
    try {
      const end = await waitFor(() => silent.link.ended, { what: 'the silent link to end', deadlineMs: 5000 })
      assert.equal(end.code, 4408)
      assert.equal(lively.closed, undefined)
    } finally {
      clearInterval(talk)
      lively.link.close(1001, 'done')
    }
  })
})

test('any frames in any order: the link lives on or ends once, and never throws at its transport', async () => {
  const { epoch } = new MemoryLog('main').head
  const offset = fc.nat(5)
  const anyEpoch = fc.constantFrom(epoch, epochs.peer)
  const range = { room: fc.constantFrom('main', 'other'), epoch: anyEpoch, after: offset, next: offset }
  const frame = fc.oneof(
    fc.record({ t: fc.constant('posts'), ...range, posts: fc.array(fc.anything(), { maxLength: 3 }) }),
    fc.record({ t: fc.constant('offer'), ...range, guids: fc.constant([]) }),
    fc.record({ t: fc.constant('want'), ...range, guids: fc.constant([]) }),
    fc.record({ t: fc.constant('ack'), room: range.room, epoch: anyEpoch, offset }),
    fc.record({
      t: fc.constant('start'),
      room: range.room,
      n: fc.nat(2),
      epoch: anyEpoch,
      after: offset,
      head: offset,
    }),
    fc.record({ t: fc.constant('gap'), room: range.room, epoch: anyEpoch, from: offset, to: offset, why: fc.string() }),
    fc.record({ t: fc.constant('pong'), n: fc.nat(3) }),
    fc.record({ t: fc.constant('standby'), on: fc.boolean() }),
    fc.constant(resume(0, epoch)),
    fc.constant(resume(null, epoch)),
    fc.record({ t: fc.constant('bye'), code: fc.nat(5000), reason: fc.string() }),
  )
  await fc.assert(
    fc.asyncProperty(fc.array(frame, { maxLength: 15 }), async frames => {
      const log = new WatchedLog('main')
      const hand = new LinkByHand({ logs: [log], standby: true })
      hand.link.start()
      for (const each of frames) {
        await hand.settle()
        hand.send(JSON.stringify(each))
      }
      hand.cut()
      await hand.link.ended
      assert.equal(log.listeners, 0)
    }),
    { numRuns: 150 },
  )
})
