// Databases for the tests of the SQLite store, and ways to find one after a kill.
import { copyFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { createLog } from '#common/log.ts'
import type { NewPost, PostLog } from '#common/post-log.ts'
import { SqliteStore, type SqliteStoreOptions } from '#common/sqlite/sqlite-store.ts'
import { samplePosts, serverId } from './log-under-test.ts'

export const room = 'frontrange'
export const quiet = createLog({ json: false, level: 'silent' })

/** A path for a database, in a folder that goes with the test. */
export function newPath(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'sqlite-store-'))
  t.after(() => rmSync(folder, { recursive: true }))
  return join(folder, 'room.db')
}

export function openStore(t: TestContext, path: string, options: Partial<SqliteStoreOptions> = {}): SqliteStore {
  const store = SqliteStore.open({ path, retentionDays: 7, log: quiet, ...options })
  t.after(() => store.close())
  return store
}

/** Copies the files as they are on disk: what a process finds that starts after a kill. */
export function copyStore(from: string, to: string): void {
  for (const end of ['', '-wal']) if (existsSync(from + end)) copyFileSync(from + end, to + end)
}

/** Opens a copy of the files as they are: what is found after a kill. */
export function crash(t: TestContext, path: string): SqliteStore {
  const copy = newPath(t)
  copyStore(path, copy)
  return openStore(t, copy)
}

/** Bulk of posts from a link, in batches of 64 that are on their way together. */
export async function fill(log: PostLog, count: number): Promise<NewPost[]> {
  const posts = samplePosts(log, count)
  const batches = Array.from({ length: Math.ceil(count / 64) }, (_, i) => posts.slice(i * 64, i * 64 + 64))
  await Promise.all(batches.map(batch => log.append({ from: serverId(1), posts: batch })))
  return posts
}
