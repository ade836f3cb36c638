// The audit trail in one stream in Redis.
import { type AuditTrail, auditMax, decodeAudit } from '../rights/audit.ts'
import { answered } from './redis.ts'
import type { RedisClient } from './redis-connections.ts'

const auditKey = 'mcfed:audit'

export function redisAudit(redis: RedisClient): AuditTrail {
  return {
    add: async entry => {
      await answered(redis.xadd(auditKey, 'MAXLEN', '~', auditMax, '*', 'entry', JSON.stringify(entry)))
    },
    newest: async limit => {
      const entries = await answered(redis.xrevrange(auditKey, '+', '-', 'COUNT', limit))
      return entries.reverse().flatMap(([, fields]) => decodeAudit(fields[1] ?? '') ?? [])
    },
  }
}
