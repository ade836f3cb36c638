// Reads all posts of a room that pass a filter, the newest first up to a limit, page by page.
import type { PostPage } from '#common/room-shapes.ts'
import type { Api } from '../server/api.ts'
import { type Feed, openNewest, takeOlder } from './feed.ts'
import { roomPath } from './room-heads.ts'
import { type Filter, filterQuery } from './search.ts'

export const exportedMax = 10_000
const limit = 500

export interface ReadAllOptions {
  api: Pick<Api, 'ask'>
  room: string
  filter: Filter
  signal: AbortSignal
  onProgress?: (posts: number) => void
}

/** @throws ApiError, or Error when the log began anew while it was read */
export async function readAll({ api, room, filter, signal, onProgress }: ReadAllOptions): Promise<Feed> {
  const page = (place: Record<string, string>) => {
    const query = new URLSearchParams({ limit: String(limit), ...filterQuery(filter), ...place })
    return api.ask<PostPage>(`${roomPath(room)}/posts?${query}`, { signal })
  }
  let feed = openNewest(await page({}), limit)
  while (!feed.reachesStart && feed.posts.length < exportedMax) {
    onProgress?.(feed.posts.length)
    const { low } = feed
    feed = takeOlder(feed, await page({ before: String(low + 1) }), limit)
    if (feed.isVoid) throw new Error('the log of this room began anew meanwhile; try again')
    if (feed.low === low) break
  }
  return feed.posts.length > exportedMax
    ? { ...feed, posts: feed.posts.slice(-exportedMax), reachesStart: false }
    : feed
}
