import assert from 'node:assert/strict'
import { test } from 'node:test'
import { countWords, markSeen, meetRooms, parseMarks, unreadOf } from '#common/console/app/rooms/unread.ts'

const epoch = 'e'.repeat(16)
const head = { room: 'frontrange', epoch, first: 1, head: 20 }

test('what is new is counted from the mark', () => {
  assert.equal(unreadOf(head, {}), 0)
  assert.equal(unreadOf(head, { frontrange: { epoch, offset: 15 } }), 5)
  assert.equal(unreadOf(head, { frontrange: { epoch, offset: 25 } }), 0)
  assert.equal(unreadOf({ ...head, first: 18 }, { frontrange: { epoch, offset: 2 } }), 3)
})

test('a new epoch counts on from what is left of the old one', () => {
  const marks = { frontrange: { epoch: 'o'.repeat(16), offset: 18 } }
  assert.equal(unreadOf(head, marks), 2)
  assert.equal(unreadOf({ ...head, head: 3 }, marks), 0)
})

test('a mark goes forward only, but for a new epoch', () => {
  const marks = { frontrange: { epoch, offset: 15 } }
  assert.equal(markSeen(marks, 'frontrange', { epoch, offset: 14 }), marks)
  assert.equal(markSeen(marks, 'frontrange', { epoch, offset: 16 }).frontrange?.offset, 16)
  assert.equal(markSeen(marks, 'frontrange', { epoch: 'n'.repeat(16), offset: 3 }).frontrange?.offset, 3)
})

test('rooms met for the first time begin where they stand, and those that are away are not forgotten', () => {
  const marks = { away: { epoch, offset: 15 } }
  const met = meetRooms(marks, [head])
  assert.deepEqual(met, { away: { epoch, offset: 15 }, frontrange: { epoch, offset: 20 } })
  assert.equal(meetRooms(met, [{ ...head, head: 30 }]), met)
  assert.equal(meetRooms(met, []), met)
})

test('a room that is called as what every object has is a room', () => {
  const room = { ...head, room: 'constructor' }
  assert.equal(unreadOf(room, {}), 0)
  assert.equal(unreadOf(room, meetRooms({}, [{ ...room, head: 18 }])), 2)
  assert.deepEqual(Object.entries(markSeen({}, 'constructor', { epoch, offset: 3 })), [
    ['constructor', { epoch, offset: 3 }],
  ])
})

test('what the browser has kept may be anything', () => {
  const kept = { a: { epoch, offset: 1 }, b: { epoch, offset: '1' }, c: null, d: { offset: 2 } }
  assert.deepEqual(parseMarks(JSON.stringify(kept)), { a: { epoch, offset: 1 } })
  for (const text of [null, '', '[', '7', 'null', '[1]']) assert.deepEqual(parseMarks(text), {})
})

test('a number for a small place', () => {
  assert.deepEqual([0, 7, 999, 1000].map(countWords), ['', '7', '999', '999+'])
})
