// Memory with a limit: what is newest stays.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { NewestMap, NewestSet } from '#common/newest.ts'

test('a map keeps what was set last, also what it had before', () => {
  const map = new NewestMap<string, number>(2)
  map.set('a', 1).set('b', 2).set('a', 3).set('c', 4)
  assert.deepEqual(
    [...map],
    [
      ['a', 3],
      ['c', 4],
    ],
  )
})

test('a set keeps what was added last, of what it begins with the end', () => {
  const set = new NewestSet(2, ['a', 'b', 'c'])
  assert.deepEqual([...set], ['b', 'c'])
  set.add('b').add('d')
  assert.deepEqual([...set], ['b', 'd'])
})
