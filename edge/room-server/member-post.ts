// What a member says in a room, by radio or by an app, becomes a post: once, however often it is said.
import { RequestError } from '#common/errors.ts'
import { guidFromContent } from '#common/guid.ts'
import type { Author, Source } from '#common/post.ts'
import type { PostLog } from '#common/post-log.ts'
import { textFault } from '#common/post-text.ts'
import type { PostWriter } from '#common/post-writer.ts'
import { uint32 } from '../radio/bytes.ts'

export interface Saying {
  /** Public key of the room. */
  room: Uint8Array
  /** With the whole key. */
  author: Author & { key: string }
  source: Source
  /** Unix seconds of the author's clock. */
  timestamp: number
  /** As it was sent. */
  text: Uint8Array
  /** The same, decoded. */
  words: string
}

/**
 * The same words with the same timestamp are a retry, by their GUID; other words in the same second are another post,
 * which the firmware would lose. False when the post cannot be taken. @throws StoreUnavailableError
 */
export async function storeSaying(writer: PostWriter, log: PostLog, saying: Saying): Promise<boolean> {
  const { room, author, source, timestamp, text, words } = saying
  const guid = guidFromContent('mcfed/1/post', room, Buffer.from(author.key, 'hex'), uint32(timestamp), text)
  const clean = words.replaceAll(/[^\P{Cc}\n]/gu, ' ')
  // Nothing to tell anybody.
  if (textFault(clean) !== undefined) return true
  try {
    await writer.write(log, { text: clean, author, source, guid })
    return true
  } catch (error) {
    if (error instanceof RequestError) return false
    throw error
  }
}
