// The store that the config names, for an instance or for a command beside the instances.
import { randomBytes } from 'node:crypto'
import type { HubConf } from '#common/config/hub-conf.ts'
import { retentionOf } from '#common/config/retention-conf.ts'
import { StoreUnavailableError } from '#common/errors.ts'
import type { Log } from '#common/log.ts'
import { openRedisHubStore } from '../redis/redis-hub-store.ts'
import { openEmbeddedStore } from './embedded-store.ts'
import type { HubStore } from './hub-store.ts'

/** `instance` is shown by Redis. @throws Error when the database of an embedded hub is in use */
export function openStore(conf: HubConf, log: Log, instance: string): Promise<HubStore> {
  const { redis, retention, waitReplicas, dataDir, limits } = conf
  const retentionDays = (room: string) => retentionOf(retention, room).days
  if (redis === undefined) return openEmbeddedStore({ dir: dataDir, retentionDays, log })
  return openRedisHubStore({
    conf: redis,
    retentionDays,
    waitReplicas,
    deadlineMs: limits.storeTimeoutMs,
    instance,
    log,
  })
}

/** For a command, beside the instances where they share Redis. @throws StoreUnavailableError when it is away; Error as openStore */
export async function openStoreForCommand(conf: HubConf, log: Log): Promise<HubStore> {
  const store = await openStore(conf, log, `command-${randomBytes(3).toString('hex')}`)
  if (store.ready) return store
  // Once it is closed, that is its reason.
  const { reason } = store
  await store.close()
  throw new StoreUnavailableError(reason)
}
