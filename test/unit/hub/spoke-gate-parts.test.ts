// What the gate of a hub keeps in memory: when refused spokes may come again, and which rooms there are.
import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { StoreUnavailableError } from '#common/errors.ts'
import { KnownRooms } from '#hub/spokes/known-rooms.ts'
import { TurnedAway } from '#hub/spokes/turned-away.ts'
import { settle } from '#test/support/link-world.ts'

suite('spokes that are refused', () => {
  test('come again soon while they are few, and all together at most ten times a second', () => {
    const clock = { now: 0 }
    const away = new TurnedAway(() => clock.now)
    assert.deepEqual([away.waitMs('a'), away.waitMs('b'), away.waitMs('a')], [5000, 5000, 5000])
    for (let n = 0; n < 998; n += 1) away.waitMs(`x${n}`)
    assert.equal(away.waitMs('a'), 100_000)
    for (let n = 0; n < 20_000; n += 1) away.waitMs(`y${n}`)
    assert.equal(away.waitMs('a'), 600_000)
    clock.now += 15 * 60_000 + 1
    assert.equal(away.waitMs('a'), 5000)
  })
})

suite('the rooms of a hub', () => {
  test('are asked for once in two seconds, whoever comes, and meanwhile as they were', async () => {
    const clock = { now: 0 }
    const rooms = ['a']
    let asked = 0
    const store = {
      rooms: async () => {
        asked += 1
        return [...rooms]
      },
    }
    const known = new KnownRooms(store, () => clock.now)
    await Promise.all(Array.from({ length: 10 }, () => known.names()))
    known.add(['b'])
    assert.deepEqual([[...(await known.names())], asked], [['a', 'b'], 1])
    rooms.push('c')
    clock.now += 2001
    assert.deepEqual([...(await known.names())], ['a', 'b'])
    await settle()
    assert.deepEqual([[...(await known.names())], asked], [['a', 'c'], 2])
  })

  test('stay known while the store is away, and are not made up when they never were', async () => {
    const clock = { now: 0 }
    let isAway = true
    const store = {
      rooms: async () => {
        if (isAway) throw new StoreUnavailableError('away')
        return ['a']
      },
    }
    const known = new KnownRooms(store, () => clock.now)
    await assert.rejects(known.names(), StoreUnavailableError)
    isAway = false
    assert.deepEqual([...(await known.names())], ['a'])
    isAway = true
    clock.now += 2001
    assert.deepEqual([...(await known.names())], ['a'])
    await settle()
    assert.deepEqual([...(await known.names())], ['a'])
  })
})
