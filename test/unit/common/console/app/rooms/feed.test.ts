import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  type Feed,
  isLive,
  openAt,
  openNewest,
  postsMax,
  takeFrames,
  takeNewer,
  takeOlder,
} from '#common/console/app/rooms/feed.ts'
import type { RoomFrame } from '#common/console/app/rooms/feed-post.ts'
import { feedPost, feedPosts, postFrame } from '#test/support/feed-posts.ts'

const limit = 10
const epoch = 'e'.repeat(16)
const newEpoch = 'n'.repeat(16)
const page = (from: number, to: number, head = to) => ({ posts: feedPosts(from, to), epoch, head })
const frames = (from: number, to: number, of = epoch) => feedPosts(from, to).map(post => postFrame(post, of))
const offsets = (feed: Feed) => feed.posts.map(({ offset }) => offset)
const range = (from: number, to: number) => feedPosts(from, to).map(({ offset }) => offset)

test('pages and live posts join, each post once', () => {
  let feed = openNewest(page(91, 100), limit)
  assert.ok(isLive(feed))
  feed = takeFrames(feed, [{ t: 'head', room: 'frontrange', epoch, head: 101 }, ...frames(99, 103)])
  feed = takeOlder(feed, page(83, 92, 103), limit)
  assert.deepEqual(offsets(feed), range(83, 103))
  assert.equal(feed.reachesStart, false)
  feed = takeOlder(takeOlder(feed, page(73, 82, 103), limit), { ...page(71, 72), head: 103 }, limit)
  assert.deepEqual(offsets(feed), range(71, 103))
  assert.equal(feed.reachesStart, true)
})

test('a live post with others missing before it is read from the server, not shown in a wrong place', () => {
  let feed = takeFrames(openNewest(page(91, 100), limit), frames(104, 105))
  assert.equal(isLive(feed), false)
  assert.deepEqual(offsets(feed), range(91, 100))
  feed = takeNewer(feed, page(101, 105), limit)
  assert.ok(isLive(feed))
  assert.deepEqual(offsets(takeFrames(feed, frames(106, 106))), range(91, 106))
})

test('a piece from the middle of a log grows both ways until it is live', () => {
  let feed = openAt(50, { epoch, head: 70 })
  feed = takeFrames(feed, frames(71, 71))
  assert.deepEqual(offsets(feed), [])
  feed = takeNewer(takeOlder(feed, page(41, 50, 71), limit), page(51, 60, 71), limit)
  assert.deepEqual(offsets(feed), range(41, 60))
  assert.equal(isLive(feed), false)
  feed = takeNewer(takeNewer(feed, page(61, 70, 71), limit), page(71, 71), limit)
  assert.ok(isLive(feed))
})

test('a gap lets what is behind it follow on', () => {
  const gap: RoomFrame = { t: 'gap', room: 'frontrange', epoch, from: 101, to: 120 }
  const feed = takeFrames(openNewest(page(91, 100), limit), [gap, ...frames(121, 122)])
  assert.ok(isLive(feed))
  assert.deepEqual(offsets(feed), [...range(91, 100), 121, 122])
})

test('after a reset nothing is shown twice, and what is lost stays until it comes again', () => {
  const reset: RoomFrame = { t: 'reset', room: 'frontrange', epoch: newEpoch, after: 97, head: 98 }
  let feed = takeFrames(openNewest(page(91, 100), limit), [reset])
  assert.equal(isLive(feed), false)
  const others = [
    feedPost(98, { guid: feedPost(99).guid, text: 'came again' }),
    feedPost(99, { guid: '00000000-0000-8000-8000-ffffffffffff' }),
  ]
  feed = takeFrames(
    feed,
    others.map(post => postFrame(post, newEpoch)),
  )
  assert.ok(isLive(feed))
  assert.deepEqual(offsets(feed), range(91, 99))
  assert.equal(feed.posts.at(-2)?.text, 'came again')
  assert.deepEqual(
    feed.resets.map(({ after, lost }) => [after, lost.map(({ offset }) => offset)]),
    [[97, [98, 100]]],
  )
})

test('a log that was wiped is shown anew from its first post', () => {
  const reset: RoomFrame = { t: 'reset', room: 'frontrange', epoch: newEpoch, after: 0, head: 100 }
  const again = feedPosts(81, 100).map((post, i) => postFrame({ ...post, offset: i + 1 }, newEpoch))
  const feed = takeFrames(openNewest(page(91, 100), limit), [reset, ...again])
  assert.deepEqual(offsets(feed), range(1, 20))
  assert.deepEqual(feed.resets, [{ after: 0, lost: [] }])
})

test('what comes from an epoch that nobody has announced voids the feed', () => {
  const feed = openNewest(page(91, 100), limit)
  assert.ok(takeFrames(feed, frames(101, 101, newEpoch)).isVoid)
  assert.ok(takeOlder(feed, { ...page(81, 90), epoch: newEpoch }, limit).isVoid)
  assert.ok(takeNewer(feed, { ...page(101, 102), epoch: newEpoch }, limit).isVoid)
  const announced = takeFrames(feed, [{ t: 'head', room: 'frontrange', epoch: newEpoch, head: 90 }])
  assert.equal(announced.isVoid, false)
})

test('the answer to a search goes on behind what was looked through, and takes live posts that match', () => {
  const found = { posts: [feedPost(95)], epoch, head: 100, scannedTo: 60, more: true }
  let feed = openNewest(found, limit)
  assert.deepEqual([feed.low, feed.high, feed.reachesStart], [59, 100, false])
  feed = takeOlder(feed, { posts: [feedPost(7)], epoch, head: 100, scannedTo: 1, more: false }, limit)
  feed = takeFrames(feed, frames(101, 104), ({ offset }) => offset % 2 === 0)
  assert.deepEqual(offsets(feed), [7, 95, 102, 104])
  assert.ok(feed.reachesStart && isLive(feed))
})

test('no more is kept than the limit, and what was dropped is read again', () => {
  const feed = openNewest({ posts: feedPosts(1001, 1000 + postsMax), epoch, head: 1000 + postsMax }, postsMax)
  const longer = takeFrames(feed, frames(1001 + postsMax, 1005 + postsMax))
  assert.deepEqual([longer.posts.length, longer.low, longer.reachesStart], [postsMax, 1005, false])
  const older = takeOlder(longer, { posts: feedPosts(996, 1005), epoch, head: longer.head }, limit)
  assert.deepEqual([older.posts.length, older.low, older.high], [postsMax, 995, 995 + postsMax])
  assert.equal(isLive(older), false)
})

test('however frames and pages come in, posts are in order, once, and without a hole', () => {
  const step = fc.oneof(
    fc.record({ kind: fc.constant('frames' as const), from: fc.integer({ min: 1, max: 60 }), count: fc.nat(8) }),
    fc.constantFrom({ kind: 'older' as const }, { kind: 'newer' as const }),
  )
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 60 }), fc.array(step, { maxLength: 30 }), (start, steps) => {
      let feed = openAt(start, { epoch, head: 60 })
      for (const one of steps) {
        if (one.kind === 'frames') feed = takeFrames(feed, frames(one.from, Math.min(60, one.from + one.count)))
        else if (one.kind === 'older') feed = takeOlder(feed, page(Math.max(1, feed.low - 9), feed.low, 60), limit)
        else feed = takeNewer(feed, page(feed.high + 1, Math.min(60, feed.high + limit), 60), limit)
      }
      assert.deepEqual(offsets(feed), range(feed.low + 1, feed.high))
    }),
  )
})
