// Writing with a client's idempotency key: a retry, over HTTP or TCP, finds the first post instead of making a second.
import { RequestError } from './errors.ts'
import type { Post } from './post.ts'
import type { Entry, PostLog } from './post-log.ts'
import type { Draft, PostWriter, Written } from './post-writer.ts'

/** 1 to 128 printable ASCII characters. */
export const keyPattern = /^[\x20-\x7e]{1,128}$/
export const keyFault = 'must be 1 to 128 printable ASCII characters'

/**
 * As PostWriter.write, once per room and key. Without a key every call is a new post.
 * @throws RequestError 422 key_reused when the key already stands for another text or author; what `write` throws
 */
export async function writeKeyed(writer: PostWriter, log: PostLog, draft: KeyedDraft): Promise<Written> {
  const { key, ...plain } = draft
  if (key === undefined) return writer.write(log, plain)
  const guid = writer.guidFor(log.room, key)
  const written = await writer.write(log, { ...plain, guid })
  if (written.duplicate) checkSame(plain, await log.find(guid))
  return written
}

export type KeyedDraft = Omit<Draft, 'guid'> & { key?: string | undefined }

/** A client that numbers its keys from 1 after every start must hear that its post was not stored. */
function checkSame(draft: Omit<Draft, 'guid'>, stored: Entry | undefined): void {
  if (stored === undefined) return
  const post: Post = JSON.parse(stored.json)
  if (post.text === draft.text && post.author.name === draft.author.name) return
  throw new RequestError(
    422,
    'key_reused',
    `this idempotency key already stands for another post (${post.guid}); nothing was stored; use a new key for every post`,
  )
}
