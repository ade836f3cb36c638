// What an edge tells Prometheus beside what every server does: a series for each of its few peers, its rooms' settings, its radio.
import { type Family, familiesOf, type Labels, type Metric } from '#common/metrics/family.ts'
import { endOf, serverFamilies } from '#common/metrics/server-metrics.ts'
import { isUp, type PeerRoomStatus, type PeerStatus, type Status } from '#common/status.ts'
import { radioFamilies } from './radio-metrics.ts'

type Settings = NonNullable<Status['rooms'][number]['settings']>

const clientMetrics: readonly Metric<Status>[] = [
  ['mcfed_clients_lines', 'Clients of the lines port', status => status.clients.lines],
  ['mcfed_clients_apps', 'MeshCore apps', status => status.clients.apps ?? 0],
]

const settingsMetrics: readonly Metric<{ room: string; settings: Settings }>[] = [
  ['mcfed_room_rf', '1 while the room may be on the air', ({ settings }) => Number(settings.rf)],
  ['mcfed_room_blocked', 'Keys and names that are blocked', ({ settings }) => settings.blocked],
]

const peerMetrics: readonly Metric<PeerStatus>[] = [
  ['mcfed_peer_connected', '1 while the link is up', peer => Number(isUp(peer))],
  ['mcfed_peer_standby', '1 while the link stands by for the hub', peer => Number(peer.state === 'standby')],
  ['mcfed_peer_refused', '1 while the peer is refused', peer => Number(peer.state === 'refused')],
  ['mcfed_peer_latency_seconds', 'Round trip on the link', peer => (peer.latencyMs ?? Number.NaN) / 1000],
  ['mcfed_peer_latency_median_seconds', 'Median of the last 64 round trips', peer => latencyOf(peer, 'medianMs')],
  ['mcfed_peer_latency_p90_seconds', '9 of 10 of the last 64 round trips', peer => latencyOf(peer, 'p90Ms')],
  ['mcfed_peer_received_bytes_total', 'Bytes received', peer => peer.bytesIn],
  ['mcfed_peer_sent_bytes_total', 'Bytes sent', peer => peer.bytesOut],
]

interface PeerRoom {
  peer: PeerStatus
  room: PeerRoomStatus
}

const peerRoomMetrics: readonly Metric<PeerRoom>[] = [
  ['mcfed_peer_posts_to_send', 'Posts not yet acknowledged', ({ room }) => room.toSend ?? Number.NaN],
  [
    'mcfed_peer_lag_seconds',
    'Age of the oldest post not yet acknowledged',
    ({ room }) => room.lagSeconds ?? Number.NaN,
  ],
  ['mcfed_peer_posts_sent_total', 'Posts sent', ({ room }) => room.sent],
  ['mcfed_peer_posts_received_total', 'Posts received', ({ room }) => room.received],
  ['mcfed_peer_caught_up', '1 when all posts are acknowledged', ({ room }) => Number(room.caughtUp)],
]

export function edgeFamilies(status: Status): Family[] {
  const { role, peers, rooms, radio } = status
  const settings = rooms.flatMap(({ room, settings }) => (settings === undefined ? [] : [{ room, settings }]))
  const perRoom = peers.flatMap(peer => peer.rooms.map(room => ({ peer, room })))
  return [
    ...serverFamilies(status),
    ...familiesOf(clientMetrics, [status], () => ({ role })),
    ...familiesOf(settingsMetrics, settings, ({ room }) => ({ room })),
    ...familiesOf(peerMetrics, peers, peer => ({ ...labelsOf(peer), role: peer.role })),
    ...familiesOf(peerRoomMetrics, perRoom, ({ peer, room }) => ({ ...labelsOf(peer), room: room.room })),
    {
      name: 'mcfed_peer_certificate_expires_timestamp_seconds',
      help: 'When the certificate that the peer shows ends',
      samples: peers.flatMap(peer =>
        peer.certificate ? [[{ ...labelsOf(peer), role: peer.role }, endOf(peer.certificate)] as const] : [],
      ),
    },
    ...(radio === undefined ? [] : radioFamilies(radio)),
  ]
}

function latencyOf({ latency }: PeerStatus, which: 'medianMs' | 'p90Ms'): number {
  return (latency?.[which] ?? Number.NaN) / 1000
}

/** Two servers may call themselves the same: the begin of the id tells them apart. */
function labelsOf({ name, id }: PeerStatus): Labels {
  return { peer: name, id: id.slice(0, 8) }
}
