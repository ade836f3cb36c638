// A proved server that lies: it costs its own link, and neither the store nor the others more than a little.
import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import type { History } from '#common/cursor.ts'
import { newGuid } from '#common/guid.ts'
import { postsPerFrameMax } from '#common/protocol/frames.ts'
import { freeOffers } from '#common/protocol/offer-answers.ts'
import { epochs, fill, LinkByHand, wirePost } from '#test/support/link-by-hand.ts'
import { guidsOf } from '#test/support/link-world.ts'
import { MemoryLog } from '#test/support/memory-log.ts'
import { waitFor } from '#test/support/wait-for.ts'

/** Counts what it is asked. */
class AskedLog extends MemoryLog {
  histories = 0
  missings = 0
  atOnce = 0
  atOnceMax = 0
  override async history(): Promise<History> {
    this.histories += 1
    return super.history()
  }
  override async missing(guids: readonly string[]): Promise<string[]> {
    this.missings += 1
    this.atOnce += 1
    this.atOnceMax = Math.max(this.atOnceMax, this.atOnce)
    await new Promise(resolve => setImmediate(resolve))
    this.atOnce -= 1
    return super.missing(guids)
  }
}

const epoch = epochs.peer
const room = 'main'

/** A liar in a test's hand, which has been told where the link stands in its log. */
async function liar(log = new AskedLog(room)): Promise<{ log: AskedLog; hand: LinkByHand }> {
  const hand = new LinkByHand({ logs: [log] })
  hand.link.start()
  await hand.settle()
  log.histories = 0
  return { log, hand }
}

const start = { t: 'start', room, n: 1, epoch, after: 0, head: 1000 } as const

function resumeAt(log: MemoryLog, n: number, offset: number | null) {
  const cursor = offset === null ? null : { epoch: log.head.epoch, offset }
  return { t: 'resume', n, rooms: { [room]: { cursor, epoch, ended: {} } } } as const
}

suite('a server that lies', () => {
  test('changes its mind about its hub without end: each time it would be offered a thousand posts, so its link ends', async () => {
    const log = new AskedLog(room)
    await fill(log, 1000)
    const hand = new LinkByHand({ logs: [log], standby: true })
    hand.link.start()
    await hand.settle()
    hand.send(resumeAt(log, 1, null))
    for (let i = 0; i < 200 && hand.closed === undefined; i++) {
      hand.send({ t: 'standby', on: i % 2 === 0 })
      await hand.settle()
    }
    assert.equal(hand.closed?.code, 4429)
    assert.ok(hand.named('offer').length <= 35, `${hand.named('offer').length} offers`)
  })

  test('offers without end what it never ships: it waits ever longer for its answers', async () => {
    const { log, hand } = await liar()
    hand.send(start)
    const offer = async (after: number) => {
      hand.send({ t: 'offer', room, epoch, after, next: after + 1, guids: [newGuid()] })
      await hand.settle()
      hand.send({ t: 'posts', room, epoch, after, next: after + 1, posts: [] })
      await hand.settle()
    }
    let after = 0
    for (; after <= freeOffers.unkept; after++) await offer(after)
    assert.equal(hand.named('want').length, after)
    for (let i = 0; i < 50; i++) await offer(after + i)
    assert.equal(hand.named('want').length, after)
    assert.deepEqual([log.missings, log.atOnceMax, hand.closed], [after, 1, undefined])
  })

  test('offers without end what is here already: after a thousand times it waits, too', {
    timeout: 60_000,
  }, async () => {
    const { log, hand } = await liar()
    await fill(log, 1)
    const guids = await guidsOf({ log })
    hand.send(start)
    const since = performance.now()
    for (let after = 0; after < freeOffers.idle + 10; after++) {
      hand.send({ t: 'offer', room, epoch, after, next: after + 1, guids })
      await hand.settle()
      hand.send({ t: 'posts', room, epoch, after, next: after + 1, posts: [] })
      await hand.settle()
    }
    // One in a second is forgiven.
    const forgiven = Math.ceil((performance.now() - since) / 1000)
    assert.ok(log.missings > freeOffers.idle && log.missings <= freeOffers.idle + 1 + forgiven, `${log.missings}`)
  })

  test('offers again without having shipped anything: it is cut off', async () => {
    const { log, hand } = await liar()
    hand.send(start)
    for (let i = 0; i < 2; i++) hand.send({ t: 'offer', room, epoch, after: 0, next: 1, guids: [newGuid()] })
    await hand.settle()
    assert.equal(hand.closed?.code, 4400)
    assert.ok(log.missings <= 1)
  })

  test('begins anew without end, and offers each time: it is cut off', async () => {
    const { log, hand } = await liar()
    for (let i = 0; i < 1000; i++) {
      hand.send({ ...start, after: i })
      hand.send({ t: 'offer', room, epoch, after: i, next: i + 1, guids: [newGuid()] })
    }
    await hand.settle()
    assert.equal(hand.closed?.code, 4429)
    assert.deepEqual([log.atOnceMax, log.missings < 30], [1, true])
  })

  test('resumes without end: the newest counts, and costs one question after another', async () => {
    const { log, hand } = await liar()
    await fill(log, 3)
    for (let n = 1; n <= 1000; n++) hand.send(resumeAt(log, n, 0))
    await hand.settle()
    assert.equal(hand.named('start').at(-1)?.n, 1000)
    assert.ok(log.histories < 5, `${log.histories} questions`)
  })

  test('resumes each time it is answered: a few times at once, then once a second', async () => {
    const { log, hand } = await liar()
    await fill(log, 3)
    for (let n = 1; n <= 200; n++) {
      hand.send(resumeAt(log, n, 0))
      await hand.settle()
    }
    const answered = hand.named('start').length
    assert.ok(answered >= 30 && answered < 40, `${answered} answers`)
    assert.ok(hand.named('posts').length < 40)
    await waitFor(
      async () => {
        await hand.settle()
        return hand.named('start').at(-1)?.n === 200
      },
      { what: 'the answer to the newest', deadlineMs: 5000 },
    )
    assert.equal(hand.closed, undefined)
  })

  test('wants what it was never offered: it gets what stands in the range, or nothing', async () => {
    const { log, hand } = await liar()
    await fill(log, 4)
    const guids = await guidsOf({ log })
    const before = { epoch: log.head.epoch, after: 0, next: 4 }
    hand.send(resumeAt(log, 1, null))
    await hand.settle()
    await fill(log, 1)
    const later = (await guidsOf({ log })).slice(4)
    hand.send({ t: 'want', room, ...before, guids: [newGuid(), ...later, guids[1] ?? ''] })
    hand.send({ t: 'want', room, ...before, guids })
    await hand.settle()
    const shipped = hand.named('posts').flatMap(({ posts }) => posts as { guid: string }[])
    assert.deepEqual(
      shipped.map(({ guid }) => guid),
      [guids[1]],
    )
  })

  test('acknowledges what it was never sent: it is cut off', async () => {
    const { log, hand } = await liar()
    await fill(log, 3)
    hand.send(resumeAt(log, 1, null))
    await hand.settle()
    hand.send({ t: 'ack', room, epoch: log.head.epoch, offset: 3 })
    await hand.settle()
    assert.equal(hand.closed?.code, 4400)
  })

  test('says that more of its epochs have ended than a log remembers: it is cut off', async () => {
    const { log, hand } = await liar()
    const ended = (count: number) =>
      Object.fromEntries(Array.from({ length: count }, (_, i) => [`epoch-${i}`.padEnd(16, '-'), i]))
    const place = { cursor: null, epoch }
    hand.send({ t: 'resume', n: 1, rooms: { [room]: { ...place, ended: ended(64) } } })
    await hand.settle()
    assert.deepEqual([hand.named('start').length, hand.closed], [1, undefined])
    hand.send({ t: 'resume', n: 2, rooms: { [room]: { ...place, ended: ended(65) } } })
    await hand.settle()
    assert.match(hand.closed?.reason ?? '', /at most 64 epochs/)
    assert.equal(log.histories, 1)
  })

  test('replays old posts without end: none is stored twice, or again after its retention', async () => {
    const { log, hand } = await liar()
    const posts = Array.from({ length: postsPerFrameMax - 1 }, () => wirePost())
    const old = { ...wirePost(), at: Date.now() - 40 * 86_400_000 }
    hand.send(start)
    for (let i = 0; i < 20; i++) {
      const after = i * postsPerFrameMax
      hand.send({ t: 'posts', room, epoch, after, next: after + postsPerFrameMax, posts: [...posts, old] })
      await hand.settle()
    }
    assert.deepEqual(
      await guidsOf({ log }),
      posts.map(({ guid }) => guid),
    )
    assert.deepEqual([hand.observer.stored, hand.named('ack').at(-1)?.offset], [63, 20 * postsPerFrameMax])
    assert.equal(hand.closed, undefined)
  })
})
