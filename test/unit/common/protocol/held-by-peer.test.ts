// What the other end has is not sent to it: what came from it, and what it has offered, until it says anew where it stands.
import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { newGuid } from '#common/guid.ts'
import type { Entry } from '#common/post-log.ts'
import { HeldByPeer } from '#common/protocol/held-by-peer.ts'
import { epochs, LinkByHand, peerId, wirePost } from '#test/support/link-by-hand.ts'
import { MemoryLog } from '#test/support/memory-log.ts'

const other = 'O'.repeat(43)
const place = { cursor: null, epoch: epochs.peer, ended: {} }

function entry(changes: Partial<Entry> = {}): Entry {
  const placed = { offset: 1, from: other, fromEpoch: '', fromOffset: 0, receivedAt: 0 }
  return { guid: newGuid(), at: 0, json: '', ...placed, ...changes }
}

suite('the other end holds', () => {
  test('what came from it and it has not lost since', () => {
    const held = new HeldByPeer(peerId)
    held.resume({ ...place, epoch: epochs.next, ended: { [epochs.peer]: 7 } })
    const from = (fromEpoch: string, fromOffset: number) => entry({ from: peerId, fromEpoch, fromOffset })
    assert.deepEqual(
      [from(epochs.next, 90), from(epochs.peer, 7), from(epochs.peer, 8), from('lost', 1), entry()].map(e =>
        held.has(e),
      ),
      [true, true, false, false, false],
    )
  })

  test('what it has offered, until it resumes; an offer from before that is void', () => {
    const held = new HeldByPeer(peerId)
    held.resume(place)
    const post = entry()
    const { era } = held
    held.offered([post.guid], era)
    assert.equal(held.has(post), true)
    held.resume(place)
    held.offered([post.guid], era)
    assert.equal(held.has(post), false)
  })

  test('the newest 5,000 of those, as far as we know', () => {
    const held = new HeldByPeer(peerId)
    const posts = Array.from({ length: 6000 }, () => entry())
    for (const { guid } of posts) held.offered([guid], held.era)
    assert.equal(posts.filter(post => held.has(post)).length, 5000)
    assert.equal(held.has(posts[999] ?? entry()), false)
    assert.equal(held.has(posts[1000] ?? entry()), true)
  })
})

/** A link whose other end reads at our head, has offered one post, and waits for our answer. */
async function offered(): Promise<{ log: MemoryLog; hand: LinkByHand; arrive: () => Promise<void> }> {
  const log = new MemoryLog('main')
  const hand = new LinkByHand({ logs: [log] })
  hand.link.start()
  await hand.settle()
  const post = wirePost()
  hand.send({ t: 'start', room: 'main', n: 1, epoch: epochs.peer, after: 0, head: 1 })
  hand.send({ t: 'resume', n: 1, rooms: { main: place } })
  hand.send({ t: 'offer', room: 'main', epoch: epochs.peer, after: 0, next: 1, guids: [post.guid] })
  await hand.settle()
  const arrive = async () => {
    await log.append({ from: other, posts: [{ guid: post.guid, at: post.at, json: JSON.stringify(post) }] })
    await hand.settle()
  }
  return { log, hand, arrive }
}

suite('a post that comes in elsewhere', () => {
  test('is not shipped to the one that has offered it; its cursor moves on', async () => {
    const { log, hand, arrive } = await offered()
    hand.send({ t: 'ack', room: 'main', epoch: log.head.epoch, offset: 0 })
    await arrive()
    assert.deepEqual(
      hand.named('posts').flatMap(({ posts }) => posts),
      [],
    )
    assert.equal(hand.link.progress()[0]?.toSend, 0)
  })

  test('is offered to it when it has said anew where it stands', async () => {
    const { hand, arrive } = await offered()
    hand.send({ t: 'resume', n: 2, rooms: { main: place } })
    await hand.settle()
    await arrive()
    assert.equal(hand.named('posts').flatMap(({ posts }) => posts).length, 1)
  })

  test('while the reader asks for offers and has more to offer, is offered; then shipped', async () => {
    const log = new MemoryLog('main')
    const hand = new LinkByHand({ logs: [log] })
    hand.link.start()
    await hand.settle()
    const cursor = { epoch: log.head.epoch, offset: 0 }
    hand.send({ t: 'start', room: 'main', n: 1, epoch: epochs.peer, after: 0, head: 1 })
    hand.send({ t: 'resume', n: 1, rooms: { main: { ...place, cursor, offer: true } } })
    await hand.settle()
    const append = async () => {
      const { guid, at, ...rest } = wirePost({ origin: other })
      const post = { guid, at, json: JSON.stringify({ guid, at, ...rest }) }
      await log.append({ from: other, posts: [post] })
      await hand.settle()
      return guid
    }
    const shipped = () => hand.named('posts').flatMap(({ posts }) => posts as { guid: string }[])
    const first = await append()
    assert.deepEqual([hand.named('offer').at(-1)?.guids, shipped()], [[first], []])
    const { room, epoch, after, next, guids } = hand.named('offer')[0] ?? assert.fail('no offer')
    hand.send({ t: 'want', room, epoch, after, next, guids })
    await hand.settle()
    assert.equal(shipped().length, 1)
    // Its own last post: now all it had to offer is here.
    hand.send({ t: 'posts', room: 'main', epoch: epochs.peer, after: 0, next: 1, posts: [wirePost()] })
    await hand.settle()
    const second = await append()
    assert.deepEqual(
      shipped().map(({ guid }) => guid),
      [first, second],
    )
    assert.equal(hand.named('offer').length, 1)
  })
})
