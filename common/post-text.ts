// What may stand in the text and the name of a post, and its limits. For browsers, too.
import { utf8Bytes } from './utf8.ts'

export const textBytesMax = 600
export const nameBytesMax = 32

/** Control characters are Unicode's category Cc: C0, DEL and C1. */
const controlPattern = /\p{Cc}/u
const controlButNewlinePattern = /[^\P{Cc}\n]/u
/** No character of UTF-16 takes more bytes of UTF-8 for each of its units. */
const unitBytesMax = 3

/** What is wrong with a text, or undefined. Radio and clients count in bytes of UTF-8, never in characters. */
export function textFault(text: string): string | undefined {
  if (text.length === 0) return 'must not be empty'
  if (!text.isWellFormed()) return 'is not valid Unicode (a lone surrogate)'
  if (controlButNewlinePattern.test(text)) return 'must not contain control characters other than newline'
  return lengthFault(text, textBytesMax)
}

/** What is wrong with an author's name, or undefined. */
export function nameFault(name: string): string | undefined {
  if (name.length === 0) return 'must not be empty'
  if (!name.isWellFormed()) return 'is not valid Unicode (a lone surrogate)'
  if (controlPattern.test(name)) return 'must not contain control characters'
  return lengthFault(name, nameBytesMax)
}

function lengthFault(text: string, bytesMax: number): string | undefined {
  if (text.length * unitBytesMax <= bytesMax) return undefined
  const bytes = utf8Bytes(text)
  return bytes > bytesMax ? `is ${bytes} bytes in UTF-8; the limit is ${bytesMax}` : undefined
}
