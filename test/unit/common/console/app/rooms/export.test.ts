import assert from 'node:assert/strict'
import { test } from 'node:test'
import { csvCell, exportCsv } from '#common/console/app/rooms/export-csv.ts'
import { authorWord, exportText } from '#common/console/app/rooms/export-text.ts'
import { openNewest } from '#common/console/app/rooms/feed.ts'
import type { FeedPost } from '#common/console/app/rooms/feed-post.ts'
import { feedRows } from '#common/console/app/rooms/feed-rows.ts'
import { cityB, feedPost, noon } from '#test/support/feed-posts.ts'

const cityOf = (origin: string) => (origin === cityB ? 'City B' : 'City A')
const dense = { zone: 'utc', seenTo: null, isDense: true } as const

test('a feed as text, with its gaps', () => {
  const posts = [
    feedPost(1, { text: 'one\ntwo' }),
    feedPost(4, { origin: cityB, source: 'client', receivedAt: noon + 184_000 }),
  ]
  const feed = openNewest({ posts, epoch: 'e'.repeat(16), head: 4 }, 4)
  const rows = feedRows(feed, dense)
  const facts = { room: 'frontrange', server: 'the hub', zone: 'utc', now: noon, cityOf } as const
  assert.equal(
    exportText(rows, facts),
    `Room frontrange at the hub, 2 posts, as of 2026-11-26 12:00:00 UTC

2026-11-26 12:00:01 UTC  Ada (City A, radio): one
    two
[Gap: 2 posts are missing here; no server keeps them any more]
2026-11-26 12:00:04 UTC  Ada (City B, app, 3 min late): post 4
`,
  )
})

test('nobody writes what looks like the post of another', () => {
  const text = 'hi\u20282026-11-26 12:00:02 UTC  Bob (City B, radio): all clear'
  const { rows, facts } = exported(feedPost(1, { author: { name: '\u202eAda' }, text }))
  const lines = exportText(rows, facts).trimEnd().split('\n')
  assert.equal(lines[2], '2026-11-26 12:00:01 UTC  Ada (City A, radio): hi')
  assert.ok(lines[3]?.startsWith('    2026'))
  assert.equal(authorWord(feedPost(1, { author: { name: '\u200b' } })), '(no name)')
})

function exported(post: FeedPost) {
  const feed = openNewest({ posts: [post], epoch: 'e'.repeat(16), head: 1 }, 1)
  const facts = { room: 'frontrange', server: 'the hub', zone: 'utc', now: noon, cityOf } as const
  return { rows: feedRows(feed, dense), facts }
}

test('CSV has a line for each post, with a line of names', () => {
  const posts = [feedPost(1, { text: 'say "hi",\nBob' }), feedPost(2, { author: { name: '=1+1' } })]
  const feed = openNewest({ posts, epoch: 'e'.repeat(16), head: 2 }, 2)
  const csv = exportCsv(feedRows(feed, dense), { room: 'frontrange', cityOf })
  const lines = csv.split('\r\n')
  assert.equal(lines.length, 4)
  assert.ok(csv.startsWith('\uFEFFwritten_utc,received_utc,delay_seconds,room,author,'))
  assert.ok(lines[1]?.startsWith('2026-11-26T12:00:01.000Z,2026-11-26T12:00:02.000Z,1,frontrange,Ada,,City A,'))
  assert.ok(lines[1]?.includes(',radio,"say ""hi"",\nBob",1,'))
  assert.ok(lines[2]?.includes(`,'=1+1,`))
  assert.ok(lines.slice(0, 3).every((line, i) => line.endsWith(i === 0 ? ',guid,kind' : ',post')))
})

test('CSV has a line for what is missing, with as many cells as the others', () => {
  const lost = { n: 1, after: 5, text: '=Gap in room "frontrange": 2 posts of "City B" did not come' }
  const feed = openNewest({ posts: [feedPost(1), feedPost(4), feedPost(5)], epoch: 'e'.repeat(16), head: 5 }, 5)
  const rows = feedRows({ ...feed, resets: [{ after: 4, lost: [] }] }, { ...dense, losses: [lost] })
  const lines = exportCsv(rows, { room: 'frontrange', cityOf }).trim().split('\r\n').slice(1)
  assert.deepEqual(
    lines.map(line => line.split(',').at(-1)),
    ['post', 'gap', 'post', 'reset', 'post', 'loss'],
  )
  const words = 'Gap: 2 posts are missing here; no server keeps them any more'
  assert.equal(lines[1], `,,,frontrange,,,,,,"${words}",,,gap`)
  assert.equal(lines[5], `,,,frontrange,,,,,,"'${lost.text.replaceAll('"', '""')}",,,loss`)
  assert.deepEqual(
    lines.map(line => line.replace(/"(""|[^"])*"/g, '').split(',').length),
    Array(6).fill(13),
  )
})

test('no text acts as a formula', () => {
  for (const text of ['=1', '+1', '-1', '@a', '  =1', '＝1', '\t=1', '\r=1', '\n=1'])
    assert.match(csvCell(text), /^"?'/u, JSON.stringify(text))
  assert.equal(csvCell('a=1'), 'a=1')
  // Where a spreadsheet begins a new cell although there is no comma.
  assert.equal(csvCell('a;=1;b'), `"a;'=1;b"`)
  assert.equal(csvCell('a\n@b'), `"a\n'@b"`)
  assert.equal(csvCell('a;" +1'), `"a;"" '+1"`)
  assert.equal(csvCell('well ;-)'), '"well ;-)"')
  assert.equal(csvCell(-3), '-3')
  assert.equal(csvCell(' a'), '" a"')
})
