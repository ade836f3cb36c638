// A priority notice stays on the page until somebody has acknowledged it, also over a reload, and is one however often it comes.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Notices, parseNotices } from '#common/console/app/alerts/notices.ts'
import type { ApiPost } from '#common/room-shapes.ts'
import { forbiddenItems, keptItems } from '#test/support/kept-items.ts'

const now = () => Date.parse('2026-03-01T12:00:00Z')

function post(guid: string, changes: Partial<ApiPost> = {}): ApiPost {
  const author = { name: 'Net control' }
  const rest = { room: 'main', origin: 'O'.repeat(43), at: now(), offset: 1, receivedAt: now() }
  return { guid, author, source: 'console', text: 'PRIORITY: all stations stand by', ...rest, ...changes }
}

test('what a console marks is a notice, once, until it is acknowledged in any tab', () => {
  const storage = keptItems()
  const notices = new Notices({ storage, now })
  const notice = notices.hear(post('a'))
  assert.deepEqual(notice, {
    ...{ guid: 'a', room: 'main', author: 'Net control', origin: 'O'.repeat(43) },
    ...{ text: 'all stations stand by', at: now() },
  })
  assert.equal(notices.hear(post('a')), undefined)
  assert.equal(notices.hear(post('sly', { author: { name: '\u202eNet' } }))?.author, 'Net')
  notices.ack('sly')
  notices.hear(post('b'))
  const other = new Notices({ storage, now })
  assert.deepEqual(
    other.list.value.map(({ guid }) => guid),
    ['a', 'b'],
  )
  assert.equal(other.hear(post('b')), undefined)
  other.ack('a')
  notices.read()
  assert.deepEqual(
    notices.list.value.map(({ guid }) => guid),
    ['b'],
  )
  assert.equal(notices.hear(post('a')), undefined)
  notices.ackAll()
  assert.deepEqual(new Notices({ storage, now }).list.value, [])
})

test('of two open tabs each hears it, whichever is first; what the other has acknowledged is done with', () => {
  const storage = keptItems()
  const [one, other] = [new Notices({ storage, now }), new Notices({ storage, now })]
  one.hear(post('a'))
  other.read()
  assert.equal(other.hear(post('a'))?.guid, 'a', 'the other may be the only one that can ring')
  assert.equal(other.hear(post('a')), undefined)
  one.hear(post('b'))
  other.read()
  one.ack('b')
  other.read()
  assert.equal(other.hear(post('b')), undefined)
  assert.deepEqual(
    other.list.value.map(({ guid }) => guid),
    ['a'],
  )
})

test('what others mark so, plain posts, and what is old are none', () => {
  const notices = new Notices({ storage: keptItems(), now })
  assert.equal(notices.hear(post('a', { source: 'lora' })), undefined)
  assert.equal(notices.hear(post('b', { source: 'client' })), undefined)
  assert.equal(notices.hear(post('c', { text: 'hello' })), undefined)
  assert.equal(notices.hear(post('d', { receivedAt: now() - 13 * 3_600_000 })), undefined)
  assert.deepEqual(notices.list.value, [])
})

test('a flood of one server pushes out its own notices, not those of others', () => {
  const notices = new Notices({ storage: keptItems(), now })
  notices.hear(post('true'))
  for (let n = 0; n < 200; n += 1) notices.hear(post(`p${n}`, { origin: 'E'.repeat(43) }))
  const guids = notices.list.value.map(({ guid }) => guid)
  assert.deepEqual([guids.length, guids[0], guids.at(-1)], [50, 'true', 'p199'])
})

test('a flood of them fills neither page nor storage; a storage that is forbidden hides none', () => {
  const storage = keptItems()
  const notices = new Notices({ storage, now })
  for (let n = 0; n < 200; n += 1) notices.hear(post(`p${n}`))
  assert.equal(notices.list.value.length, 50)
  assert.equal(parseNotices(storage.getItem('mcfed.notices')).length, 50)
  const page = new Notices({ storage: forbiddenItems, now })
  page.hear(post('a'))
  assert.equal(page.list.value.length, 1)
})

test('what somebody else has written there is no notice', () => {
  for (const text of [
    null,
    '',
    'x',
    '{}',
    '[1, null, {"guid":"a"}]',
    '[{"guid":"a","room":"b","author":"c","text":"d","at":1e300}]',
  ])
    assert.deepEqual(parseNotices(text), [])
})
