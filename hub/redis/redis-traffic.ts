// The bytes of each spoke over all instances, in a hash per day in Redis.
import { daysKept, type SpokeBytes, type TrafficStore } from '../upkeep/byte-ledger.ts'
import { answered, readScript, runScript } from './redis.ts'
import type { RedisClient } from './redis-connections.ts'
import { trafficKey } from './redis-keys.ts'

const addScript = readScript('./add-traffic.lua')
const capMark = ' cap'
const keepMs = (daysKept + 1) * 86_400_000
const spokesPerCall = 500

export function redisTraffic(redis: RedisClient): TrafficStore {
  return {
    add: async (day, bytesById) => {
      const all = [...bytesById]
      for (let at = 0; at < all.length; at += spokesPerCall) {
        const some = all.slice(at, at + spokesPerCall)
        const args = [keepMs, ...some.flatMap(([id, { bytes, cap }]) => [id, bytes, cap ?? ''])]
        await answered(runScript(redis, addScript, { keys: [trafficKey(day)], args }))
      }
    },
    of: async day => {
      const fields = await answered(redis.hgetall(trafficKey(day)))
      const spokes = new Map<string, SpokeBytes>()
      for (const [id, bytes] of Object.entries(fields))
        if (!id.endsWith(capMark)) spokes.set(id, { bytes: Number(bytes), cap: numberIfAny(fields[id + capMark]) })
      return spokes
    },
  }
}

function numberIfAny(text: string | undefined): number | undefined {
  return text === undefined ? undefined : Number(text)
}
