// The alerts of all instances, in one short stream in Redis.
import { type AlertStore, alertFromText, alertsMax } from '#common/alerts/alerts.ts'
import { alertsOfOneMax } from '#common/alerts/kept-alerts.ts'
import { answered, readScript, runScript } from './redis.ts'
import type { RedisClient } from './redis-connections.ts'
import { alertsKey } from './redis-keys.ts'

const addScript = readScript('./add-alert.lua')

export function redisAlerts(redis: RedisClient): AlertStore {
  return {
    add: async (alert, once = '') => {
      const args = [Math.floor(alert.at), JSON.stringify(alert), alertsMax, once, alertsOfOneMax]
      const number = await answered(runScript(redis, addScript, { keys: [alertsKey], args }))
      return number === '' ? undefined : Number(number)
    },
    after: async (n, limit) => {
      const entries = await answered(redis.xrange(alertsKey, `${n + 1}-0`, '+', 'COUNT', limit))
      return entries.flatMap(([id, fields]) => alertFromText(Number.parseInt(id, 10), fields[1]) ?? [])
    },
  }
}
