// What becomes of a text before it is sent: its bytes, and each push as the radio of another city will carry it, by the functions of the edge.
import { airText, airTextBytesMax } from '#common/air-text.ts'
import { nameFault, textBytesMax, textFault } from '#common/post-text.ts'
import { priorityPrefix } from '#common/priority.ts'
import { utf8Bytes } from '#common/utf8.ts'

export interface Written {
  author: string
  /** As it stands in the field. */
  text: string
  isPriority: boolean
}

export interface Push {
  /** `Name@City: `. */
  head: string
  text: string
  /** ` (1/3)`; empty where one push says it all. */
  mark: string
  bytes: number
}

export interface Preview {
  /** As it will be sent. */
  text: string
  bytes: number
  /** Empty while there is nothing to say, or far too much. */
  pushes: Push[]
}

/** Bytes of a push; no part of a post is longer. */
export const pushBytesMax = airTextBytesMax
/** A book that was pasted by mistake, or a name that no post may have, is not cut for the air. */
const shownBytesMax = 4 * textBytesMax
/** Ids that no server has: they only have to differ. */
const here = 'here'
const elsewhere = 'elsewhere'
/** Stands for a name that has yet to be written. */
const noName = 'Name'
const markPattern = / \(\d+\/\d+\)$/

/** The text as it is sent. What people paste has tabs and other newlines, which no post may have. */
export function sentText({ text, isPriority }: Omit<Written, 'author'>): string {
  const clean = text.replace(/\r\n?/g, '\n').replaceAll('\t', ' ').trim()
  return isPriority && clean !== '' && !clean.startsWith(priorityPrefix) ? priorityPrefix + clean : clean
}

/** `city`: name of the server that stores it. */
export function previewOf(written: Written, city: string): Preview {
  const text = sentText(written)
  const bytes = utf8Bytes(text)
  if (text === '') return { text, bytes, pushes: [] }
  const name = written.author.trim() || noName
  if (nameFault(name) !== undefined || bytes > shownBytesMax) return { text, bytes, pushes: [] }
  const context = { origin: elsewhere, cityOf: (origin: string) => (origin === here ? city : undefined) }
  const { parts } = airText({ origin: here, author: { name }, source: 'console', text }, context)
  const headLength = airText({ origin: here, author: { name }, source: 'console', text: '' }, context).parts[0]?.length
  return { text, bytes, pushes: parts.map(part => pushOf(part, headLength ?? 0, parts.length > 1)) }
}

/** What has to be mended before it can be sent, and in which field; undefined: it can be sent. */
export function faultOf(written: Written): { field: 'author' | 'text'; message: string } | undefined {
  const name = nameFault(written.author.trim())
  if (written.author.trim() === '') return { field: 'author', message: 'Write who posts, like "Net control".' }
  if (name !== undefined) return { field: 'author', message: `The name ${name}.` }
  const text = textFault(sentText(written))
  if (sentText(written) === '') return { field: 'text', message: 'Write something first.' }
  return text === undefined ? undefined : { field: 'text', message: `The text ${text}.` }
}

function pushOf(part: string, headLength: number, isMarked: boolean): Push {
  const mark = isMarked ? (markPattern.exec(part)?.[0] ?? '') : ''
  const text = part.slice(headLength, part.length - mark.length)
  return { head: part.slice(0, headLength), text, mark, bytes: utf8Bytes(part) }
}
