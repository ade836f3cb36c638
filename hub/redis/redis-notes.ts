// Notes in one hash in Redis.
import type { Notes } from '../notes.ts'
import { answered } from './redis.ts'
import type { RedisClient } from './redis-connections.ts'
import { notesKey } from './redis-keys.ts'

export function redisNotes(redis: RedisClient): Notes {
  return {
    get: async key => (await answered(redis.hget(notesKey, key))) ?? undefined,
    all: async prefix => {
      const notes = Object.entries(await answered(redis.hgetall(notesKey)))
      return new Map(notes.filter(([key]) => key.startsWith(prefix)))
    },
    set: async (key, text) => void (await answered(redis.hset(notesKey, key, text))),
    remove: async key => void (await answered(redis.hdel(notesKey, key))),
  }
}
