// How far a person has seen each room, kept in the browser, and how many posts are new since.
import type { Cursor } from '#common/cursor.ts'
import type { RoomHead } from '#common/room-shapes.ts'
import { ownOf } from '../server/own-of.ts'

/** Up to where each room was seen. */
export type SeenMarks = Readonly<Record<string, Cursor>>

const roomsMax = 1000

/** From what the browser has kept; whatever is not a mark is left out. */
export function parseMarks(text: string | null): SeenMarks {
  try {
    const kept: unknown = JSON.parse(text ?? '{}')
    if (typeof kept !== 'object' || kept === null) return {}
    return Object.fromEntries(Object.entries(kept).filter(isMark).slice(0, roomsMax))
  } catch {
    return {}
  }
}

function isMark(entry: [string, unknown]): entry is [string, Cursor] {
  const mark = entry[1]
  if (typeof mark !== 'object' || mark === null || !('epoch' in mark) || !('offset' in mark)) return false
  return typeof mark.epoch === 'string' && Number.isSafeInteger(mark.offset)
}

/**
 * Posts behind the mark. A log that has lost its end counts on from there in a new epoch, so the mark is worth as much as there
 * still is before it. A room that was never seen here has nothing new: its mark is set where it stands.
 */
export function unreadOf({ room, epoch, first, head }: RoomHead, marks: SeenMarks): number {
  const mark = ownOf(marks, room)
  if (mark === undefined) return 0
  if (mark.epoch !== epoch && mark.offset > head) return 0
  return Math.max(0, head - Math.max(mark.offset, first - 1))
}

/** The same object when nothing changes. */
export function markSeen(marks: SeenMarks, room: string, seen: Cursor): SeenMarks {
  const mark = ownOf(marks, room)
  if (mark !== undefined && mark.epoch === seen.epoch && mark.offset >= seen.offset) return marks
  return { ...marks, [room]: { epoch: seen.epoch, offset: seen.offset } }
}

/** Rooms met for the first time begin where they stand. A room that is not there is not forgotten: its server may just have started. */
export function meetRooms(marks: SeenMarks, rooms: readonly RoomHead[]): SeenMarks {
  const fresh = rooms.filter(({ room }) => !Object.hasOwn(marks, room))
  if (fresh.length === 0) return marks
  const met = fresh.map(({ room, epoch, head }) => [room, { epoch, offset: head }] as const)
  return Object.fromEntries([...Object.entries(marks), ...met].slice(-roomsMax))
}

/** `3`, `999+`; empty for none. */
export function countWords(count: number): string {
  if (count === 0) return ''
  return count > 999 ? '999+' : String(count)
}
