// Notes of one kind in one hash in Redis.
import type { Notes } from '../store/notes.ts'
import { answered } from './redis.ts'
import type { RedisClient } from './redis-connections.ts'
import { notesKey } from './redis-keys.ts'

export function redisNotes(redis: RedisClient, hash = notesKey): Notes {
  return {
    get: async key => (await answered(redis.hget(hash, key))) ?? undefined,
    all: async prefix => {
      const notes = Object.entries(await answered(redis.hgetall(hash)))
      return new Map(notes.filter(([key]) => key.startsWith(prefix)))
    },
    getMany: async keys => {
      if (keys.length === 0) return new Map()
      const texts = await answered(redis.hmget(hash, ...keys))
      return new Map(keys.flatMap((key, i) => (texts[i] == null ? [] : [[key, texts[i]]])))
    },
    set: async (key, text) => void (await answered(redis.hset(hash, key, text))),
    setMany: async texts => {
      if (texts.size > 0) await answered(redis.hset(hash, new Map(texts)))
    },
    remove: async (...keys) => {
      if (keys.length > 0) await answered(redis.hdel(hash, ...keys))
    },
  }
}
