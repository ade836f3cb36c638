// What is said of a store of several parts, and where a node says that a slot has gone.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { redisFault } from '#hub/redis/redis.ts'
import { type PartState, stateOfParts } from '#hub/redis/redis-reasons.ts'
import { movedTo } from '#hub/redis/slot-reader.ts'

const part = (reason = '', place = '', rooms: string[] = []): PartState => ({ reason, place, rooms })

test('one server is ready or it is not', () => {
  assert.deepEqual(stateOfParts([part()]), { ready: true, reason: '', away: '' })
  const reason = 'Redis: not connected'
  assert.deepEqual(stateOfParts([part(reason)]), { ready: false, reason, away: 'all' })
})

test('a cluster without some of its nodes is ready in part, and names nodes and rooms', () => {
  const a = (rooms: string[]) => part('Redis: no answer in time', 'a:1', rooms)
  const rooms = ['r6', 'r5', 'r4', 'r3', 'r2', 'r1']
  assert.deepEqual(stateOfParts([part(), a(rooms), part('', 'c:1'), a(['r0'])]), {
    ready: true,
    reason:
      'Redis: a:1 is away (no answer in time): 2 of 4 parts of the rooms wait, here r0, r1, r2, r3, r4 and 2 more',
    away: 'a:1',
  })
  const two = stateOfParts([part(), part('Redis: x', 'b:1'), part('Redis: y')])
  const unknown = 'Redis: a node of the cluster is away (y): 1 of 3 parts of the rooms wait'
  assert.equal(two.reason, `${unknown}; Redis: b:1 is away (x): 1 of 3 parts of the rooms wait`)
  assert.equal(stateOfParts([a([]), part('Redis: x', 'b:1')]).ready, false)
})

test('where a slot has gone', () => {
  const asked = { host: '10.0.0.1', port: 1 }
  assert.deepEqual(movedTo(new Error('MOVED 42 10.0.0.2:7001'), asked), { host: '10.0.0.2', port: 7001 })
  assert.deepEqual(movedTo(new Error('MOVED 42 ::1:7001'), asked), { host: '::1', port: 7001 })
  assert.deepEqual(movedTo(new Error('MOVED 42 :7001'), asked), { host: '10.0.0.1', port: 7001 })
  for (const message of ['ASK 42 10.0.0.2:7001', 'CLUSTERDOWN The cluster is down', 'Connection is closed.'])
    assert.equal(movedTo(new Error(message), asked), undefined)
})

test('faults of Redis in plain words, none with a text of a post', () => {
  const said = (message: string) => redisFault(new Error(message))
  assert.match(said("OOM command not allowed when used memory > 'maxmemory'."), /is full \(OOM\): raise maxmemory/)
  assert.match(said('Too many Cluster redirections. Last error: ReplyError: TRYAGAIN x'), /slot is being moved/)
  assert.match(said('Too many Cluster redirections. Last error: Error: Connection is closed.'), /does not answer/)
  assert.match(said('MISCONF Errors writing to the AOF file: No space left on device'), /cannot write to its disk/)
  assert.match(said('MOVED 5461 127.0.0.1:7001'), /is a node of a cluster: name others of them in redis_cluster/)
  assert.equal(said('LOADING Redis is loading'), 'LOADING Redis is loading')
})
