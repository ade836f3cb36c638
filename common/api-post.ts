// A post as clients get it: by the API, on the live WebSocket and on the lines port. Encoded once for all of them.
import type { Post } from './post.ts'
import type { Entry } from './post-log.ts'
import type { ApiPost } from './room-shapes.ts'

const fieldsByEntry = new WeakMap<Entry, string>()

/** `{"guid","room","origin","at","author","source","text","offset","receivedAt"}` as JSON text. */
export function apiPost(entry: Entry): string {
  return `{${fieldsOf(entry)}}`
}

/** The same with `"t":"post"` and the epoch of the log that gave the offset. */
export function postFrame(entry: Entry, epoch: string): string {
  return `{"t":"post","epoch":"${epoch}",${fieldsOf(entry)}}`
}

/** Entries of a log's tail are the same objects for every reader, so most lookups hit. */
function fieldsOf(entry: Entry): string {
  const known = fieldsByEntry.get(entry)
  if (known !== undefined) return known
  const { sig: _, ...post }: Post = JSON.parse(entry.json)
  const told: ApiPost = { ...post, offset: entry.offset, receivedAt: entry.receivedAt }
  const fields = JSON.stringify(told).slice(1, -1)
  fieldsByEntry.set(entry, fields)
  return fields
}
