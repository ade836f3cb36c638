// One post of a room: its schema, the bytes its origin signs, and its encoded form.
import { z } from 'zod'
import { guidPattern } from './guid.ts'
import { type Identity, signBytes, verifyBytesAsync } from './identity.ts'
import { nameFault, textFault } from './post-text.ts'

/** The last Unix ms that a Date can hold (ECMA-262, section 21.4.1.1). */
export const latestAt = 8_640_000_000_000_000

export const roomSchema = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,63}$/, 'must be 1 to 64 of a-z, 0-9 and -, and begin with a letter or digit')
export const idSchema = z.string().regex(/^[A-Za-z0-9_-]{43}$/, 'must be an Ed25519 public key: 32 bytes in base64url')

const textSchema = z.string().superRefine((text, context) => {
  const reason = textFault(text)
  if (reason !== undefined) context.addIssue({ code: 'custom', message: reason })
})

export const authorSchema = z.strictObject({
  name: z.string().superRefine((name, context) => {
    const reason = nameFault(name)
    if (reason !== undefined) context.addIssue({ code: 'custom', message: reason })
  }),
  key: z
    .string()
    .regex(/^(?:[0-9a-f]{2}){4,32}$/, 'must be 4 to 32 bytes in lower-case hex')
    .optional(),
})

export const postSchema = z.strictObject({
  guid: z.string().regex(guidPattern, 'must be a UUID in lower case'),
  room: roomSchema,
  origin: idSchema,
  at: z.int().min(0).max(latestAt),
  author: authorSchema,
  source: z.enum(['lora', 'channel', 'client', 'console', 'system']),
  text: textSchema,
  sig: z.string().regex(/^[A-Za-z0-9_-]{86}$/, 'must be an Ed25519 signature: 64 bytes in base64url'),
})

export type Post = z.infer<typeof postSchema>
export type Author = Post['author']
export type Source = Post['source']
export type UnsignedPost = Omit<Post, 'sig'>

/**
 * The bytes an origin signs: the UTF-8 of a JSON array of nothing but strings and one integer, written without spaces as
 * JSON.stringify does (RFC 8785 for these types). An author without a key has "" in its place.
 */
export function canonicalBytes(post: UnsignedPost): Buffer {
  const { guid, room, origin, at, author, source, text } = post
  return Buffer.from(
    JSON.stringify(['mcfed/1/post', guid, room, origin, at, author.name, author.key ?? '', source, text]),
  )
}

export function signPost(post: UnsignedPost, identity: Identity): Post {
  return { ...post, sig: signBytes(identity, canonicalBytes(post)) }
}

/** True when the post was signed by its origin. Runs on the thread pool. */
export function verifyPost(post: Post): Promise<boolean> {
  return verifyBytesAsync(post.origin, canonicalBytes(post), post.sig)
}

/** The one encoded form of a post, with the fields in wire order. */
export function encodePost(post: Post): string {
  const { guid, room, origin, at, author, source, text, sig } = post
  return JSON.stringify({ guid, room, origin, at, author, source, text, sig })
}
