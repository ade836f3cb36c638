import assert from 'node:assert/strict'
import { test } from 'node:test'
import { headsAfter, headsListed, roomPath } from '#common/console/app/rooms/room-heads.ts'
import { feedPost, postFrame } from '#test/support/feed-posts.ts'

const epoch = 'e'.repeat(16)
const newEpoch = 'n'.repeat(16)
const head = { room: 'frontrange', epoch, first: 1, head: 20 }
const other = { room: 'weather', epoch, first: 1, head: 3 }

test('heads follow what comes live, and those of other rooms stay the same objects', () => {
  const heads = headsAfter([head, other], [postFrame(feedPost(21), epoch), postFrame(feedPost(22), epoch)])
  assert.equal(heads[0]?.head, 22)
  assert.equal(heads[1], other)
  assert.equal(headsAfter([head], [{ t: 'head', room: 'frontrange', epoch, head: 20 }])[0], head)
  assert.equal(headsAfter([head], [{ t: 'gap', room: 'frontrange', epoch, from: 21, to: 30 }])[0]?.head, 30)
})

test('a log that began anew may be shorter', () => {
  const reset = { t: 'reset', room: 'frontrange', epoch: newEpoch, after: 5, head: 6 } as const
  const heads = headsAfter([head], [postFrame(feedPost(21), epoch), reset, postFrame(feedPost(7), newEpoch)])
  assert.deepEqual(heads, [{ ...head, epoch: newEpoch, head: 7 }])
})

test('a list that was made before the last post came does not undo it', () => {
  assert.equal(headsListed([head], [{ ...head, head: 19, first: 4 }])[0]?.head, 20)
  assert.equal(headsListed([head], [{ ...head, head: 25 }])[0]?.head, 25)
  assert.equal(headsListed([head], [{ ...head, epoch: newEpoch, head: 2 }])[0]?.head, 2)
  assert.deepEqual(headsListed([head], [other]), [other])
})

test('the path of a room is an address whatever its name', () => {
  assert.equal(roomPath('a/b'), '/api/v1/rooms/a%2Fb')
})
