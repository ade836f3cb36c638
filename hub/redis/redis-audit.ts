// The audit trail in one stream in Redis.
import { auditEntrySchema } from '#common/audit-entry.ts'
import { fromJson } from '#common/json.ts'
import { type AuditTrail, auditMax } from '../rights/audit.ts'
import { answered } from './redis.ts'
import type { RedisClient } from './redis-connections.ts'
import { auditKey } from './redis-keys.ts'

export function redisAudit(redis: RedisClient): AuditTrail {
  return {
    add: async entry => {
      await answered(redis.xadd(auditKey, 'MAXLEN', '~', auditMax, '*', 'entry', JSON.stringify(entry)))
    },
    newest: async limit => {
      const entries = await answered(redis.xrevrange(auditKey, '+', '-', 'COUNT', limit))
      return entries.reverse().flatMap(([, fields]) => fromJson(auditEntrySchema, fields[1]) ?? [])
    },
  }
}
