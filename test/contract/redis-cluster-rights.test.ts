// Rights, audit trail and those who wait in a Redis Cluster, whose keys are on several masters.
import assert from 'node:assert/strict'
import test, { after, before, type TestContext } from 'node:test'
import { redisAudit } from '#hub/redis/redis-audit.ts'
import { RedisRegistry } from '#hub/redis/redis-registry.ts'
import { RedisRights } from '#hub/redis/redis-rights.ts'
import type { RedisStore } from '#hub/redis/redis-store.ts'
import { RedisCluster } from '#test/support/redis-cluster.ts'
import { openStore } from '#test/support/redis-stores.ts'
import { waitFor } from '#test/support/wait-for.ts'
import { spoke } from './registry-contract.ts'
import { approve, rightsContract, spokeId } from './rights-contract.ts'

let cluster: RedisCluster
const atEnd: (() => Promise<void>)[] = []

before(async () => {
  cluster = await RedisCluster.start({ after: end => atEnd.push(end) })
})
after(async () => {
  for (const end of atEnd) await end()
})

function connected(t: TestContext): Promise<RedisStore> {
  return openStore(t, { conf: cluster.conf })
}

rightsContract('Redis Cluster', async t => {
  const { redis } = await connected(t)
  await redis.del('mcfed:rights')
  await redis.del('mcfed:audit')
  return async () => {
    const view = await connected(t)
    return { rights: new RedisRights(view.redis), audit: redisAudit(view.redis) }
  }
})

test('Redis Cluster: who waits is listed until it is decided, and every instance hears of that', async t => {
  const [one, other] = [await connected(t), await connected(t)]
  const registry = new RedisRegistry({ redis: one.redis, now: () => 1_000_000 })
  await registry.spokePending(spoke(1))
  assert.deepEqual(await registry.pending(), [spoke(1)])
  await registry.forgetSpoke(spoke(1).id)
  assert.deepEqual(await registry.pending(), [])
  const heard: string[] = []
  other.bus.onNotice(kind => heard.push(kind))
  await new RedisRights(one.redis).update(spokeId(1), approve(1))
  await waitFor(() => heard.includes('rights'), { what: 'the notice' })
})
