// How far each room's log is, kept true by what comes live.
import type { RoomHead } from '#common/room-shapes.ts'
import type { RoomFrame } from './feed-post.ts'

export function roomPath(room: string): string {
  return `/api/v1/rooms/${encodeURIComponent(room)}`
}

/** Heads of rooms that nothing was said of stay the very same objects. */
export function headsAfter(heads: readonly RoomHead[], frames: readonly RoomFrame[]): RoomHead[] {
  const toldByRoom = new Map<string, { epoch: string; head: number }>()
  for (const frame of frames) {
    const told = toldByRoom.get(frame.room)
    const head = headOf(frame)
    toldByRoom.set(frame.room, {
      epoch: frame.epoch,
      head: told?.epoch === frame.epoch ? Math.max(told.head, head) : head,
    })
  }
  return heads.map(known => {
    const told = toldByRoom.get(known.room)
    if (told === undefined) return known
    const head = told.epoch === known.epoch ? Math.max(told.head, known.head) : told.head
    return head === known.head && told.epoch === known.epoch ? known : { ...known, epoch: told.epoch, head }
  })
}

/** As the server lists them; what was heard since it looked is not forgotten. */
export function headsListed(known: readonly RoomHead[], listed: readonly RoomHead[]): RoomHead[] {
  const knownByRoom = new Map(known.map(head => [head.room, head]))
  return listed.map(head => {
    const before = knownByRoom.get(head.room)
    return before?.epoch === head.epoch && before.head > head.head ? { ...head, head: before.head } : head
  })
}

function headOf(frame: RoomFrame): number {
  if (frame.t === 'post') return frame.offset
  return frame.t === 'gap' ? frame.to : frame.head
}
