// The keys of hub.conf that say what is kept: by age and by number, for all rooms and for some of their own.
import { roomSchema } from '../post.ts'
import type { RuleContext } from './conf-rules.ts'
import { plainText, section, sections, whole } from './conf-values.ts'

/** What one room keeps. */
export interface RoomRetention {
  days: number
  /** Undefined: as many as come in. */
  postsMax?: number | undefined
}

export interface RetentionConf extends RoomRetention {
  /** Rooms that keep another amount. */
  rooms: ReadonlyMap<string, RoomRetention>
}

const roomsMax = 1_000
/** GUIDs are kept in buckets of 4,096 posts; below that the number of posts could not be kept to. */
const postsMin = 5_000
const postsMax = 100_000_000

const days = () => whole(1, 3650)
const posts = () => whole(postsMin, postsMax)

export const retentionKeys = {
  retention_days: days().default(30),
  retention_posts: posts().optional(),
  rooms: sections(
    section({
      name: plainText().pipe(roomSchema).optional(),
      retention_days: days().optional(),
      max_posts: posts().optional(),
    }),
    roomsMax,
  ).default([]),
}

interface RetentionValues {
  retention_days: number
  retention_posts?: number | undefined
  rooms: readonly {
    name?: string | undefined
    retention_days?: number | undefined
    max_posts?: number | undefined
  }[]
}

export function checkRetention(
  { faults }: RuleContext,
  { retention_days, retention_posts, rooms }: RetentionValues,
): RetentionConf {
  const retentions = new Map<string, RoomRetention>()
  for (const [index, { name, retention_days: own, max_posts }] of rooms.entries()) {
    const path = ['rooms', index, 'name']
    if (name === undefined) faults.add(path, 'is required: the id of the room, as the edges have it in federate_as')
    else if (retentions.has(name)) faults.add(path, 'is that of another room above; change or remove one')
    else retentions.set(name, { days: own ?? retention_days, postsMax: max_posts ?? retention_posts })
  }
  return { days: retention_days, postsMax: retention_posts, rooms: retentions }
}

/** For as long some room keeps what it has. */
export function longestDays({ days, rooms }: RetentionConf): number {
  return Math.max(days, ...[...rooms.values()].map(room => room.days))
}

export function retentionOf(retention: RetentionConf, room: string): RoomRetention {
  return retention.rooms.get(room) ?? retention
}
