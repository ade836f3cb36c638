// Who a hub knows, without its rooms: for commands beside a running hub.
import type { HubConf } from '#common/config/hub-conf.ts'
import { makeDataFolder } from '#common/data-folder.ts'
import type { Log } from '#common/log.ts'
import { redisFault } from '../redis/redis.ts'
import { redisAudit } from '../redis/redis-audit.ts'
import { connectRedis, redisPlace } from '../redis/redis-connections.ts'
import { RedisRegistry } from '../redis/redis-registry.ts'
import { RedisRights } from '../redis/redis-rights.ts'
import { FileRegistry } from '../registry/file-registry.ts'
import type { Registry } from '../registry/registry.ts'
import type { AuditTrail } from '../rights/audit.ts'
import { FileAudit } from '../rights/file-audit.ts'
import { FileRights } from '../rights/file-rights.ts'
import type { RightsStore } from '../rights/rights-store.ts'

const deadlineMs = 5000

export interface OpenRegistry {
  registry: Registry
  rights: RightsStore
  audit: AuditTrail
  close(): Promise<void>
}

/** @throws Error when Redis cannot be reached or the folder cannot be made */
export async function openRegistry({ redis: conf, dataDir }: HubConf, log: Log): Promise<OpenRegistry> {
  if (conf === undefined) {
    makeDataFolder(dataDir, 'data_dir', 0o700)
    const registry = await FileRegistry.open({ dir: dataDir, log })
    const rights = await FileRights.open({ dir: dataDir, log })
    return { registry, rights, audit: new FileAudit(dataDir), close: () => registry.close() }
  }
  const redis = connectRedis({ conf, name: 'federation-hub:command', deadlineMs })
  let reason = 'no answer in time'
  redis.on('error', error => {
    reason = redisFault(error)
  })
  const isReady = await new Promise<boolean>(resolve => {
    redis.once('ready', () => resolve(true))
    setTimeout(resolve, deadlineMs, false).unref()
  })
  if (!isReady) {
    redis.disconnect()
    throw new Error(`Redis at ${redisPlace(conf)}: ${reason}; what to do: hub/README.md, "Readiness"`)
  }
  const registry = new RedisRegistry({ redis })
  return { registry, rights: new RedisRights(redis), audit: redisAudit(redis), close: async () => redis.disconnect() }
}
