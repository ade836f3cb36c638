// How far a post has come in each city of its room: by the city's own word, and whether it is linked.
import type { Deliveries, DeliveryState } from '#common/network.ts'
import type { Post } from '#common/post.ts'
import type { Entry, PostLog } from '#common/post-log.ts'
import type { ReportedRoom } from '#common/spoke-report.ts'
import type { ListedSpoke } from '../rights/spoke-list.ts'
import { mayRead } from './backlog.ts'
import type { Histories } from './histories.ts'
import type { KnownReport } from './spoke-reports.ts'

export interface Delivered {
  log: PostLog
  entry: Entry
}

export interface DeliveryParts {
  spokes: readonly ListedSpoke[]
  reportOf: (id: string) => KnownReport
  histories: Histories
  /** Per room of its link with this instance, if it has one: the offset up to which it has acknowledged everything. */
  ackedOf: (id: string) => ReadonlyMap<string, number> | undefined
}

/** Of the cities that have told of the room, have it on their links here, or about which somebody has decided in it. */
export async function deliveriesOf({ log, entry }: Delivered, parts: DeliveryParts): Promise<Deliveries['cities']> {
  const origin = (JSON.parse(entry.json) as Post).origin
  const inRoom = parts.spokes.flatMap(spoke => {
    const reported = parts.reportOf(spoke.id).rooms.find(({ room }) => room === log.room)
    const acked = parts.ackedOf(spoke.id)?.get(log.room)
    const isInRoom = reported !== undefined || acked !== undefined || Object.hasOwn(spoke.rooms, log.room)
    return isInRoom ? [{ spoke, reported, cursor: reported?.stored ?? null, acked: acked ?? 0 }] : []
  })
  await parts.histories.prepare(inRoom.map(({ cursor }) => ({ log, cursor })))
  return inRoom.map(({ spoke, reported, cursor, acked }) => {
    const told = cursor === null ? 0 : (parts.histories.after({ log, cursor }) ?? 0)
    const hasIt = [origin, entry.from].includes(spoke.id) || Math.max(told, acked) >= entry.offset
    return { id: spoke.id, name: spoke.name, state: stateOf(spoke, { log, entry, reported, hasIt }) }
  })
}

interface Way extends Delivered {
  reported: ReportedRoom | undefined
  hasIt: boolean
}

function stateOf(spoke: ListedSpoke, { log, entry, reported, hasIt }: Way): DeliveryState {
  const onAir = reported?.air.find(({ guid }) => guid === entry.guid)
  if (onAir !== undefined) return onAir.state
  if (hasIt) return 'stored'
  const isKeptOut = spoke.state === 'revoked' || spoke.state === 'pending' || !mayRead(spoke, log.room)
  if (isKeptOut) return 'kept-out'
  return spoke.connected ? 'under-way' : 'away'
}
