// Cuts entries of a log into `posts` frames; a frame that is the same for many links is encoded once.
import { NewestMap } from '../newest.ts'
import type { Entry, PostLog } from '../post-log.ts'
import { encodePostsFrame, type PostsRange } from './codec.ts'
import { postsBytesMax, postsPerFrameMax } from './frames.ts'

export interface PostsFrame {
  /** As it goes over the wire. */
  text: Buffer
  next: number
  /** Posts in it, and entries read for it: skipped ones count only in the second. */
  posts: number
  entries: number
}

/** More than what stands around the posts of a frame. */
const envelopeBytes = 256
/** Frames remembered per log: links that are live stand at the same few places. */
const rememberedMax = 16
const textsByLog = new WeakMap<PostLog, Map<string, Buffer>>()

/** Where a reader stands in `epoch`: it was told of everything up to `told`; entries up to `position` were skipped without a word. */
export interface Place {
  epoch: string
  told: number
  position: number
}

/**
 * The next frame for a reader at `place`: at most 64 posts and 64 KiB out of `entries`, which follow its position.
 * `ships` says which entries this reader gets; the others only move its cursor.
 */
export function cutPostsFrame(
  log: PostLog,
  place: Place,
  entries: readonly Entry[],
  ships: (entry: Entry) => boolean,
): PostsFrame {
  const taken: string[] = []
  let bytes = envelopeBytes
  let count = 0
  for (const entry of entries) {
    if (ships(entry)) {
      bytes += Buffer.byteLength(entry.json) + 1
      const full = taken.length === postsPerFrameMax || bytes > postsBytesMax
      if (full && taken.length > 0) break
      taken.push(entry.json)
    }
    count += 1
  }
  const range = { room: log.room, epoch: place.epoch, after: place.told, next: place.position + count }
  const whole = taken.length === count && place.told === place.position
  const text = whole ? sharedText(log, range, taken) : Buffer.from(encodePostsFrame(range, taken))
  return { text, next: range.next, posts: taken.length, entries: count }
}

function sharedText(log: PostLog, range: PostsRange, posts: readonly string[]): Buffer {
  const texts = textsByLog.get(log) ?? new NewestMap<string, Buffer>(rememberedMax)
  textsByLog.set(log, texts)
  const key = `${range.epoch}:${range.after}:${range.next}`
  const known = texts.get(key)
  if (known !== undefined) return known
  const text = Buffer.from(encodePostsFrame(range, posts))
  texts.set(key, text)
  return text
}
