// The spoke guard over Redis, two instances with a connection each.
import assert from 'node:assert/strict'
import test, { type TestContext } from 'node:test'
import { StoreUnavailableError } from '#common/errors.ts'
import { createLog } from '#common/log.ts'
import { guardKeepMs, LinkGuard, newLinkToken } from '#common/protocol/link-guard.ts'
import { connectRedis } from '#hub/redis/redis-connections.ts'
import { RedisGuardStore } from '#hub/redis/redis-guard-store.ts'
import { RedisServer } from '#test/support/redis-server.ts'
import { waitFor } from '#test/support/wait-for.ts'
import { linkGuardContract } from './link-guard-contract.ts'

async function openStore(t: TestContext, server: RedisServer, deadlineMs = 15_000): Promise<RedisGuardStore> {
  const redis = connectRedis({ conf: server.conf, name: 'test', deadlineMs })
  redis.on('error', () => {})
  t.after(() => redis.disconnect())
  await waitFor(() => redis.status, { what: 'a connection to Redis', until: status => status === 'ready' })
  return new RedisGuardStore(redis)
}

const log = createLog({ json: false, write: () => {} })
const seat = (boot: string) => ({ serverId: 'spoke', boot, link: newLinkToken(), address: `host-${boot}` })

linkGuardContract('Redis', async t => openStore(t, await RedisServer.start(t)))

test('Redis: a link at one instance fences the older one at another', async t => {
  const server = await RedisServer.start(t)
  const [one, two] = [await openStore(t, server), await openStore(t, server)].map(
    store => new LinkGuard({ store, log }),
  ) as [LinkGuard, LinkGuard]
  const [older, newer] = [seat('x'), seat('y')]
  await one.take(older, 'City A')
  assert.deepEqual(await two.take(newer, 'City A'), { accepted: true, fences: older })
  assert.equal(await one.renew(older), false)
  assert.equal(await one.release(older), false)
  assert.equal((await one.take(seat('x'), 'City A')).accepted, false)
  assert.equal(await two.renew(newer), true)
  const keptMs = Number(await server.cli('PTTL', 'mcfed:spoke:spoke:boots'))
  assert.ok(keptMs > guardKeepMs - 60_000 && keptMs <= guardKeepMs)
})

test('Redis: what cannot be read is begun anew, what does not answer is unavailable', async t => {
  const server = await RedisServer.start(t)
  const guard = new LinkGuard({ store: await openStore(t, server, 2000), log })
  await server.cli('SET', 'mcfed:spoke:spoke:boots', '{"fenced":1}')
  const link = seat('x')
  assert.deepEqual(await guard.take(link, 'City A'), { accepted: true })
  server.freeze()
  await assert.rejects(guard.renew(link), StoreUnavailableError)
  server.thaw()
  const renewed = () => guard.renew(link).catch(() => undefined)
  assert.equal(await waitFor(renewed, { what: 'the link to be renewed' }), true)
})
