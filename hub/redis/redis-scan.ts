// Looking backwards through a room's stream, page by page and not for ever.
import type { Entry } from '#common/post-log.ts'
import { answered } from './redis.ts'
import type { RedisClient } from './redis-connections.ts'
import { decodeEntry } from './redis-record.ts'

const pageEntries = 500
const entriesMax = 10_000

/** The entry of `guid` if it is among the newest 10,000. @throws StoreUnavailableError */
export async function findBackwards(redis: RedisClient, key: string, guid: string): Promise<Entry | undefined> {
  let end = '+'
  for (let count = 0; count < entriesMax; count += pageEntries) {
    const page = (await answered(redis.xrevrangeBuffer(key, end, '-', 'COUNT', pageEntries))).map(decodeEntry)
    const found = page.find(entry => entry.guid === guid)
    const last = page.at(-1)
    if (found !== undefined || last === undefined) return found
    end = `(${last.offset}`
  }
  return undefined
}
