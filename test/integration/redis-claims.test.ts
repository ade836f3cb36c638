// Claims over all instances of a hub, in a real Redis: all or nothing, until released or run out, and no hindrance without Redis.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { newGuid } from '#common/guid.ts'
import { RedisClaims } from '#hub/redis/redis-claims.ts'
import { roomKeys } from '#hub/redis/redis-keys.ts'
import { RedisServer } from '#test/support/redis-server.ts'
import { openStore } from '#test/support/redis-stores.ts'
import { waitFor } from '#test/support/wait-for.ts'

const key = roomKeys('frontrange').claims
const guids = Array.from({ length: 1000 }, newGuid)
const [first = '', second = '', third = ''] = guids

test('a claim is for all or nothing, and ends when it is released by whose it is', async t => {
  const redis = await RedisServer.start(t)
  const stores = await Promise.all([openStore(t, { url: redis.url }), openStore(t, { url: redis.url })])
  const [here, there] = (await Promise.all(stores.map(store => store.log('frontrange')))).map(({ claims }) => claims)
  assert.ok(here && there)
  assert.equal(await here.take('a', guids), true)
  assert.equal(await here.take('a', guids), true, 'it is its own already')
  assert.equal(await there.take('b', [newGuid(), second]), false)
  assert.equal(await redis.cli('HLEN', key), '1000')
  there.release('b', [first])
  here.release('a', [second, third])
  await waitFor(() => redis.cli('HLEN', key), { what: 'a release', until: count => count === '998' })
  assert.equal(await there.take('b', [second]), true)
  assert.equal(await there.take('b', [first, third]), false)
  here.release('a', guids)
  await waitFor(() => redis.cli('HLEN', key), { what: 'what is of another to stay', until: count => count === '1' })
})

test('what an instance has claimed that died runs out, and leaves nothing behind', async t => {
  const redis = await RedisServer.start(t)
  const store = await openStore(t, { url: redis.url })
  const claims = new RedisClaims(store.redis, key, 1000)
  const isKeptOut = async () => (await claims.take('dead', guids)) && !(await claims.take('heir', [first]))
  await waitFor(isKeptOut, { what: 'the claim to be in the way, before it has run out' })
  await waitFor(() => claims.take('heir', [first]), { what: 'the claim to run out' })
  await waitFor(() => redis.cli('EXISTS', key), { what: 'the key to go', until: count => count === '0' })
})

test('a Redis that is full or away hinders nobody', async t => {
  const redis = await RedisServer.start(t)
  const store = await openStore(t, { url: redis.url })
  const claims = new RedisClaims(store.redis, key)
  await redis.cli('CONFIG', 'SET', 'maxmemory', '1')
  assert.equal(await claims.take('a', guids), true)
  assert.equal(await redis.cli('EXISTS', key), '0')
  await redis.kill()
  assert.equal(await claims.take('a', guids), true)
  claims.release('a', guids)
})
