// How many posts a spoke has yet to get, and for how long the oldest of them is here: by what it has told of its rooms.
import type { ReceivedAt } from '#common/peer-lag.ts'
import type { PostLog } from '#common/post-log.ts'
import { anyRoom } from '../rights/rights.ts'
import type { ListedSpoke } from '../rights/spoke-list.ts'
import type { Histories } from './histories.ts'
import type { KnownReport } from './spoke-reports.ts'

/** Looked at one by one, for a spoke does not get its own posts back; further behind a few more or less do not matter. */
const countedMax = 64

export interface BacklogParts {
  logsByRoom: ReadonlyMap<string, PostLog>
  histories: Histories
  receivedAt: ReceivedAt
  /** Unix ms. */
  now: number
}

/** Null: not known. */
export interface Backlog {
  backlog: number | null
  lagSeconds: number | null
}

const unknown: Backlog = { backlog: null, lagSeconds: null }

type Reader = Pick<ListedSpoke, 'id' | 'rooms' | 'state'>

export async function backlogOf(spoke: Reader, report: KnownReport, parts: BacklogParts): Promise<Backlog> {
  const { logsByRoom, histories, now } = parts
  const isLetIn = spoke.state === 'approved' || spoke.state === 'open'
  if (report.rooms.length === 0 || !isLetIn) return unknown
  const lacks: Lack[] = []
  for (const { room, stored } of report.rooms) {
    const log = mayRead(spoke, room) ? logsByRoom.get(room) : undefined
    if (log === undefined) continue
    const after = histories.after({ log, cursor: stored })
    if (after === undefined) return unknown
    lacks.push(await lackOf(log, after, { id: spoke.id, receivedAt: parts.receivedAt }))
  }
  const backlog = lacks.reduce((sum, { posts }) => sum + posts, 0)
  const times = lacks.flatMap(({ posts, firstAt }) => (posts === 0 ? [] : [firstAt ?? Number.NaN]))
  const sinceMs = now - Math.min(now, ...times)
  return { backlog, lagSeconds: Number.isNaN(sinceMs) ? null : Math.round(sinceMs / 1000) }
}

/** Rights of a ListedSpoke name what holds for every room. */
export function mayRead({ rooms }: Pick<ListedSpoke, 'rooms'>, room: string): boolean {
  return ((Object.hasOwn(rooms, room) ? rooms[room] : rooms[anyRoom]) ?? { read: true }).read
}

interface Lack {
  posts: number
  /** Unix ms of the first one's coming. */
  firstAt: number | undefined
}

interface Asking {
  id: string
  receivedAt: ReceivedAt
}

async function lackOf(log: PostLog, after: number, { id, receivedAt }: Asking): Promise<Lack> {
  const behind = Math.max(0, log.head.head - after)
  const entries = behind > 0 && behind <= countedMax ? log.tail.readAfter(after, countedMax) : undefined
  if (entries !== undefined) {
    const others = entries.filter(({ from }) => from !== id)
    return { posts: others.length, firstAt: others[0]?.receivedAt }
  }
  return { posts: behind, firstAt: behind === 0 ? undefined : await receivedAt(log, after) }
}
