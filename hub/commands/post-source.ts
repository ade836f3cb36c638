// The rooms of a hub for a command that only reads them, beside running instances: from Redis, or from the database of an embedded hub.
import { join } from 'node:path'
import type { HubConf } from '#common/config/hub-conf.ts'
import type { Log } from '#common/log.ts'
import { SqliteReader, type StoredPost } from '#common/sqlite/sqlite-look.ts'
import { databaseName } from '../store/embedded-store.ts'
import { openStoreForCommand } from '../store/open-store.ts'

/** All methods: @throws StoreUnavailableError */
export interface PostSource {
  rooms(): Promise<string[]>
  /** Posts of a room that is there with an offset above `after`, in order, at most `limit`. */
  readAfter(room: string, after: number, limit: number): Promise<readonly StoredPost[]>
  close(): Promise<void>
}

/** @throws Error when the store cannot be reached or read */
export async function openPostSource(conf: HubConf, log: Log): Promise<PostSource> {
  return conf.redis === undefined ? fileSource(conf) : redisSource(conf, log)
}

function fileSource({ dataDir }: HubConf): PostSource {
  const reader = new SqliteReader(join(dataDir, databaseName))
  return {
    rooms: async () => reader.rooms(),
    readAfter: async (room, after, limit) => reader.readAfter(room, after, limit),
    close: async () => reader.close(),
  }
}

async function redisSource(conf: HubConf, log: Log): Promise<PostSource> {
  const store = await openStoreForCommand(conf, log)
  return {
    rooms: async () => (await store.rooms()).sort(),
    readAfter: async (room, after, limit) => (await store.log(room)).readAfter(after, limit),
    close: () => store.close(),
  }
}
