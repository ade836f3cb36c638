// One radio serves several rooms: each has its own key, members and posts, and no room hears of another.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { pushed, startRadioCity, textsAt, textsHeardBy } from '#test/support/radio-city.ts'
import { roomKey } from '#test/support/room-key.ts'

const rooms = [
  { name: 'Main', federate_as: 'frontrange', guest_password: 'hello' },
  { name: 'Climbers', federate_as: 'climbers', guest_password: 'rope' },
  { name: 'Readers', federate_as: 'readers', allow_read_only: true },
]

test('three rooms on one radio', async () => {
  await using city = await startRadioCity({ conf: { room: undefined, rooms } })
  const { edge, island } = city
  const climbers = await roomKey(edge, 'climbers')
  const readers = await roomKey(edge, 'readers')
  const ana = await city.member('Ana')
  // The same person in another room: an app has one identity for all its rooms.
  const climbing = island.node('Ana climbing', { room: climbers, identity: ana.identity })
  assert.equal(await climbing.login('hello', { tries: 1 }), undefined, 'the password of another room')
  assert.ok(await climbing.login('rope'))
  const bo = island.node('Bo', { room: climbers })
  assert.ok(await bo.login('rope'))
  const reader = island.node('Reader', { room: readers })
  assert.ok(await reader.login('anything'))

  const timestamp = Math.floor(Date.now() / 1000) + 10
  assert.ok((await ana.post('same words', { timestamp })).isAcked)
  assert.ok((await climbing.post('same words', { timestamp })).isAcked)
  assert.ok((await bo.post('on belay')).isAcked)
  assert.equal((await reader.post('may I?', { tries: 1 })).isAcked, false)
  await edge.post('a notice', { room: 'readers', author: 'Desk' })
  await Promise.all([pushed(bo, 1), pushed(climbing, 1), pushed(reader, 1)])
  assert.deepEqual(textsHeardBy(bo), ['same words'])
  assert.deepEqual(textsHeardBy(climbing), ['on belay'])
  assert.deepEqual(textsHeardBy(reader), ['Desk: a notice'])
  assert.deepEqual(ana.texts, [])
  assert.deepEqual(await textsAt(edge), ['same words'])
  assert.deepEqual(await textsAt(edge, 'climbers'), ['same words', 'on belay'])
  assert.deepEqual(await textsAt(edge, 'readers'), ['a notice'])

  const { radio } = await edge.status()
  assert.deepEqual(
    new Set(Object.keys(radio?.airtime.sinceStart.byRoom ?? {})),
    new Set(['frontrange', 'climbers', 'readers']),
  )
})
