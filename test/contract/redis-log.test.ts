// The log in Redis keeps the promises of every log, against a real redis-server.
import { after, before } from 'node:test'
import type { RedisConf } from '#common/config/redis-conf.ts'
import { createLog } from '#common/log.ts'
import type { PostLog } from '#common/post-log.ts'
import { RedisStore } from '#hub/redis/redis-store.ts'
import { RedisServer } from '#test/support/redis-server.ts'
import { waitFor } from '#test/support/wait-for.ts'
import { type LogUnderTest, postLogContract } from './post-log-contract.ts'

const retentionDays = 7
const silent = createLog({ json: true, level: 'silent' })
let server: RedisServer
let rooms = 0
const atEnd: (() => Promise<void>)[] = []

before(async () => {
  server = await RedisServer.start({ after: end => atEnd.push(end) })
})
after(async () => {
  for (const end of atEnd) await end()
})

function openStore(conf: RedisConf): Promise<RedisStore> {
  return RedisStore.open({ conf, retentionDays, waitReplicas: 0, watchMs: 200, log: silent, instance: 'test' })
}

async function open(): Promise<LogUnderTest> {
  rooms += 1
  const room = `room-${rooms}`
  const stores = [await openStore(server.conf)]
  const ends: (() => Promise<void>)[] = []
  const newest = () => stores.at(-1) as RedisStore
  const reopen = async (conf: RedisConf): Promise<PostLog> => {
    stores.push(await openStore(conf))
    return newest().log(room)
  }
  const log = await newest().log(room)
  return {
    log,
    retentionDays,
    close: async () => {
      for (const store of stores) await store.close()
      for (const end of ends) await end()
    },
    restart: async () => {
      await newest().close()
      return reopen(server.conf)
    },
    crash: async () => {
      await server.kill()
      await waitFor(() => !newest().ready, { what: 'the store to notice' })
      await server.start()
      await waitFor(() => newest().ready, { what: 'the store to come back' })
      return log
    },
    wipe: async () => {
      await server.cli('FLUSHALL')
      return log
    },
    // A restored backup; that a promoted replica is as good is tested elsewhere.
    snapshot: async () => {
      const copy = await RedisServer.start({ after: end => ends.push(end) }, { copyOf: server })
      return () => reopen(copy.conf)
    },
  }
}

postLogContract('Redis', open)
