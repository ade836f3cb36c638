// Behind the same address may be another server than before: nothing that was seen at the one holds there.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { loadPosts, savePost } from '#common/console/app/compose/kept-posts.ts'
import { type OwnPost, queuedPost } from '#common/console/app/compose/own-post.ts'
import { isAnotherServer } from '#common/console/app/shell/other-server.ts'
import { forbiddenItems, keptItems } from '#test/support/kept-items.ts'

const [aspen, boulder] = ['Aspen', 'Boulder'].map(name => ({ id: name.padEnd(43, 'x'), name }))
const draft = { room: 'main', author: 'Kim', text: 'two hurt at the mill' }
const queued = queuedPost(draft, 'k1', { at: 1, chance: 0 })
const stored: OwnPost = { ...queued, key: 'k2', sending: { state: 'stored', guid: 'g', offset: 1, storedAt: 2 } }

function begin() {
  const items = keptItems()
  for (const post of [queued, stored]) savePost(items, post)
  for (const name of ['acks', 'seen', 'notices', 'theme']) items.setItem(`mcfed.${name}`, 'x')
  const kept = () => ['acks', 'seen', 'notices', 'theme'].filter(name => items.getItem(`mcfed.${name}`) !== null)
  return { items, kept }
}

test('at the first server, and at the same again, everything stays', () => {
  const { items, kept } = begin()
  assert.ok(aspen)
  assert.deepEqual(
    [isAnotherServer(items, aspen), isAnotherServer(items, { ...aspen, name: 'Aspen 2' })],
    [false, false],
  )
  assert.deepEqual(kept(), ['acks', 'seen', 'notices', 'theme'])
})

test('at another what was acknowledged and seen goes, and what waits stays', () => {
  const { items, kept } = begin()
  assert.ok(aspen && boulder)
  isAnotherServer(items, aspen)
  assert.equal(isAnotherServer(items, boulder), true)
  assert.deepEqual(kept(), ['theme'])
  assert.deepEqual(loadPosts(items), [queued, stored])
  assert.equal(isAnotherServer(items, boulder), false)
})

test('a storage that is forbidden, full or spoiled makes none another', () => {
  assert.ok(aspen && boulder)
  assert.equal(isAnotherServer(forbiddenItems, aspen), false)
  const { items } = begin()
  for (const spoiled of ['null', '{', '{"id":7}']) {
    items.setItem('mcfed.server', spoiled)
    assert.equal(isAnotherServer(items, aspen), false)
  }
  const full = { ...items, setItem: forbiddenItems.setItem }
  assert.equal(isAnotherServer(full, boulder), false)
})
