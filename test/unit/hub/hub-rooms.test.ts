// The rooms of a hub by name: the store is asked seldom, and what is new is found all the same.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { findRoom } from '#common/http/room-directory.ts'
import { hubRooms } from '#hub/http/hub-rooms.ts'
import { MemoryLog } from '#test/support/memory-log.ts'

/** A store whose looks end when they are let. */
function begin(rooms: string[] = []) {
  const looks: (() => void)[] = []
  const store = {
    rooms: () => {
      const found = [...rooms]
      return new Promise<string[]>(resolve => looks.push(() => resolve(found)))
    },
    log: async (room: string) => new MemoryLog(room),
  }
  const end = async (look: number) => {
    looks[look]?.()
    await new Promise(resolve => setImmediate(resolve))
  }
  return { directory: hubRooms(store), rooms, looks, end }
}

test('for a thousand rooms at once the store is asked once', async () => {
  const names = Array.from({ length: 1000 }, (_, i) => `room-${i}`)
  const { directory, looks, end } = begin(names)
  const found = Promise.all(names.map(name => findRoom(directory, name)))
  await end(0)
  assert.deepEqual([(await found).length, looks.length], [1000, 1])
})

test('a room that was made during a look of somebody else is found', async () => {
  const { directory, rooms, looks, end } = begin()
  const before = directory.get('new')
  rooms.push('new')
  const after = directory.get('new')
  await end(0)
  await end(1)
  assert.deepEqual([(await before)?.room, (await after)?.room, looks.length], ['new', 'new', 2])
})

test('what is not there is looked for twice, and a look that failed is not the last', async () => {
  const { directory, looks, end } = begin(['a'])
  const missing = directory.get('b')
  await end(0)
  await end(1)
  assert.deepEqual([await missing, looks.length], [undefined, 2])
  let isAway = true
  const store = {
    rooms: async () => (isAway ? Promise.reject(new Error('away')) : ['a']),
    log: async () => new MemoryLog('a'),
  }
  const other = hubRooms(store)
  await assert.rejects(async () => other.get('a'), /away/)
  isAway = false
  assert.equal((await other.get('a'))?.room, 'a')
})
