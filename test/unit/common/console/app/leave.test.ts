// Who signs out leaves nothing to read behind, and loses nothing that was to be posted.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { loadPosts, savePost } from '#common/console/app/compose/kept-posts.ts'
import { type OwnPost, queuedPost } from '#common/console/app/compose/own-post.ts'
import { forgetReadings, leavingQuestion, leftKey } from '#common/console/app/shell/leave.ts'
import { forbiddenItems, keptItems } from '#test/support/kept-items.ts'

const draft = { room: 'main', author: 'Kim', text: 'two hurt at the mill' }
const queued = queuedPost(draft, 'k1', { at: 1, chance: 0 })
const stored: OwnPost = { ...queued, key: 'k2', sending: { state: 'stored', guid: 'g', offset: 1, storedAt: 2 } }
const refused: OwnPost = { ...queued, key: 'k3', sending: { state: 'refused', trouble: { code: 'c', message: 'm' } } }

test('texts, names and searches go; what waits, and how the page is shown, stays', () => {
  const items = keptItems()
  for (const post of [queued, stored, refused]) savePost(items, post)
  for (const name of [
    'notices',
    'draft.main',
    'author',
    'log',
    'log.main',
    'post.broken',
    'theme',
    'seen',
    'acks',
    'server',
  ])
    items.setItem(`mcfed.${name}`, 'x')
  items.setItem('of another page', 'x')
  forgetReadings(items, 7)
  const left = Array.from({ length: items.length }, (_, i) => items.key(i)).sort()
  const names = ['acks', 'left', 'post.k1', 'post.k3', 'seen', 'server', 'theme'].map(name => `mcfed.${name}`)
  assert.deepEqual(left, [...names, 'of another page'])
  assert.deepEqual(
    loadPosts(items).map(({ key }) => key),
    ['k1', 'k3'],
  )
  assert.equal(items.getItem(leftKey), '7')
  forgetReadings(forbiddenItems, 7)
})

test('who has posts that wait is asked, and told what becomes of them', () => {
  assert.equal(leavingQuestion(0, true), undefined)
  assert.match(leavingQuestion(1, true) ?? '', /^1 post is not stored yet\. .* stays in this browser/)
  assert.match(leavingQuestion(2, false) ?? '', /^2 posts are .* is lost when this page is closed/)
})
