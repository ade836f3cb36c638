// The next posts of a room for a webhook: which they are, and the body and id under which they are sent.
import { apiPost } from '#common/api-post.ts'
import type { Cursor, OffsetRange } from '#common/cursor.ts'
import { StoreUnavailableError } from '#common/errors.ts'
import type { Entry, LogHead, PostLog } from '#common/post-log.ts'
import { entriesAfter } from '#common/read-on.ts'
import { webhookId } from './signature.ts'

export const batchPostsMax = 50

export interface PostBatch {
  room: string
  epoch: string
  /** Offsets it covers. */
  from: number
  to: number
  entries: readonly Entry[]
  /** Offsets of it that are no longer kept. */
  gap?: OffsetRange
}

/**
 * What follows `cursor`, up to `to` when that is given; undefined when there is nothing. An epoch of the past is resolved
 * as for every reader, and `to` then counts no more. @throws StoreUnavailableError
 */
export async function readBatch(log: PostLog, cursor: Cursor, to?: number): Promise<PostBatch | undefined> {
  if (isWithin(log.head, cursor)) {
    const { epoch, offset } = cursor
    if (offset === log.head.head) return undefined
    const entries = await readOn(log, offset, to)
    const batch = log.head.epoch === epoch && batchOf(log, { epoch, begin: offset, after: offset, entries, to })
    if (batch) return batch
  }
  // The store knows what came, was trimmed or was lost since this process last heard of it.
  const start = await log.startFor(cursor)
  const { epoch } = log.head
  const until = cursor.epoch === epoch ? to : undefined
  const entries = await readOn(log, start.after, until)
  if (log.head.epoch !== epoch) return undefined
  const begin = start.trimmed === undefined ? start.after : start.trimmed.from - 1
  return batchOf(log, { epoch, begin, after: start.after, entries, to: until })
}

interface Found {
  epoch: string
  /** Where the reader stands in this epoch; what lies between it and `after` is no longer kept. */
  begin: number
  after: number
  entries: readonly Entry[]
  to: number | undefined
}

function batchOf({ room }: PostLog, { epoch, begin, after, entries, to }: Found): PostBatch | undefined {
  const keptAfter = (entries[0]?.offset ?? after + 1) - 1
  const last = entries.at(-1)?.offset ?? keptAfter
  const end = to !== undefined && to > begin ? to : last
  // Less than was begun by an instance that had heard of more must not pass for the whole.
  if (end <= begin || last < end) return undefined
  const batch = { room, epoch, from: begin + 1, to: end, entries }
  return keptAfter > begin ? { ...batch, gap: { from: begin + 1, to: Math.min(keptAfter, end) } } : batch
}

async function readOn(log: PostLog, after: number, to = after + batchPostsMax): Promise<readonly Entry[]> {
  const limit = Math.min(batchPostsMax, to - after)
  if (limit <= 0) return []
  return entriesAfter(log, after, limit)
}

function isWithin(head: LogHead, { epoch, offset }: Cursor): boolean {
  return epoch === head.epoch && offset <= head.head && offset + 1 >= head.first
}

export function bodyOf(webhook: string, { room, epoch, entries, gap }: PostBatch): string {
  const facts = JSON.stringify({ type: 'posts', webhook, room, epoch, ...(gap && { gap }) })
  return `${facts.slice(0, -1)},"posts":[${entries.map(apiPost).join(',')}]}`
}

export function idOf(webhook: string, { room, epoch, from, to }: PostBatch): string {
  return webhookId(webhook, room, epoch, from, to)
}

/** Undefined where the store does not answer: of a Redis Cluster a part may be away, and its rooms with it. */
export async function unlessAway<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer
  } catch (error) {
    if (error instanceof StoreUnavailableError) return undefined
    throw error
  }
}

/** Posts behind a cursor, as far as this process knows. */
export function postsBehind({ head: { epoch, first, head } }: PostLog, cursor: Cursor | undefined): number {
  const after = cursor?.epoch === epoch ? cursor.offset : 0
  return Math.max(0, head - Math.max(after, first - 1))
}
