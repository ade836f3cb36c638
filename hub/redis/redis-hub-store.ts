// The store of a hub on Redis, shared by all its instances.
import { EventEmitter } from 'node:events'
import { StoreUnavailableError } from '#common/errors.ts'
import type { HubStore } from '../store/hub-store.ts'
import { answered } from './redis.ts'
import { redisAlerts } from './redis-alerts.ts'
import { redisAudit } from './redis-audit.ts'
import { RedisCards } from './redis-cards.ts'
import { connectForJobs } from './redis-connections.ts'
import { RedisGuardStore } from './redis-guard-store.ts'
import { identityKey, reportsKey, samplesKey } from './redis-keys.ts'
import { redisNotes } from './redis-notes.ts'
import { RedisRegistry } from './redis-registry.ts'
import { RedisRights, rightsNotice } from './redis-rights.ts'
import { RedisStore, type RedisStoreOptions } from './redis-store.ts'
import { redisTraffic } from './redis-traffic.ts'

export async function openRedisHubStore(options: RedisStoreOptions): Promise<HubStore> {
  // A wiped Redis has forgotten who the hub is; the instances have not.
  let pem: string | undefined
  let cards: RedisCards | undefined
  const renewed = new EventEmitter()
  const keep = async () => pem !== undefined && keepIdentity(pem)
  const store = await RedisStore.open({ ...options, keep, onRenewed: () => renewed.emit('renewed') })
  const { redis } = store
  const keepIdentity = async (candidate: string): Promise<string> => {
    await answered(redis.set(identityKey, candidate, 'NX'))
    return (await answered(redis.get(identityKey))) ?? candidate
  }
  return {
    get ready() {
      return store.ready
    },
    get reason() {
      return store.reason
    },
    get depth() {
      return store.openLogs().reduce((sum, log) => sum + log.depth, 0)
    },
    registry: new RedisRegistry({ redis }),
    rights: new RedisRights(redis),
    audit: redisAudit(redis),
    guardStore: new RedisGuardStore(redis),
    notes: redisNotes(redis),
    reports: redisNotes(redis, reportsKey),
    samples: redisNotes(redis, samplesKey),
    alerts: redisAlerts(redis),
    traffic: redisTraffic(redis),
    openLogs: () => store.openLogs(),
    log: room => store.log(room),
    rooms: () => store.rooms(),
    nextAt: now => store.nextAt(now),
    identityPem: async candidate => {
      if (!store.ready) throw new StoreUnavailableError(store.reason)
      pem = await keepIdentity(candidate)
      return pem
    },
    publishFence: (spokeId, link) => store.bus.publishFence(spokeId, link),
    onFence: listener => void store.bus.onFence(listener),
    onRights: listener => void store.bus.onNotice(kind => kind === rightsNotice && listener()),
    keepCards: async directory => {
      cards = await RedisCards.open({ redis, directory, log: options.log })
    },
    startJobs: async (jobs, runner) => {
      // Loaded here: a hub without Redis keeps the memory.
      const { startJobs } = await import('./redis-jobs.ts')
      const { conf, instance, log } = options
      return startJobs({
        ...{ jobs, runner, redis, log },
        queueConnection: connectForJobs(conf, `federation-hub:${instance}:upkeep`),
        onRenewed: listener => {
          renewed.on('renewed', listener)
          return () => renewed.off('renewed', listener)
        },
      })
    },
    close: async () => {
      await cards?.close()
      await store.close()
    },
  }
}
