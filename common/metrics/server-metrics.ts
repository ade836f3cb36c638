// What hub and edge both say of themselves: the server as a whole, its rooms, its certificate.
import { type CertificateStatus, isUp, type PeerStatus, type Status } from '../status.ts'
import { type Family, familiesOf, type Metric } from './family.ts'

/** Rooms with series of their own; all others share one. */
const roomsShown = 100
/** No room is called so: ids begin with a letter or a digit. */
export const otherRooms = '_other'

type RoomStatus = Status['rooms'][number]

const serverMetrics: readonly Metric<Status>[] = [
  ['mcfed_ready', '1 when the server is ready', status => Number(status.ready)],
  [
    'mcfed_degraded',
    '1 when the server is ready and a part of its store is away: some rooms wait',
    status => Number(status.ready && status.reasons.length > 0),
  ],
  ['mcfed_uptime_seconds', 'Time since the start', status => status.uptimeSeconds],
  ['mcfed_clock_off_seconds', 'System clock against the time on posts', status => status.clock.systemOffMs / 1000],
  ['mcfed_posts_stored_total', 'Posts stored since the start', status => status.messages.stored],
  ['mcfed_posts_duplicate_total', 'Posts that were here already', status => status.messages.duplicates],
  ['mcfed_posts_expired_total', 'Posts older than the retention', status => status.messages.expired],
  ['mcfed_posts_refused_total', 'Posts that failed a check', status => status.messages.refused],
  ['mcfed_servers_known', 'Other servers of our rooms', status => status.servers?.length ?? 0],
  ['mcfed_cards_refused_total', 'Server cards that failed a check', status => status.refusedCards ?? 0],
  ['mcfed_posts_sent_total', 'Posts sent on links', status => status.messages.sent],
  ['mcfed_posts_to_store', 'Posts that wait for the store', status => status.queues.toStore],
  ['mcfed_posts_to_send', 'Posts that links have yet to send', status => status.queues.toSend],
  ['mcfed_clients_live', 'Clients of the live WebSocket', status => status.clients.live],
  ['mcfed_links_previous_secret', 'Links by our previous federation secret', status => linksBy(status, 'previous')],
  ['mcfed_links_outdated_secret', 'Links to who has a newer secret', status => linksBy(status, 'outdated')],
  ['mcfed_gaps', 'Holes reported on links, the newest 100', status => status.gaps.length],
]

const roomMetrics: readonly Metric<RoomStatus>[] = [
  ['mcfed_room_head', 'Offset of the newest post', room => room.head],
  ['mcfed_room_first', 'Offset of the oldest post kept', room => room.first],
  ['mcfed_room_posts', 'Posts kept', room => room.stored],
]

export function serverFamilies(status: Status): Family[] {
  const { role, version, certificate, rooms } = status
  return [
    { name: 'mcfed_build_info', help: 'The version that runs', samples: [[{ role, version }, 1]] },
    ...familiesOf(serverMetrics, [status], () => ({ role })),
    { name: 'mcfed_rooms', help: 'Rooms of this server', samples: [[{ role }, rooms.length]] },
    {
      name: 'mcfed_slowed_seconds_total',
      help: 'For how long links had to wait, by the limit that they met',
      samples: Object.entries(status.slowedMs ?? {}).map(([limit, ms]) => [{ limit }, ms / 1000] as const),
    },
    ...familiesOf(roomMetrics, shownRooms(rooms), ({ room }) => ({ room })),
    {
      name: 'mcfed_certificate_expires_timestamp_seconds',
      help: 'When the certificate of this server ends',
      samples: certificate === undefined ? [] : [[{ role }, endOf(certificate)]],
    },
  ]
}

function linksBy({ peers }: Status, secret: PeerStatus['secret']): number {
  return peers.filter(peer => peer.secret === secret && isUp(peer)).length
}

/** Unix seconds. */
export function endOf({ validTo }: CertificateStatus): number {
  return Date.parse(validTo) / 1000
}

/** The rooms with the most posts, and all others as one. */
function shownRooms(rooms: readonly RoomStatus[]): RoomStatus[] {
  if (rooms.length <= roomsShown) return [...rooms]
  const busiestFirst = rooms.toSorted((a, b) => b.stored - a.stored || (a.room < b.room ? -1 : 1))
  const others = busiestFirst.slice(roomsShown)
  const sum = (of: (room: RoomStatus) => number) => others.reduce((total, room) => total + of(room), 0)
  const rest = { room: otherRooms, epoch: '', first: Number.NaN, head: sum(r => r.head), stored: sum(r => r.stored) }
  return [...busiestFirst.slice(0, roomsShown), rest]
}
