// Own posts in a browser's storage: they come back as they were, and nothing that stands there does harm.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  dropPost,
  keptName,
  keptPost,
  keyOfName,
  loadPosts,
  readPost,
  savePost,
} from '#common/console/app/compose/kept-posts.ts'
import type { OwnPost } from '#common/console/app/compose/own-post.ts'
import { forbiddenItems, keptItems } from '#test/support/kept-items.ts'

const queued: OwnPost = {
  ...{ key: 'k1', room: 'main', author: 'Net "1"', text: 'a\nb 🛰', server: { id: 'i', name: 'Aspen' }, writtenAt: 2 },
  sending: { state: 'queued', tries: 3, nextTryAt: 9, trouble: { code: 'no_answer', message: 'no' } },
}
const stored: OwnPost = {
  ...{ ...queued, key: 'k0', writtenAt: 1 },
  sending: { state: 'stored', guid: 'g', offset: 4, storedAt: 5 },
}
const refused: OwnPost = {
  ...{ ...queued, key: 'k2' },
  sending: { state: 'refused', trouble: { code: 'blocked', message: 'no' } },
}

test('posts come back as they were, the oldest first', () => {
  const items = keptItems()
  items.setItem('something else', '{}')
  for (const post of [queued, refused, stored]) assert.equal(savePost(items, post), true)
  assert.deepEqual(loadPosts(items), [stored, queued, refused])
  assert.deepEqual(keptPost(items, 'k1'), queued)
  dropPost(items, 'k1')
  assert.equal(keptPost(items, 'k1'), undefined)
  assert.deepEqual(loadPosts(items), [stored, refused])
})

test('a name says whose it is', () => {
  assert.equal(keyOfName(keptName('k1')), 'k1')
  assert.equal(keyOfName('something else'), undefined)
})

test('a storage that is full, forbidden or not there is told', () => {
  const full = keptItems(10)
  assert.equal(savePost(full, queued), false)
  for (const items of [forbiddenItems, undefined]) {
    assert.equal(savePost(items, queued), false)
    assert.deepEqual(loadPosts(items), [])
    assert.equal(keptPost(items, 'k1'), undefined)
    dropPost(items, 'k1')
  }
})

test('what is no post is left alone', () => {
  for (const bad of ['', 'null', '3', '{}', '"x"', JSON.stringify({ ...queued, sending: null }), '[]'])
    assert.equal(readPost(bad), undefined, bad)
  assert.equal(readPost(JSON.stringify({ ...queued, sending: { state: 'refused' } })), undefined)
  for (const writtenAt of ['now', 1e300, -1e300])
    assert.equal(readPost(JSON.stringify({ ...queued, writtenAt })), undefined)
  fc.assert(fc.property(fc.json(), json => void readPost(json)))
  const items = keptItems()
  items.setItem(keptName('k1'), 'broken')
  items.setItem(keptName('another name'), JSON.stringify(queued))
  assert.deepEqual(loadPosts(items), [])
})
