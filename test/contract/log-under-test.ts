// The log that the contract suite is given, and the small words its tests are written in.
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import type { TestContext } from 'node:test'
import { type Cursor, newEpoch } from '#common/cursor.ts'
import { newGuid } from '#common/guid.ts'
import { encodePost } from '#common/post.ts'
import type { Batch, NewPost, PostLog } from '#common/post-log.ts'

/** An empty log and the ways to hurt it. A hook that is absent leaves its tests out. */
export interface LogUnderTest {
  log: PostLog
  retentionDays: number
  close: () => Promise<void>
  /** Ends in order and comes back; gives the log to go on with. */
  restart?: () => Promise<PostLog>
  /** The process or the store dies, nothing stored is lost. */
  crash?: () => Promise<PostLog>
  /** Everything is lost. */
  wipe?: () => Promise<PostLog>
  /** Remembers the present state; the function it gives brings that back, as a failover to an old copy does. */
  snapshot?: () => Promise<() => Promise<PostLog>>
}

export type OpenLog = () => Promise<LogUnderTest>

export const dayMs = 86_400_000
/** Epochs of other servers' logs. */
export const epochA = newEpoch()
export const epochB = newEpoch()

/** A server id made from a number. */
export function serverId(n: number): string {
  return createHash('sha256').update(`server ${n}`).digest('base64url')
}

/** A post as a link or a writer hands it to a log; its signature is not valid, which no log looks at. */
export function samplePost(room: string, given: { guid?: string; at?: number; text?: string } = {}): NewPost {
  const { guid = newGuid(), at = Date.now(), text = `text of ${guid} äöü 🛰` } = given
  const post = { guid, room, origin: serverId(0), at, author: { name: 'Ada' }, source: 'client' as const, text }
  return { guid, at, json: encodePost({ ...post, sig: 'A'.repeat(86) }) }
}

export function samplePosts(log: PostLog, count: number): NewPost[] {
  return Array.from({ length: count }, () => samplePost(log.room))
}

export async function begin(t: TestContext, open: OpenLog): Promise<LogUnderTest> {
  const opened = await open()
  t.after(opened.close)
  return opened
}

/** Appends a batch that must not conflict. */
export async function store(log: PostLog, batch: Batch): Promise<{ verdicts: string[]; offsets: number[] }> {
  const result = await log.append(batch)
  assert.equal(result.conflict, false)
  if (result.conflict) throw new Error('unreachable')
  return { verdicts: result.verdicts, offsets: result.offsets }
}

/** GUIDs of the kept entries, at most 1,000. */
export async function readGuids(log: PostLog): Promise<string[]> {
  const entries = await log.readAfter(log.head.first - 1, 1_000)
  return entries.map(entry => entry.guid)
}

/** Moves a cursor, as a reader does that knows the log's present epoch. */
export function move(log: PostLog, expected: Cursor | null, next: Cursor): Pick<Batch, 'cursor'> {
  return { cursor: { expected, next, under: log.head.epoch } }
}

export function at(epoch: string, offset: number): Cursor {
  return { epoch, offset }
}

export function range(from: number, to: number): number[] {
  return Array.from({ length: Math.max(0, to - from + 1) }, (_, i) => from + i)
}
