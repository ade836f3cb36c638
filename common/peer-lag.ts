// For how long the posts that another server lacks have been here: a lag of one post can be a second, or a week.
import { setTimeout as delay } from 'node:timers/promises'
import type { PostLog } from './post-log.ts'
import type { PeerRoomStatus, PeerStatus } from './status.ts'

/** Links that lag behind what is in memory, for which the store is asked; the others are not known then. */
const readsMax = 16
/** The status must come, also when the store does not answer. */
const deadlineMs = 1000

/** When the first post after a place came in, Unix ms; undefined: not known. Never rejects. */
export type ReceivedAt = (log: PostLog, after: number) => Promise<number | undefined>

/** The same peers with `lagSeconds` in their rooms; `now` in Unix ms. Must follow at once on the look at the peers. */
export async function withLag(
  peers: readonly PeerStatus[],
  logs: readonly PostLog[],
  now: number,
): Promise<PeerStatus[]> {
  const receivedAt = receivedAtReader()
  const logsByRoom = new Map(logs.map(log => [log.room, log]))
  const roomWithLag = async (peer: PeerStatus, room: PeerRoomStatus): Promise<PeerRoomStatus> => {
    const log = logsByRoom.get(room.room)
    if (room.toSend === 0) return { ...room, lagSeconds: 0 }
    // What a link that stands by has not sent comes over the hub.
    if (log === undefined || room.toSend === null || peer.state === 'standby') return { ...room, lagSeconds: null }
    const at = await receivedAt(log, log.head.head - room.toSend)
    return { ...room, lagSeconds: at === undefined ? null : Math.round(Math.max(0, now - at) / 1000) }
  }
  return Promise.all(
    peers.map(async peer => ({
      ...peer,
      rooms: await Promise.all(peer.rooms.map(room => roomWithLag(peer, room))),
    })),
  )
}

/** From memory or else from the store; a place is asked for once. For one look at all links. */
export function receivedAtReader(): ReceivedAt {
  const asked = new Map<string, Promise<number | undefined>>()
  let late: Promise<undefined> | undefined
  return async (log, after) => {
    const inMemory = log.tail.readAfter(after, 1)?.[0]
    if (inMemory !== undefined) return inMemory.receivedAt
    const place = `${log.room} ${after}`
    const known = asked.get(place)
    if (known !== undefined) return known
    if (asked.size >= readsMax) return undefined
    const answer = log.readAfter(after, 1).then(
      ([first]) => first?.receivedAt,
      () => undefined,
    )
    late ??= delay(deadlineMs, undefined)
    const inTime = Promise.race([answer, late])
    asked.set(place, inTime)
    return inTime
  }
}
