// Rights and audit trail in Redis: the contract, on a real server, and what is special to Redis.
import assert from 'node:assert/strict'
import test, { type TestContext } from 'node:test'
import { StoreUnavailableError } from '#common/errors.ts'
import { createLog } from '#common/log.ts'
import { Bus } from '#hub/redis/bus.ts'
import { redisAudit } from '#hub/redis/redis-audit.ts'
import { RedisRights } from '#hub/redis/redis-rights.ts'
import { decided, rightsMax, type SpokeRights } from '#hub/rights/rights.ts'
import { RightsBook } from '#hub/rights/rights-book.ts'
import { RedisServer } from '#test/support/redis-server.ts'
import { openStore } from '#test/support/redis-stores.ts'
import { waitFor } from '#test/support/wait-for.ts'
import { approve, rightsContract, spokeId } from './rights-contract.ts'

async function started(t: TestContext) {
  const server = await RedisServer.start(t, { appendfsync: 'no' })
  return { server, connect: async () => (await openStore(t, { url: server.url })).redis }
}

rightsContract('Redis', async t => {
  const { connect } = await started(t)
  return async () => {
    const redis = await connect()
    return { rights: new RedisRights(redis), audit: redisAudit(redis) }
  }
})

test('Redis: of decisions at the same moment none is lost, and who cannot be read is refused', async t => {
  const { server, connect } = await started(t)
  const rights = new RedisRights(await connect())
  const others = [rights, new RedisRights(await connect()), new RedisRights(await connect())]
  const room = (n: number) => ({ action: 'grant', room: `r${n}`, right: { read: true, write: true } }) as const
  await Promise.all(
    others.map((one, n) =>
      one.update(spokeId(1), before => decided(before, room(n), { id: spokeId(1), name: '', now: 1 })),
    ),
  )
  assert.deepEqual(Object.keys((await rights.all())[0]?.rooms ?? {}).toSorted(), ['r0', 'r1', 'r2'])
  await server.cli('HSET', 'mcfed:rights', spokeId(1), '{')
  assert.equal((await rights.all())[0]?.state, 'revoked')
})

test('Redis: there are no more decisions than an instance keeps in memory', async t => {
  const { server, connect } = await started(t)
  const rights = new RedisRights(await connect())
  await rights.update(spokeId(1), approve(1))
  const filler = 'for i = 2, tonumber(ARGV[1]) do redis.call("HSET", "mcfed:rights", "x" .. i, "{}") end'
  await server.cli('EVAL', filler, '0', String(rightsMax))
  await assert.rejects(rights.update(spokeId(2), approve(2)), { code: 'too_many_rights' })
  assert.equal((await rights.update(spokeId(1), approve(1))).state, 'approved')
})

test('Redis: every instance hears of a decision at once, and a store that is away says so', async t => {
  const server = await RedisServer.start(t)
  const [store, other] = [
    await openStore(t, { url: server.url }),
    await openStore(t, { url: server.url, deadlineMs: 2000 }),
  ]
  assert.ok(store.bus instanceof Bus)
  const heard: string[] = []
  store.bus.onNotice(kind => heard.push(kind))
  const rights = new RedisRights(other.redis)
  await rights.update(spokeId(1), approve(1))
  await waitFor(() => heard.length > 0, { what: 'the notice' })
  assert.deepEqual(heard, ['rights'])
  server.freeze()
  await assert.rejects(rights.update(spokeId(1), approve(1)), StoreUnavailableError)
  await assert.rejects(rights.version(), StoreUnavailableError)
  server.thaw()
})

test('Redis: what it has lost comes back from an instance that knows it', async t => {
  const { server, connect } = await started(t)
  const rights = new RedisRights(await connect())
  const log = createLog({ json: false, write: () => {} })
  const book = await RightsBook.open({ store: rights, enrol: 'open', log, everyMs: 50 })
  t.after(() => book.close())
  const revoke = (before: SpokeRights | undefined) =>
    decided(before, { action: 'revoke' }, { id: spokeId(1), name: '', now: Date.now() })
  await rights.update(spokeId(1), revoke)
  await waitFor(() => book.standing(spokeId(1)) === 'revoked', { what: 'the book to know it' })
  await server.cli('FLUSHALL')
  const [back] = await waitFor(() => rights.all(), { what: 'the record', until: ({ length }) => length === 1 })
  assert.deepEqual([back?.state, book.standing(spokeId(1))], ['revoked', 'revoked'])
})

test('Redis: an instance that hears nothing on the bus knows of a decision all the same', async t => {
  const { connect } = await started(t)
  const [here, elsewhere] = [new RedisRights(await connect()), new RedisRights(await connect())]
  const log = createLog({ json: false, write: () => {} })
  const book = await RightsBook.open({ store: here, enrol: 'open', log })
  t.after(() => book.close())
  await elsewhere.update(spokeId(1), before =>
    decided(before, { action: 'revoke' }, { id: spokeId(1), name: '', now: Date.now() }),
  )
  await waitFor(() => book.standing(spokeId(1)) === 'revoked', { what: 'it to be known', deadlineMs: 10_000 })
})
