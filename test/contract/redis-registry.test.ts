// The registry in Redis: the contract, on a real server.
import assert from 'node:assert/strict'
import test, { type TestContext } from 'node:test'
import type { HubConf } from '#common/config/hub-conf.ts'
import { StoreUnavailableError } from '#common/errors.ts'
import { createLog } from '#common/log.ts'
import { connectRedis } from '#hub/redis/redis-connections.ts'
import { RedisRegistry } from '#hub/redis/redis-registry.ts'
import { newToken } from '#hub/registry/tokens.ts'
import { openRegistry } from '#hub/store/open-registry.ts'
import { openStoreForCommand } from '#hub/store/open-store.ts'
import { freePort } from '#test/support/free-port.ts'
import { RedisServer } from '#test/support/redis-server.ts'
import { waitFor } from '#test/support/wait-for.ts'
import { registryContract, spoke } from './registry-contract.ts'

/** A connection of its own to the server, as each instance has it. */
async function connected(t: TestContext, server: RedisServer, deadlineMs = 15_000) {
  const redis = connectRedis({ conf: server.conf, name: 'test', deadlineMs })
  redis.on('error', () => {})
  t.after(() => redis.disconnect())
  await waitFor(() => redis.status, { what: 'a connection to Redis', until: status => status === 'ready' })
  return redis
}

registryContract('Redis', async (t, now) => {
  const server = await RedisServer.start(t, { appendfsync: 'no' })
  const open = async () => new RedisRegistry({ redis: await connected(t, server), now })
  return { registry: await open(), second: open }
})

test('Redis: keys are as documented, and entries of somebody else are passed over', async t => {
  const server = await RedisServer.start(t)
  const registry = new RedisRegistry({ redis: await connected(t, server), now: () => 1_000_000 })
  const { token, record } = newToken('admin')
  await registry.addToken(record)
  await registry.spokeSeen(spoke(1))
  assert.equal(await server.cli('HGET', 'mcfed:tokens', record.hash), JSON.stringify(record))
  assert.equal(await server.cli('SMEMBERS', 'mcfed:spokes'), spoke(1).id)
  assert.equal(await server.cli('HGET', `mcfed:spoke:${spoke(1).id}`, 'name'), 'City 1')
  await server.cli('HSET', 'mcfed:tokens', record.hash, '{', 'x', '{}')
  await server.cli('SADD', 'mcfed:spokes', 'nobody')
  assert.equal(await registry.findToken(token), undefined)
  assert.deepEqual(await registry.tokens(), [])
  assert.deepEqual(await registry.spokes(), [spoke(1)])
})

test('Redis: a server that does not answer is an unavailable store, and serves again when it does', async t => {
  const server = await RedisServer.start(t, { appendfsync: 'no' })
  const registry = new RedisRegistry({ redis: await connected(t, server, 2000) })
  const { token, record } = newToken('admin')
  await registry.addToken(record)
  server.freeze()
  await assert.rejects(registry.findToken(token), StoreUnavailableError)
  await assert.rejects(registry.spokeSeen(spoke(1)), StoreUnavailableError)
  await assert.rejects(registry.spokes(), StoreUnavailableError)
  server.thaw()
  assert.deepEqual(await waitFor(() => registry.findToken(token), { what: 'the token' }), record)
})

test('Redis: a command that cannot reach it says why', async t => {
  const server = await RedisServer.start(t)
  const log = createLog({ json: false, level: 'silent' })
  const openAt = (url: string) =>
    openRegistry({ redis: { layout: 'single', url }, dataDir: '' } as unknown as HubConf, log)
  const storeAt = (url: string) =>
    openStoreForCommand(
      { redis: { layout: 'single', url }, waitReplicas: 0, limits: { storeTimeoutMs: 5000 } } as unknown as HubConf,
      log,
    )
  const [wrong, nobody] = [`redis://nobody:wrong@127.0.0.1:${server.port}`, `redis://127.0.0.1:${await freePort()}`]
  await Promise.all([
    assert.rejects(openAt(wrong), /^Error: Redis at 127\.0\.0\.1:\d+: WRONGPASS .*hub\/README\.md, "Readiness"$/),
    assert.rejects(openAt(nobody), /^Error: Redis at 127\.0\.0\.1:\d+: connect ECONNREFUSED/),
    assert.rejects(storeAt(nobody), /^StoreUnavailableError: Redis: connect ECONNREFUSED/),
    assert.rejects(storeAt(wrong), /^StoreUnavailableError: Redis: WRONGPASS/),
  ])
})
