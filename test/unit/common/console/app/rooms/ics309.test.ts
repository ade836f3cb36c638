import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openNewest } from '#common/console/app/rooms/feed.ts'
import { feedRows } from '#common/console/app/rooms/feed-rows.ts'
import { type LogLine, logLines, logNotes, logPages, logText } from '#common/console/app/rooms/ics309.ts'
import { cityB, feedPost, noon } from '#test/support/feed-posts.ts'

const cityOf = (origin: string) => (origin === cityB ? 'City B' : 'City A')
const size = { lines: 5.1, messageWidth: 20, fromWidth: 20 }
const line = (key: number, message = 'short'): LogLine => ({
  ...{ key: String(key), time: '12:00', from: 'Ada', fromNumber: String(key), to: 'frontrange', message },
})

test('a line for each post, in the order of writing', () => {
  const late = feedPost(7, { at: noon - 86_400_000, origin: cityB, author: { name: 'Bob' }, text: 'late' })
  assert.deepEqual(
    logLines([feedPost(1), feedPost(2), late], { zone: 'utc', cityOf }).map(({ key: _, ...rest }) =>
      Object.values(rest),
    ),
    [
      ['2026-11-25 12:00', '7', 'frontrange', 'late', 'Bob (City B)'],
      ['2026-11-26 12:00', '1', 'frontrange', 'post 1', 'Ada (City A)'],
      ['12:00', '2', 'frontrange', 'post 2', 'Ada (City A)'],
    ],
  )
})

test('what is missing is said in its place', () => {
  const posts = [feedPost(3), feedPost(4), feedPost(8)]
  const feed = openNewest({ posts, epoch: 'e'.repeat(16), head: 8 }, 10)
  const losses = [{ n: 1, after: 3, text: '9 posts are gone' }]
  const notes = logNotes(feedRows(feed, { zone: 'utc', seenTo: null, isDense: true, losses }))
  assert.deepEqual(
    logLines(posts, { zone: 'utc', cityOf, notes: [...notes, { key: 'x', after: 0, text: 'first' }] }).map(
      ({ time, message }) => `${time} ${message}`,
    ),
    [
      ...[' first', '2026-11-26 12:00 post 3', ' [9 posts are gone]', '12:00 post 4'],
      ...[' [Gap: 3 posts are missing here; no server keeps them any more]', '12:00 post 8'],
    ],
  )
})

test('pages hold what fits, in order, and know how many they are', () => {
  const long = 'word '.repeat(30)
  const pages = logPages([line(1), line(2), line(3, 'two\nlines'), line(4), line(5, long), line(6)], size)
  assert.deepEqual(
    pages.map(({ number, of, lines }) => [number, of, lines.map(({ key }) => key).join()]),
    [
      [1, 4, '1,2,3'],
      [2, 4, '4'],
      [3, 4, '5'],
      [4, 4, '6'],
    ],
  )
})

test('a message of hundreds of lines fits on a sheet', () => {
  const [logged] = logLines([feedPost(1, { text: 'a\n'.repeat(290) })], { zone: 'utc', cityOf })
  assert.match(logged?.message ?? '', /^a \/ a \/ .* a$/)
  const [few] = logLines([feedPost(1, { text: 'a\nb' })], { zone: 'utc', cityOf })
  assert.equal(few?.message, 'a\nb')
})

test('a log without lines is one page', () => {
  assert.deepEqual(logPages([], size), [{ number: 1, of: 1, lines: [] }])
})

test('the form as text has all of its fields', () => {
  const header = {
    ...{ incident: 'Flood 26-11', from: noon, to: noon + 3_600_000, net: 'Front Range net' },
    ...{ operator: 'Ada', operatorCall: 'N0CALL', preparedBy: 'Bob', preparedCall: '' },
  }
  assert.equal(
    logText(header, [line(1, 'a\nb')], { zone: 'utc', now: noon + 7_200_000 }),
    `COMMUNICATIONS LOG (ICS 309)
1. Incident: Flood 26-11
2. Operational period (UTC): from 2026-11-26 12:00 to 2026-11-26 13:00
3. Radio net or position: Front Range net
4. Radio operator: Ada, N0CALL
5. Log: time | from | number | to | message
12:00 | Ada | 1 | frontrange | a / b
6. Prepared by: Bob
7. Date and time prepared: 2026-11-26 14:00
`,
  )
})
