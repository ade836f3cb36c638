// The posts of the bench: 400 bytes of text, really signed, numbered in the GUID so that a receiver can count without parsing JSON.
import { randomBytes } from 'node:crypto'
import type { Identity } from '#common/identity.ts'
import { encodePost, signPost } from '#common/post.ts'
import type { BenchPost } from './broker.ts'

export const textBytes = 400
/** A post begins with this, and nothing else in it can look like it. */
export const postHead = '{"guid":"'
const authorKey = 'b7'.repeat(32)
const filler = 'the quick brown fox jumps over the lazy dog '.repeat(10)
const runId = randomBytes(4).toString('hex')
/** Of the last 8 of a GUID's 36 characters, counted from the start of the post. */
const seqAt = postHead.length + 28

export interface PostsOptions {
  identity: Identity
  /** Posts go to these in turn. */
  rooms: readonly string[]
  count: number
  firstSeq: number
}

/** Makes and signs posts (about 50 µs each). */
export function makePosts({ identity, rooms, count, firstSeq }: PostsOptions): BenchPost[] {
  const startAt = Date.now() - count
  const posts: BenchPost[] = []
  for (let i = 0; i < count; i += 1) {
    const seq = firstSeq + i
    const guid = `${runId}-0000-4000-8000-0000${seq.toString(16).padStart(8, '0')}`
    const room = rooms[i % rooms.length] ?? ''
    const text = `post ${seq} ${filler}`.slice(0, textBytes)
    const author = { name: 'Bench', key: authorKey }
    const post = signPost(
      { guid, room, origin: identity.id, at: startAt + i, author, source: 'client', text },
      identity,
    )
    posts.push({ seq, room, guid, payload: Buffer.from(encodePost(post)) })
  }
  return posts
}

/** The number of the post whose encoded form begins at `start`. */
export function readSeq(bytes: Uint8Array, start: number): number {
  let seq = 0
  for (let i = start + seqAt; i < start + seqAt + 8; i += 1) {
    const c = bytes[i] ?? 0
    seq = seq * 16 + (c & 15) + (c >> 6) * 9
  }
  return seq
}
