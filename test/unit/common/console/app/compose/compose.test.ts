// What a browser has written: told from the rest of the feed, kept as a draft, and sent under its key.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Compose } from '#common/console/app/compose/compose.ts'
import { ApiError, type Ask } from '#common/console/app/server/api.ts'
import type { ApiPost } from '#common/room-shapes.ts'
import { forbiddenItems, keptItems } from '#test/support/kept-items.ts'
import { waitFor } from '#test/support/wait-for.ts'

const draft = { room: 'main', author: 'Net', text: 'PRIORITY: Road closed' }
const post: ApiPost = {
  ...{ guid: 'g', room: 'main', origin: 'o', at: 1, author: { name: 'Net' }, source: 'console' },
  ...{ text: draft.text, offset: 1, receivedAt: 1 },
}

const [aspen, boulder] = [
  { id: 'a', name: 'Aspen' },
  { id: 'b', name: 'Boulder' },
]

function begin(answer: (path: string, ask: Ask) => Promise<unknown>, items = keptItems(), server = aspen) {
  const asked: { path: string; key: string | undefined; meant: string | undefined }[] = []
  const ask = (path: string, one: Ask) => {
    asked.push({ path, key: one.headers?.['idempotency-key'], meant: one.headers?.['mcfed-server'] })
    return answer(path, one)
  }
  return { compose: new Compose({ api: { ask: ask as never }, items, server: () => server }), asked }
}

test('a post goes to its room under its key, and is told by its GUID from one with the same words', async t => {
  const { compose, asked } = begin(async () => ({ guid: 'g', offset: 1 }))
  t.after(compose.start())
  compose.post({ ...draft, room: 'a/b' })
  assert.equal(compose.isOwn({ ...post, room: 'a/b' }), true)
  await waitFor(() => compose.posts.value[0]?.sending.state === 'stored', { what: 'it to be stored' })
  assert.deepEqual(asked, [{ path: '/api/v1/rooms/a%2Fb/posts', meant: 'a', key: compose.posts.value[0]?.key }])
  assert.equal(compose.isOwn({ ...post, room: 'a/b' }), true)
  assert.equal(compose.isOwn({ ...post, room: 'a/b', guid: 'another' }), false)
})

test('a post that is under way is told by its words; what comes by radio is never ours', () => {
  const { compose } = begin(() => new Promise(() => {}))
  compose.post(draft)
  assert.equal(compose.isOwn(post), true)
  assert.equal(compose.isOwn({ ...post, source: 'lora' }), false)
  assert.equal(compose.isOwn({ ...post, text: 'PRIORITY: Road open' }), false)
  assert.equal(compose.isOwn({ ...post, author: { name: 'Ada' } }), false)
})

test('a refusal stays with the post', async t => {
  const { compose } = begin(async () => {
    throw new ApiError('no', { status: 403, code: 'blocked' })
  })
  t.after(compose.start())
  compose.post(draft)
  await waitFor(() => compose.posts.value[0]?.sending.state === 'refused', { what: 'it to be refused' })
})

test('a post says for which server it is, and waits where another answers', async t => {
  const { compose, asked } = begin(async () => {
    throw new ApiError('no', { status: 421, code: 'other_server' })
  })
  t.after(compose.start())
  compose.post(draft)
  const sending = () => compose.posts.value[0]?.sending
  await waitFor(() => JSON.stringify(sending()).includes('other_server'), { what: 'it to be told why' })
  assert.deepEqual([sending()?.state, asked[0]?.meant], ['queued', 'a'])
})

test('a page of another server asks first, and sends it there when somebody wants that', async t => {
  const items = keptItems()
  begin(() => new Promise(() => {}), items).compose.post(draft)
  const { compose, asked } = begin(async () => ({ guid: 'g', offset: 1 }), items, boulder)
  t.after(compose.start())
  const sending = () => compose.posts.value[0]?.sending
  await waitFor(() => sending()?.state === 'refused', { what: 'it to be refused' })
  const message = 'It was written at "Aspen", and this is "Boulder". Send it again if it is meant for here.'
  assert.deepEqual([sending(), asked], [{ state: 'refused', trouble: { code: 'written_elsewhere', message } }, []])
  compose.outbox.retry(compose.posts.value[0]?.key ?? '')
  await waitFor(() => sending()?.state === 'stored', { what: 'it to be stored' })
  assert.equal(asked[0]?.meant, 'b')
})

test('who writes and what was begun are there after a reload, where the browser keeps anything', () => {
  const items = keptItems()
  const { compose } = begin(() => new Promise(() => {}), items)
  compose.post({ ...draft, room: 'other' })
  compose.saveAuthor('Net 2')
  compose.saveDraft('main', 'Half a tho')
  compose.saveUrgent('main', true)
  const again = begin(() => new Promise(() => {}), items).compose
  assert.deepEqual([again.author.value, again.draftOf('main').value], ['Net 2', 'Half a tho'])
  assert.deepEqual([again.isUrgentIn('main').value, again.isUrgentIn('other').value], [true, false])
  again.saveUrgent('other', true)
  again.post(draft)
  assert.deepEqual([again.draftOf('main').value, again.isUrgentIn('main').value], ['', false])
  const last = begin(() => new Promise(() => {}), items).compose
  assert.equal(last.author.value, 'Net')
  assert.deepEqual([last.isUrgentIn('main').value, last.isUrgentIn('other').value], [false, false])
  const nowhere = begin(() => new Promise(() => {}), forbiddenItems).compose
  nowhere.saveDraft('main', 'Half a tho')
  assert.equal(nowhere.draftOf('main').value, 'Half a tho')
})

test('of many posts the newest are known how far they have come', () => {
  const { compose } = begin(() => new Promise(() => {}))
  const first = compose.deliveriesOf('first')
  assert.equal(compose.deliveriesOf('first'), first)
  for (let i = 0; i < 100; i += 1) compose.deliveriesOf(`${i}`)
  assert.notEqual(compose.deliveriesOf('first'), first)
})
