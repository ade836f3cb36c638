// Stores on a real redis-server for tests, and a few posts to put into them.
import type { RedisConf } from '#common/config/redis-conf.ts'
import { newGuid } from '#common/guid.ts'
import { createLog } from '#common/log.ts'
import { encodePost } from '#common/post.ts'
import type { NewPost } from '#common/post-log.ts'
import { RedisStore, type RedisStoreOptions } from '#hub/redis/redis-store.ts'
import type { Cleanup } from './redis-server.ts'
import { waitFor } from './wait-for.ts'

const silent = createLog({ json: true, level: 'silent' })
const id = 'A'.repeat(43)

type GivenOptions = Partial<RedisStoreOptions> & ({ url: string } | { conf: RedisConf })

/** One server on its own. */
export function single(url: string): RedisConf {
  return { layout: 'single', url }
}

export function storeOptions(given: GivenOptions): RedisStoreOptions {
  const { url, ...rest } = { url: '', ...given }
  return {
    conf: single(url),
    retentionDays: 30,
    waitReplicas: 0,
    // A test of what does not answer gives its own: a Redis on a busy machine is none.
    deadlineMs: 15_000,
    watchMs: 200,
    log: silent,
    instance: 'test',
    ...rest,
  }
}

/** A store that looks after Redis more often than in production; closed with the test. It is ready, unless it may be away. */
export async function openStore(
  test: Cleanup,
  { mayBeAway = false, ...given }: GivenOptions & { mayBeAway?: boolean },
): Promise<RedisStore> {
  const store = await RedisStore.open(storeOptions(given))
  test.after(() => store.close())
  return mayBeAway ? store : await whenReady(store)
}

/** A store that was opened waits for Redis no longer than its commands may take. */
export async function whenReady<T extends { readonly reason: string }>(store: T): Promise<T> {
  await waitFor(() => store.reason === '', { what: 'the store to be ready' })
  return store
}

/** Posts as a link hands them to a log. */
export function newPosts(room: string, count: number, at = Date.now()): NewPost[] {
  return Array.from({ length: count }, (_, n) => {
    const post = { guid: newGuid(), room, origin: id, at: at + n, author: { name: 'Ada' }, source: 'lora' as const }
    return { guid: post.guid, at: post.at, json: encodePost({ ...post, text: `number ${n}`, sig: 'A'.repeat(86) }) }
  })
}

export function guidsOf(posts: readonly { guid: string }[]): string[] {
  return posts.map(post => post.guid)
}
