// Lines of a stream with their numbers, of which each is a checked post or says what is wrong with it.
import { type Post, postSchema, verifyPost } from '#common/post.ts'

/** A post with every character escaped has less. */
export const lineBytesMax = 16_384

export interface Line {
  /** From 1. */
  number: number
  /** Undefined: longer than `lineBytesMax`. */
  bytes: Buffer | undefined
}

export type CheckedLine = { number: number; post: Post } | { number: number; fault: string }

/** Cuts chunks into lines without their ends, holding no more than one line; blank ones are left out. */
export async function* linesOf(chunks: AsyncIterable<Buffer>): AsyncGenerator<Line> {
  let number = 1
  let parts: Buffer[] = []
  let bytes = 0
  const take = (part: Buffer) => {
    bytes += part.length
    if (bytes <= lineBytesMax) parts.push(part)
    else parts = []
  }
  const finish = (): Line => {
    const line = { number, bytes: bytes <= lineBytesMax ? Buffer.concat(parts) : undefined }
    number += 1
    parts = []
    bytes = 0
    return line
  }
  for await (const chunk of chunks) {
    let start = 0
    for (let end = chunk.indexOf(10); end !== -1; end = chunk.indexOf(10, start)) {
      take(chunk.subarray(start, end))
      start = end + 1
      const line = finish()
      if (!isBlank(line)) yield line
    }
    take(chunk.subarray(start))
  }
  const last = finish()
  if (!isBlank(last)) yield last
}

/** Checks the form of a post, and that its origin has signed it. */
export async function checkLine({ number, bytes }: Line): Promise<CheckedLine> {
  if (bytes === undefined) return { number, fault: `longer than ${lineBytesMax} bytes: not a post` }
  const value = jsonOf(bytes)
  if (value === undefined) return { number, fault: 'not JSON' }
  const { success, data, error } = postSchema.safeParse(value)
  if (!success) {
    const [issue] = error.issues
    return { number, fault: `not a post: ${issue?.path.join('.') || 'it'} ${issue?.message}` }
  }
  return (await verifyPost(data))
    ? { number, post: data }
    : { number, fault: 'the signature is not that of its origin: the post was changed, or is a forgery' }
}

function isBlank({ bytes }: Line): boolean {
  return bytes !== undefined && (bytes.length === 0 || bytes.equals(carriageReturn))
}

const carriageReturn = Buffer.from('\r')

function jsonOf(bytes: Buffer): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch {
    return undefined
  }
}
