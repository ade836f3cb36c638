// A place in somebody else's log, and how that log answers when a reader comes back with it.
import { randomBytes } from 'node:crypto'
import { z } from 'zod'

export const epochSchema = z.string().regex(/^[A-Za-z0-9_-]{16}$/, 'must be 16 characters of base64url')
export const offsetSchema = z.int().min(0)
export const cursorSchema = z.strictObject({ epoch: epochSchema, offset: offsetSchema })

/** Everything up to and including `offset` of the history named `epoch` is stored. */
export type Cursor = z.infer<typeof cursorSchema>

/** What a log knows of its own past. `first` is the first kept offset; an empty log has first = head + 1. */
export interface History {
  epoch: string
  first: number
  head: number
  /** Epochs that ended, with the offset at which each did. */
  ended: ReadonlyMap<string, number>
}

export interface OffsetRange {
  from: number
  to: number
}

/** The answer to a cursor: go on after this offset. */
export interface Start {
  after: number
  /** False when the reader's epoch says nothing here: it must be offered everything, by GUID. */
  known: boolean
  /** Offsets this log gave out and lost again; the reader may hold the only copies. */
  lost?: OffsetRange
  /** Offsets trimmed before the reader came for them: a hole that cannot be filled from here. */
  trimmed?: OffsetRange
}

/** A name for a new unbroken history: 12 random bytes in base64url. */
export function newEpoch(): string {
  return randomBytes(12).toString('base64url')
}

export function sameCursor(a: Cursor | null, b: Cursor | null): boolean {
  return a?.epoch === b?.epoch && a?.offset === b?.offset
}

/** Answers a reader's cursor from a log's history. */
export function startFor(cursor: Cursor | null, history: History): Start {
  const end =
    cursor === null ? undefined : cursor.epoch === history.epoch ? history.head : history.ended.get(cursor.epoch)
  if (cursor === null || end === undefined) return trimStart({ after: 0, known: false }, history)
  if (cursor.offset <= end) return trimStart({ after: cursor.offset, known: true }, history)
  return trimStart({ after: end, known: true, lost: { from: end + 1, to: cursor.offset } }, history)
}

function trimStart(start: Start, history: History): Start {
  const keptAfter = history.first - 1
  if (start.after >= keptAfter) return start
  const moved = { ...start, after: keptAfter }
  // A reader that has nothing of this log has no hole in it either, but it must know that the log does not begin at 1.
  return { ...moved, trimmed: { from: start.after + 1, to: keptAfter } }
}
