// Frames to text and back: two pure functions, and a faster writer for the frame that matters.
import type { z } from 'zod'
import { LinkError } from '../errors.ts'
import { packGuids, unpackGuids } from '../guid.ts'
import { closeCodes } from './close-codes.ts'
import { type Frame, frameNames, frameSchema, guidsPerOfferMax } from './frames.ts'

const faultCharsMax = 200

export function encodeFrame(frame: Frame): string {
  return JSON.stringify('guids' in frame ? { ...frame, guids: packGuids(frame.guids) } : frame)
}

/**
 * A frame from its text; undefined for a name this version does not know (a newer minor version speaks).
 * @throws LinkError 4400 when the text is no frame
 */
export function decodeFrame(text: string): Frame | undefined {
  const value = parseJson(text)
  const name = (value as { t?: unknown } | null)?.t
  if (typeof name !== 'string') throw new LinkError(closeCodes.protocol, 'frame has no name in "t"')
  if (!frameNames.has(name)) return undefined
  const result = frameSchema.safeParse(value)
  if (!result.success) throw new LinkError(closeCodes.protocol, `frame "${name}": ${firstFault(result.error)}`)
  const frame = result.data
  return 'guids' in frame ? { ...frame, guids: guidsOf(frame) } : frame
}

/** Not by a transform of the schema: that holds all of them for several collections, and an offer has a thousand. */
function guidsOf({ t, guids: packed }: { t: string; guids: string }): string[] {
  const guids = unpackGuids(packed)
  if (guids !== undefined) return guids
  const wanted = `at most ${guidsPerOfferMax} times 16 bytes in base64url`
  throw new LinkError(closeCodes.protocol, `frame "${t}": guids: must be ${wanted}`)
}

/** The first thing that is wrong, cut short: it may quote names that the other end made up. */
export function firstFault(error: z.ZodError): string {
  const issue = error.issues[0]
  return `${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'not valid'}`.slice(0, faultCharsMax)
}

export interface PostsRange {
  room: string
  epoch: string
  after: number
  next: number
}

/** A `posts` frame around posts that are already encoded: nothing is parsed or encoded a second time. */
export function encodePostsFrame({ room, epoch, after, next }: PostsRange, posts: readonly string[]): string {
  return `{"t":"posts","room":"${room}","epoch":"${epoch}","after":${after},"next":${next},"posts":[${posts.join(',')}]}`
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new LinkError(closeCodes.protocol, 'frame is not JSON')
  }
}
