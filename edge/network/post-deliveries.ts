// How far a post has come, as one edge knows it: on its own way to the air, and at the servers it is linked with.
import type { Deliveries, DeliveryState } from '#common/network.ts'
import type { Post } from '#common/post.ts'
import type { Entry, PostLog } from '#common/post-log.ts'
import type { AirState } from '#common/spoke-report.ts'
import { isUp, type PeerStatus } from '#common/status.ts'

export interface DeliveryFacts {
  log: PostLog
  entry: Entry
  own: { id: string; name: string }
  /** Undefined when its way to the air is not told. */
  air: AirState | undefined
  peers: readonly PeerStatus[]
  /** Up to where our log is stored at a server that is linked; undefined when nothing is known. */
  settledAt: (id: string) => number | undefined
}

export function postDeliveries({ log, entry, own, air, peers, settledAt }: DeliveryFacts): Deliveries {
  const { origin } = JSON.parse(entry.json) as Post
  const others = peers.flatMap(peer => {
    const hasIt = [origin, entry.from].includes(peer.id) || isStored(peer, { log, entry, settledAt })
    const state = hasIt ? 'stored' : stateOf(peer, log.room)
    return peer.id === '' || state === undefined ? [] : [{ id: peer.id, name: peer.name, state }]
  })
  const cities = [{ ...own, state: air ?? ('stored' as const) }, ...others]
  return {
    guid: entry.guid,
    room: log.room,
    storedAt: { ...own, receivedAt: entry.receivedAt },
    cities: cities.toSorted((a, b) => a.name.localeCompare(b.name)),
  }
}

/** Of a server that is away it is known what it had when its link ended. */
function isStored(
  peer: PeerStatus,
  { log, entry, settledAt }: Pick<DeliveryFacts, 'log' | 'entry' | 'settledAt'>,
): boolean {
  if (isUp(peer)) return (settledAt(peer.id) ?? 0) >= entry.offset
  const toSend = peer.rooms.find(({ room }) => room === log.room)?.toSend ?? null
  return toSend !== null && log.head.head - toSend >= entry.offset
}

/** Of what is not stored there; undefined where nobody here can know, or it is no city of the room. */
function stateOf(peer: PeerStatus, room: string): DeliveryState | undefined {
  if (!isUp(peer)) return 'away'
  const onLink = peer.rooms.find(one => one.room === room)
  // A link that stands by is told nothing: the hub brings it.
  if (onLink === undefined || peer.state === 'standby') return undefined
  return onLink.sends === false ? 'kept-out' : 'under-way'
}
