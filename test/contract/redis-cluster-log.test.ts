// The log in a Redis Cluster keeps the promises of every log, against three real masters.
import { after, before } from 'node:test'
import { roomKeys } from '#hub/redis/redis-keys.ts'
import { RedisStore } from '#hub/redis/redis-store.ts'
import { RedisCluster } from '#test/support/redis-cluster.ts'
import type { RedisServer } from '#test/support/redis-server.ts'
import { storeOptions, whenReady } from '#test/support/redis-stores.ts'
import { waitFor } from '#test/support/wait-for.ts'
import { type LogUnderTest, postLogContract } from './post-log-contract.ts'

const retentionDays = 7
let cluster: RedisCluster
let store: RedisStore
let rooms = 0
const atEnd: (() => Promise<void>)[] = []

before(async () => {
  cluster = await RedisCluster.start({ after: end => atEnd.push(end) })
  store = await openStore()
})
after(async () => {
  await store.close()
  for (const end of atEnd) await end()
})

async function openStore(): Promise<RedisStore> {
  return whenReady(await RedisStore.open(storeOptions({ conf: cluster.conf, retentionDays })))
}

async function open(): Promise<LogUnderTest> {
  rooms += 1
  const room = `room-${rooms}`
  const log = await store.log(room)
  const owner = (): Promise<RedisServer> => cluster.ownerOf(roomKeys(room).log)
  return {
    log,
    retentionDays,
    close: async () => {},
    restart: async () => {
      await store.close()
      store = await openStore()
      return store.log(room)
    },
    crash: async () => {
      const server = await owner()
      await server.kill()
      await waitFor(() => store.reason !== '', { what: 'the store to notice' })
      await server.start()
      await waitFor(() => store.reason === '', { what: 'the store to come back' })
      return log
    },
    wipe: async () => {
      await (await owner()).cli('FLUSHALL')
      return log
    },
    // That a promoted replica of a cluster is as good is tested elsewhere.
  }
}

postLogContract('Redis Cluster', open)
