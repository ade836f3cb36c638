import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openNewest, takeFrames } from '#common/console/app/rooms/feed.ts'
import { type FeedRow, feedRows, lossesOf, type RowOptions } from '#common/console/app/rooms/feed-rows.ts'
import { cityB, feedPost, feedPosts, noon, postFrame } from '#test/support/feed-posts.ts'

const epoch = 'e'.repeat(16)
const options: RowOptions = { zone: 'utc', seenTo: null, isDense: true }

function words(row: FeedRow): string {
  if (row.kind === 'post') return `${row.isLost ? 'lost ' : ''}${row.isFollowOn ? '+' : ''}${row.post.offset}`
  if (row.kind === 'gap') return `gap ${row.from}-${row.to}`
  if (row.kind === 'day') return new Date(row.at).toISOString().slice(0, 10)
  if (row.kind === 'start') return `start ${row.trimmed}`
  if (row.kind === 'loss') return row.text
  return row.kind === 'unread' ? 'unread' : `reset ${row.lost}`
}

test('days, gaps and what is new stand where they belong', () => {
  const day = 86_400_000
  const posts = [feedPost(3, { at: noon - day }), feedPost(4), feedPost(8), feedPost(9)]
  const feed = openNewest({ posts, epoch, head: 12 }, 10)
  assert.deepEqual(feedRows(feed, { ...options, seenTo: 8 }).map(words), [
    ...['start 2', '2026-11-25', '3', '2026-11-26', '4', 'gap 5-7', '8', 'unread', '9', 'gap 10-12'],
  ])
  assert.deepEqual(feedRows(feed, { ...options, isDense: false }).map(words), [
    ...['start null', '2026-11-25', '3', '2026-11-26', '4', '+8', '+9'],
  ])
})

test('posts of one author soon after each other stand together', () => {
  const posts = [
    ...[feedPost(1), feedPost(2), feedPost(3, { origin: cityB }), feedPost(4, { origin: cityB, source: 'client' })],
    ...[feedPost(5), feedPost(6, { at: noon + 3_600_000 }), feedPost(7, { at: noon })],
  ]
  const rows = feedRows({ ...openNewest({ posts, epoch, head: 7 }, 7) }, options)
  assert.deepEqual(rows.map(words).slice(1), ['1', '+2', '3', '4', '5', '6', '7'])
})

test('a reset stands between what was lost and what came after, each with a key of its own', () => {
  const newEpoch = 'n'.repeat(16)
  const feed = takeFrames(openNewest({ posts: feedPosts(1, 5), epoch, head: 5 }, 10), [
    { t: 'reset', room: 'frontrange', epoch: newEpoch, after: 3, head: 3 },
    postFrame(feedPost(4, { guid: '00000000-0000-8000-8000-ffffffffffff' }), newEpoch),
  ])
  const rows = feedRows(feed, { ...options, isDense: true })
  assert.deepEqual(rows.map(words).slice(2), ['1', '+2', '+3', 'lost +4', 'lost +5', 'reset 2', '4'])
  assert.equal(new Set(rows.map(({ key }) => key)).size, rows.length)
})

test('what another server could not give any more stands where that was found', () => {
  const feed = openNewest({ posts: feedPosts(11, 13), epoch, head: 13 }, 10)
  const losses = [
    { n: 3, after: 13, text: 'Newest' },
    { n: 1, after: 11, text: 'Old' },
    { n: 2, after: 11, text: 'Less old' },
    { n: 4, after: 5, text: 'Before all' },
  ]
  const alerts = losses.map(({ after, n, text }) => ({
    ...{ n, text: text.toLowerCase(), room: 'frontrange', cursor: { epoch, offset: after } },
  }))
  assert.deepEqual(lossesOf([...alerts, { n: 5, text: 'here only', room: 'frontrange' }], 'frontrange'), losses)
  assert.deepEqual(lossesOf(alerts, 'elsewhere'), [])
  const rows = feedRows({ ...feed, low: 10, reachesStart: false }, { ...options, losses })
  assert.deepEqual(rows.map(words), ['2026-11-26', '11', 'Old', 'Less old', '12', '+13', 'Newest'])
  assert.deepEqual(
    feedRows(feed, { ...options, losses, isDense: false })
      .map(words)
      .slice(2),
    ['11', 'Old', 'Less old', '12', '+13'],
  )
})
