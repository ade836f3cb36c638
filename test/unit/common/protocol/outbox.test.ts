// An outbox never skips and never goes back, sends no more than the window allows, and asks its store one thing at a time.
import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import fc from 'fast-check'
import type { History } from '#common/cursor.ts'
import { LinkError } from '#common/errors.ts'
import { type Entry, LOCAL, type PostLog } from '#common/post-log.ts'
import { decodeFrame } from '#common/protocol/codec.ts'
import type { Frame, FrameName, FrameOf, ReaderPlace } from '#common/protocol/frames.ts'
import { HeldByPeer } from '#common/protocol/held-by-peer.ts'
import { Outbox } from '#common/protocol/outbox.ts'
import { SendWindow } from '#common/protocol/send-window.ts'
import { Turns } from '#common/protocol/turns.ts'
import { epochs, fill, peerId } from '#test/support/link-by-hand.ts'
import { settle } from '#test/support/link-world.ts'
import { MemoryLog } from '#test/support/memory-log.ts'
import { waitFor } from '#test/support/wait-for.ts'

const windowBytes = 64 * 1024

interface Sender {
  log: MemoryLog
  outbox: Outbox
  window: SendWindow
  frames: Frame[]
  failures: unknown[]
  named<T extends FrameName>(name: T): FrameOf<T>[]
}

function sender({
  log = new MemoryLog('main', { tailBytes: 2000 }),
  window = new SendWindow(windowBytes),
  toHub = false,
} = {}): Sender {
  const frames: Frame[] = []
  const failures: unknown[] = []
  const keep = (frame: Frame | undefined) => frame !== undefined && frames.push(frame)
  const outbox = new Outbox({
    log,
    heldByPeer: new HeldByPeer(peerId),
    toHub,
    hasAllOfPeer: () => true,
    window,
    turns: new Turns(2),
    send: keep,
    sendPosts: text => keep(decodeFrame(text.toString())),
    fail: error => failures.push(error),
  })
  log.subscribe(change => (change === 'posts' ? outbox.pump() : outbox.epochChanged()))
  const named = <T extends FrameName>(name: T) => frames.filter((frame): frame is FrameOf<T> => frame.t === name)
  return { log, outbox, window, frames, failures, named }
}

/** A reader that has nothing, or stands at `offset` in the log's present epoch. */
function placeIn(log: PostLog, offset: number | null): ReaderPlace {
  const cursor = offset === null ? null : { epoch: log.head.epoch, offset }
  return { cursor, epoch: epochs.peer, ended: {} }
}

const ack = (epoch: string, offset: number): FrameOf<'ack'> => ({ t: 'ack', room: 'main', epoch, offset })

/** A log whose answers wait, or fail, as a test likes. */
class SlowLog extends MemoryLog {
  asked = 0
  /** The store is in an epoch that this process has yet to hear of. */
  isAhead = false
  gate: Promise<void> | undefined
  override async history(): Promise<History> {
    this.asked += 1
    const answer = await super.history()
    await this.gate
    return this.isAhead ? { ...answer, epoch: epochs.next } : answer
  }
}

suite('following', () => {
  test('everything after the cursor, then what comes', async () => {
    const { log, outbox, named } = sender()
    await fill(log, 5)
    outbox.resume(1, placeIn(log, 2))
    await settle()
    await fill(log, 1)
    await settle()
    const { epoch } = log.head
    assert.deepEqual(named('start'), [{ t: 'start', room: 'main', n: 1, epoch, after: 2, head: 5 }])
    assert.deepEqual(
      named('posts').map(({ after, next, posts }) => [after, next, posts.length]),
      [
        [2, 5, 3],
        [5, 6, 1],
      ],
    )
  })

  test('a reader at the head is told so once, in the present epoch', async () => {
    const { log, outbox, named } = sender()
    await fill(log, 3)
    outbox.resume(1, placeIn(log, 3))
    await settle()
    assert.deepEqual(
      named('posts').map(({ after, next, posts }) => [after, next, posts.length]),
      [[3, 3, 0]],
    )
  })

  test('what came from the reader is not sent back, and said at the head, every 1,000 entries, and when asked', async () => {
    const { log, outbox, named } = sender()
    await fill(log, 3, { from: peerId })
    const reader = { ...placeIn(log, 0), epoch: '' }
    outbox.resume(1, reader)
    await settle()
    const told = () => named('posts').map(({ after, next, posts }) => [after, next, posts.length])
    assert.deepEqual(told(), [[0, 3, 0]])
    await fill(log, 10, { from: peerId })
    await settle()
    assert.equal(told().length, 1)
    outbox.tellSkipped()
    outbox.tellSkipped()
    assert.deepEqual(told().slice(1), [[3, 13, 0]])
    for (let i = 0; i < 11; i++) await fill(log, 100, { from: peerId })
    await settle()
    assert.equal(told().length, 3)
    assert.ok((told()[2]?.[1] ?? 0) >= 1013)
  })

  test('what the reader has sent and lost since comes back to it', async () => {
    const { log, outbox, named } = sender()
    const next = { epoch: epochs.peer, offset: 7 }
    const cursor = { expected: null, next, under: log.head.epoch }
    await log.append({ from: peerId, posts: [{ guid: 'g', at: Date.now(), json: '{}' }], cursor })
    outbox.resume(1, { cursor: { epoch: log.head.epoch, offset: 0 }, epoch: epochs.next, ended: { [epochs.peer]: 6 } })
    await settle()
    assert.deepEqual(
      named('posts').map(({ posts }) => posts.length),
      [1],
    )
  })

  test('a room whose reader holds it leaves the window to the others, and goes on from where the reader resumes', async () => {
    const window = new SendWindow(windowBytes)
    const [held, other] = [sender({ window }), sender({ window })]
    for (const { log } of [held, other]) await fill(log, 1_000)
    held.outbox.resume(1, placeIn(held.log, 0))
    await settle()
    other.outbox.resume(1, placeIn(other.log, 0))
    await settle()
    assert.deepEqual([window.open, other.named('posts').length], [false, 0])
    held.outbox.hold()
    await settle()
    assert.ok(other.named('posts').length > 0)
    assert.equal(held.outbox.toSend, 1_000)
    await fill(held.log, 1)
    const sent = held.named('posts').length
    held.outbox.pump()
    // Stored after all, and said late.
    held.outbox.acked(ack(held.log.head.epoch, held.named('posts')[0]?.next ?? 0))
    assert.equal(held.named('posts').length, sent)
    held.outbox.resume(2, placeIn(held.log, 990))
    other.outbox.stop()
    await settle()
    assert.deepEqual(held.named('start').at(-1)?.after, 990)
    assert.equal(held.named('posts').at(-1)?.next, 1_001)
    assert.deepEqual([...held.failures, ...other.failures], [])
  })

  test('posts trimmed before they were sent are a gap, never skipped in silence', async () => {
    const { log, outbox, named } = sender({ log: new MemoryLog('main', { tailBytes: 0 }) })
    await fill(log, 300)
    outbox.resume(1, placeIn(log, 0))
    await settle()
    const sentTo = named('posts').at(-1)?.next ?? 0
    assert.ok(sentTo < 300)
    await log.trim(Date.now() + 40 * 86_400_000)
    await fill(log, 1)
    outbox.acked(ack(log.head.epoch, sentTo))
    await settle()
    while ((named('posts').at(-1)?.next ?? 0) < 301) {
      outbox.acked(ack(log.head.epoch, named('posts').at(-1)?.next ?? 0))
      await settle()
    }
    const held = named('posts').flatMap(({ posts }) => posts).length
    const lost = named('gap').reduce((sum, { from, to }) => sum + to - from + 1, 0)
    assert.ok(lost > 0)
    assert.equal(held + lost, 301)
  })
})

suite('offering', () => {
  test('a reader without a cursor is asked what it lacks, and gets that', async () => {
    const { log, outbox, named } = sender()
    await fill(log, 3)
    outbox.resume(1, placeIn(log, null))
    await settle()
    const [offer] = named('offer')
    assert.deepEqual([offer?.after, offer?.next, offer?.guids.length], [0, 3, 3])
    const { epoch } = log.head
    outbox.wanted({ t: 'want', room: 'main', epoch, after: 0, next: 3, guids: offer?.guids.slice(1, 2) ?? [] })
    await settle()
    assert.deepEqual(
      named('posts').map(({ after, next, posts }) => [after, next, posts.length]),
      [[0, 3, 1]],
    )
    await fill(log, 1)
    await settle()
    assert.equal(named('posts').length, 2)
  })

  test('an answer to another question is none', async () => {
    const { log, outbox, named } = sender()
    await fill(log, 3)
    const { epoch } = log.head
    const want: FrameOf<'want'> = { t: 'want', room: 'main', epoch, after: 0, next: 3, guids: [] }
    outbox.wanted(want)
    outbox.resume(1, placeIn(log, null))
    await settle()
    outbox.wanted({ ...want, next: 2 ** 50 })
    outbox.wanted({ ...want, after: 1 })
    outbox.wanted({ ...want, epoch: epochs.peer })
    await settle()
    assert.deepEqual(named('posts'), [])
    outbox.wanted(want)
    await settle()
    assert.deepEqual(
      named('posts').map(({ next }) => next),
      [3],
    )
  })

  test('a log trimmed meanwhile is a gap too, and the store is not asked for ever', async () => {
    const log = new SlowLog('main', { tailBytes: 0 })
    const { outbox, named } = sender({ log })
    await fill(log, 5)
    const { promise, resolve } = Promise.withResolvers<void>()
    log.gate = promise
    outbox.resume(1, placeIn(log, null))
    await settle()
    await log.trim(Date.now() + 40 * 86_400_000)
    let reads = 0
    const readAfter = log.readAfter.bind(log)
    log.readAfter = async (...args): Promise<Entry[]> => {
      reads += 1
      if (reads > 50) throw new Error('asked again and again')
      return readAfter(...args)
    }
    resolve()
    await settle()
    assert.deepEqual(
      named('gap').map(({ from, to }) => [from, to]),
      [[1, 5]],
    )
    assert.deepEqual(
      named('posts').map(({ next }) => next),
      [5],
    )
    assert.ok(reads <= 2, `${reads} reads`)
  })
})

suite('a hub', () => {
  test('gets unasked what was written here, and is asked about what another server has brought', async () => {
    const { log, outbox, named } = sender({ toHub: true })
    outbox.resume(1, { ...placeIn(log, 0), offer: true })
    await settle()
    await fill(log, 2)
    await fill(log, 1, { from: peerId })
    await fill(log, 2, { from: 'another' })
    await fill(log, 1)
    await settle()
    const [offer] = named('offer')
    const shipped = () => named('posts').map(({ after, next, posts }) => [after, next, posts.length])
    assert.deepEqual([offer?.after, offer?.next, offer?.guids.length], [3, 5, 2])
    assert.deepEqual(shipped().at(-1), [2, 3, 0])
    const { epoch } = log.head
    outbox.wanted({ t: 'want', room: 'main', epoch, after: 3, next: 5, guids: offer?.guids.slice(1) ?? [] })
    await settle()
    const [, second] = named('offer')
    assert.deepEqual([second?.after, second?.next], [5, 6])
    outbox.wanted({ t: 'want', room: 'main', epoch, after: 5, next: 6, guids: second?.guids ?? [] })
    await settle()
    assert.deepEqual(shipped().slice(-2), [
      [3, 5, 1],
      [5, 6, 1],
    ])
    await fill(log, 1)
    await settle()
    assert.deepEqual([shipped().at(-1), named('offer').length], [[6, 7, 1], 2])
  })

  test('that asks for no offers gets all as it comes', async () => {
    const { log, outbox, named } = sender({ toHub: true })
    outbox.resume(1, placeIn(log, 0))
    await settle()
    await fill(log, 2, { from: 'another' })
    await settle()
    assert.deepEqual([named('offer').length, outbox.sent], [0, 2])
  })
})

suite('acks and the window', () => {
  test('no more is under way than the window, but for the frame that fills it', async () => {
    const { log, outbox, window, named } = sender()
    await fill(log, 500, { text: 'x'.repeat(600) })
    outbox.resume(1, placeIn(log, 0))
    for (let offset = 0; offset < 500; offset = named('posts').at(-1)?.next ?? 500) {
      await settle()
      assert.ok(window.bytes < 2 * windowBytes, `${window.bytes} bytes`)
      assert.ok(!window.open || named('posts').at(-1)?.next === 500)
      outbox.acked(ack(log.head.epoch, named('posts').at(-1)?.next ?? 0))
    }
    await settle()
    outbox.acked(ack(log.head.epoch, 500))
    assert.equal(window.bytes, 0)
  })

  test('an ack of what was never sent ends the link', async () => {
    const { log, outbox, window } = sender()
    await fill(log, 3)
    outbox.resume(1, placeIn(log, 0))
    await settle()
    const refused = (error: unknown) => error instanceof LinkError && error.code === 4400
    assert.throws(() => outbox.acked(ack(log.head.epoch, 4)), refused)
    outbox.acked(ack(epochs.peer, 4))
    assert.ok(window.bytes > 0)
    outbox.acked(ack(log.head.epoch, 3))
    assert.equal(window.bytes, 0)
  })

  test('an ack that was under way while the reader began anew is no fault', async () => {
    const { log, outbox, window } = sender()
    await fill(log, 3)
    outbox.resume(1, placeIn(log, 0))
    await settle()
    outbox.resume(2, placeIn(log, 1))
    outbox.acked(ack(log.head.epoch, 3))
    await settle()
    outbox.acked(ack(log.head.epoch, 3))
    assert.equal(window.bytes, 0)
  })

  test('an ack of a frame from before is no fault either, when less was sent since', async () => {
    const { log, outbox, named } = sender()
    const { epoch } = log.head
    await fill(log, 500, { text: 'x'.repeat(600) })
    outbox.resume(1, placeIn(log, 0))
    await settle()
    outbox.acked(ack(epoch, named('posts')[0]?.next ?? 0))
    await settle()
    const farthest = named('posts').at(-1)?.next ?? 0
    outbox.resume(2, placeIn(log, 0))
    await settle()
    assert.ok((named('posts').at(-1)?.next ?? 0) < farthest)
    outbox.acked(ack(epoch, farthest))
  })

  test('a room that catches up does not keep the others of its link waiting', async () => {
    const window = new SendWindow(windowBytes)
    const busy = sender({ window })
    const quiet = sender({ window, log: new MemoryLog('quiet') })
    await fill(busy.log, 500, { text: 'x'.repeat(600) })
    busy.outbox.resume(1, placeIn(busy.log, 0))
    await settle()
    quiet.outbox.resume(1, placeIn(quiet.log, 0))
    await fill(quiet.log, 1)
    await settle()
    assert.equal(quiet.named('posts').length, 0)
    // One ack makes place for the room that has waited longest, the next one for the other.
    for (const i of [0, 1]) busy.outbox.acked(ack(busy.log.head.epoch, busy.named('posts')[i]?.next ?? 0))
    await settle()
    assert.deepEqual(
      quiet.named('posts').map(({ next }) => next),
      [1],
    )
  })

  test('a room that leaves gives its part of the window to the others', async () => {
    const window = new SendWindow(windowBytes)
    const [busy, quiet] = [sender({ window }), sender({ window, log: new MemoryLog('quiet') })]
    await fill(busy.log, 500, { text: 'x'.repeat(600) })
    busy.outbox.resume(1, placeIn(busy.log, 0))
    await fill(quiet.log, 1)
    quiet.outbox.resume(1, placeIn(quiet.log, 0))
    await settle()
    busy.outbox.stop()
    await settle()
    assert.equal(quiet.named('posts').length, 1)
    assert.ok(window.bytes > 0)
    quiet.outbox.stop()
    assert.equal(window.bytes, 0)
  })
})

suite('the store', () => {
  test('however often the reader begins anew, one question is under way, and the newest is answered', async () => {
    const log = new SlowLog('main')
    const { outbox, named } = sender({ log })
    const { promise, resolve } = Promise.withResolvers<void>()
    log.gate = promise
    for (let n = 1; n <= 1000; n++) outbox.resume(n, placeIn(log, 0))
    await settle()
    assert.equal(log.asked, 1)
    resolve()
    await settle()
    assert.equal(log.asked, 2)
    assert.deepEqual(
      named('start').map(({ n }) => n),
      [1000],
    )
  })

  test('an answer from the epoch before is not taken for one of the new epoch', async () => {
    const log = new SlowLog('main')
    const { outbox, named } = sender({ log })
    await fill(log, 2)
    const old = log.snapshot()
    await fill(log, 3)
    const place = placeIn(log, 5)
    const { promise, resolve } = Promise.withResolvers<void>()
    log.gate = promise
    outbox.resume(1, place)
    await settle()
    log.restore(old)
    await fill(log, 4)
    resolve()
    await settle()
    const [start] = named('start').slice(-1)
    assert.deepEqual([start?.epoch, start?.after, start?.head], [log.head.epoch, 2, 6])
    assert.deepEqual(
      named('posts').map(({ after, next }) => [after, next]),
      [[2, 6]],
    )
  })

  test('an answer from an epoch that this process has yet to hear of waits for it', async () => {
    const log = new SlowLog('main')
    const { outbox, named } = sender({ log })
    log.isAhead = true
    outbox.resume(1, placeIn(log, 0))
    await settle()
    assert.deepEqual(named('start'), [])
    log.isAhead = false
    await waitFor(() => named('start').length === 1, { what: 'the start', deadlineMs: 5000 })
    assert.equal(named('start')[0]?.epoch, log.head.epoch)
  })

  test('one that is away is asked again; one that fails for good ends the link', async () => {
    const away = sender()
    away.log.unavailable = true
    away.outbox.resume(1, placeIn(away.log, 0))
    await settle()
    assert.deepEqual([away.frames, away.failures], [[], []])
    away.outbox.stop()
    const broken = sender()
    broken.log.history = () => Promise.reject(new Error('disk'))
    broken.outbox.resume(1, placeIn(broken.log, 0))
    await settle()
    assert.match(String(broken.failures[0]), /disk/)
    assert.equal(broken.failures.length, 1)
    const torn = sender({ log: new MemoryLog('main', { tailBytes: 0 }) })
    await fill(torn.log, 3)
    torn.log.readAfter = () => Promise.reject(new Error('disk'))
    torn.outbox.resume(1, placeIn(torn.log, 0))
    await settle()
    assert.equal(torn.failures.length, 1)
  })

  test('nothing is sent after the stop, whatever the store answers then', async () => {
    const log = new SlowLog('main')
    const { outbox, frames, window } = sender({ log })
    await fill(log, 3)
    const { promise, resolve } = Promise.withResolvers<void>()
    log.gate = promise
    outbox.resume(1, placeIn(log, 0))
    await settle()
    outbox.stop()
    resolve()
    await fill(log, 1)
    log.restore(log.snapshot())
    outbox.tellSkipped()
    await settle()
    assert.deepEqual(frames, [])
    assert.deepEqual([window.bytes, outbox.toSend], [0, 0])
  })
})

const step = fc.oneof(
  fc.record({ do: fc.constant('post' as const), count: fc.integer({ min: 1, max: 90 }), own: fc.boolean() }),
  fc.record({ do: fc.constant('ack' as const), which: fc.nat(20) }),
  fc.record({ do: fc.constant('resume' as const), back: fc.nat(5) }),
  fc.record({ do: fc.constant('epoch' as const) }),
  fc.record({ do: fc.constant('tell' as const) }),
)

/** Reads what is sent as an honest reader would, and complains of anything skipped or sent before. */
class Reader {
  readonly got = new Set<string>()
  #sender: Sender
  #seen = 0
  #n = 0
  #expected: { epoch: string; offset: number } | undefined

  constructor(sender: Sender) {
    this.#sender = sender
  }

  resume(back: number): void {
    const { log, outbox } = this.#sender
    const offset = Math.max(0, (this.#expected?.offset ?? 0) - back)
    this.#n += 1
    const cursor = { epoch: this.#expected?.epoch ?? log.head.epoch, offset }
    outbox.resume(this.#n, { cursor, epoch: epochs.peer, ended: {} })
  }

  read(): void {
    for (const frame of this.#sender.frames.slice(this.#seen)) {
      if (frame.t === 'start' && frame.n === this.#n) this.#expected = { epoch: frame.epoch, offset: frame.after }
      if (frame.t === 'offer') assert.fail('the cursor was good: nothing is to be asked')
      if (frame.t === 'posts' && this.#expected !== undefined) this.#take(frame, this.#expected)
    }
    this.#seen = this.#sender.frames.length
  }

  #take({ epoch, after, next, posts }: FrameOf<'posts'>, expected: { epoch: string; offset: number }): void {
    assert.deepEqual({ epoch, offset: after }, expected, 'a hole, or a step back')
    assert.ok(next >= after)
    for (const post of posts) this.got.add((post as { guid: string }).guid)
    this.#expected = { epoch, offset: next }
  }
}

type Step = typeof step extends fc.Arbitrary<infer T> ? T : never

async function play(s: Step, { log, outbox, named }: Sender, reader: Reader): Promise<void> {
  if (s.do === 'post') return fill(log, s.count, { from: s.own ? peerId : LOCAL })
  if (s.do === 'resume') return reader.resume(s.back)
  if (s.do === 'epoch') return log.restore(log.snapshot())
  if (s.do === 'tell') return outbox.tellSkipped()
  const frame = named('posts').at(-1 - s.which)
  if (frame !== undefined) outbox.acked(ack(frame.epoch, frame.next))
}

/** Acknowledges until nothing more comes. */
async function drain({ log, outbox, named }: Sender, reader: Reader): Promise<void> {
  for (let seen = -1; seen < named('posts').length; ) {
    seen = named('posts').length
    const last = named('posts').at(-1)
    if (last?.epoch === log.head.epoch) outbox.acked(ack(last.epoch, last.next))
    await settle()
    reader.read()
  }
}

test('any posts, acks, resumes and new epochs: never a hole, never a step back, the window never below 0', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async steps => {
      const tested = sender()
      const { log, outbox, window } = tested
      const reader = new Reader(tested)
      reader.resume(0)
      for (const s of steps) {
        await play(s, tested, reader)
        await settle()
        reader.read()
        assert.ok(window.bytes >= 0 && window.bytes < 2 * windowBytes, `${window.bytes} bytes under way`)
      }
      await drain(tested, reader)
      assert.equal(outbox.toSend, 0)
      for (const { guid, from } of await log.readAfter(0, 100_000)) {
        if (from !== peerId) assert.ok(reader.got.has(guid), 'a post never came')
      }
      outbox.stop()
      assert.equal(window.bytes, 0)
    }),
    { numRuns: 60 },
  )
})
