// The status as Prometheus metrics. Labels are room, peer, its id and role only, so that the number of series stays small.
import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client'
import {
  type CertificateStatus,
  type CompanionStatus,
  isUp,
  type PeerRoomStatus,
  type PeerStatus,
  type RadioStatus,
  type Status,
} from './status.ts'

export const metricsContentType = Registry.PROMETHEUS_CONTENT_TYPE

type Sample = [
  labels: Partial<Record<'room' | 'peer' | 'id' | 'role' | 'kind' | 'board' | 'outcome' | 'place' | 'version', string>>,
  value: number,
]
/** Names in `_total` are counters, all others gauges. */
type Metric<T> = [name: string, help: string, value: (of: T) => number]

const serverMetrics: Metric<Status>[] = [
  ['mcfed_ready', '1 when the server is ready', status => Number(status.ready)],
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
  ['mcfed_clients_lines', 'Clients of the lines port', status => status.clients.lines],
  ['mcfed_clients_apps', 'MeshCore apps', status => status.clients.apps ?? 0],
  ['mcfed_gaps', 'Holes reported on links, the newest 100', status => status.gaps.length],
]

const roomMetrics: Metric<Status['rooms'][number]>[] = [
  ['mcfed_room_head', 'Offset of the newest post', room => room.head],
  ['mcfed_room_first', 'Offset of the oldest post kept', room => room.first],
  ['mcfed_room_posts', 'Posts kept', room => room.stored],
]

/** Of an edge. */
const roomSettingsMetrics: Metric<NonNullable<Status['rooms'][number]['settings']>>[] = [
  ['mcfed_room_rf', '1 while the room may be on the air', settings => Number(settings.rf)],
  ['mcfed_room_blocked', 'Keys and names that are blocked', settings => settings.blocked],
]

const peerMetrics: Metric<PeerStatus>[] = [
  ['mcfed_peer_connected', '1 while the link is up', peer => Number(isUp(peer))],
  ['mcfed_peer_standby', '1 while the link stands by for the hub', peer => Number(peer.state === 'standby')],
  ['mcfed_peer_refused', '1 while the peer is refused', peer => Number(peer.state === 'refused')],
  ['mcfed_peer_latency_seconds', 'Round trip on the link', peer => (peer.latencyMs ?? Number.NaN) / 1000],
  ['mcfed_peer_latency_median_seconds', 'Median of the last 64 round trips', peer => latencyOf(peer, 'medianMs')],
  ['mcfed_peer_latency_p90_seconds', '9 of 10 of the last 64 round trips', peer => latencyOf(peer, 'p90Ms')],
  ['mcfed_peer_received_bytes_total', 'Bytes received', peer => peer.bytesIn],
  ['mcfed_peer_sent_bytes_total', 'Bytes sent', peer => peer.bytesOut],
]

const peerRoomMetrics: Metric<PeerRoomStatus>[] = [
  ['mcfed_peer_posts_to_send', 'Posts not yet acknowledged', room => room.toSend ?? Number.NaN],
  ['mcfed_peer_lag_seconds', 'Age of the oldest post not yet acknowledged', room => room.lagSeconds ?? Number.NaN],
  ['mcfed_peer_posts_sent_total', 'Posts sent', room => room.sent],
  ['mcfed_peer_posts_received_total', 'Posts received', room => room.received],
  ['mcfed_peer_caught_up', '1 when all posts are acknowledged', room => Number(room.caughtUp)],
]

const radioMetrics: Metric<RadioStatus>[] = [
  ['mcfed_radio_ready', '1 while the radio answers and is set', radio => Number(radio.state === 'ready')],
  ['mcfed_radio_heard_total', 'Packets heard', radio => radio.heard],
  ['mcfed_radio_sent_total', 'Packets on the air', radio => radio.sent],
  ['mcfed_radio_failed_total', 'Packets that the radio could not send', radio => radio.failed],
  ['mcfed_radio_damaged_total', 'Packets heard and damaged', radio => radio.damaged ?? Number.NaN],
  ['mcfed_radio_reopened_total', 'How often the port was opened anew', radio => radio.reopened],
  ['mcfed_radio_queued', 'Packets that wait for the air', radio => radio.queued],
  ['mcfed_radio_noise_floor_dbm', 'Noise floor', radio => radio.noiseFloorDbm ?? Number.NaN],
  ['mcfed_radio_last_snr_db', 'Signal to noise of the last packet heard', radio => radio.lastSnrDb ?? Number.NaN],
  ['mcfed_radio_last_rssi_dbm', 'Strength of the last packet heard', radio => radio.lastRssiDbm ?? Number.NaN],
  ['mcfed_radio_budget_seconds', 'The duty cycle of one hour', radio => radio.budgetSeconds],
  ['mcfed_radio_budget_used_ratio', 'Share of the duty cycle used in the last hour', radio => radio.budgetUsed],
]

const certificateMetric = [
  'mcfed_certificate_expires_timestamp_seconds',
  'When the certificate of this server ends',
] as const
const peerCertificateMetric = [
  'mcfed_peer_certificate_expires_timestamp_seconds',
  'When the certificate that the peer shows ends',
] as const
const airtimeMetric = ['mcfed_radio_airtime_seconds_total', 'Time on the air, by what for'] as const
const roomAirtimeMetric = ['mcfed_radio_room_airtime_seconds_total', 'Time on the air, by room'] as const
const heardTextsMetric = [
  'mcfed_companion_texts_total',
  'Texts read from the companion radio, by what they were',
] as const
const toSayMetric = ['mcfed_companion_posts_to_say', 'Posts not looked at yet, by room server or channel'] as const
const loggedInMetric = ['mcfed_companion_logged_in', '1 while the room server lets us write'] as const
const modemMetric = ['mcfed_radio_modem_info', 'The board and its firmware, while it is ready'] as const

/** CPU, memory and event loop of this process; one per process, begun by the first scrape. */
let processMetrics: Registry | undefined

/** Text of GET /metrics. Times in seconds, sizes in bytes, as Prometheus wants them. */
export async function renderMetrics(status: Status): Promise<string> {
  // Begun anew for every scrape: a peer or room that is gone leaves no series behind.
  const registry = new Registry()
  const { role, peers, rooms, radio, certificate } = status
  for (const metric of serverMetrics) add(registry, metric, [[{ role }, metric[2](status)]])
  for (const metric of roomMetrics) {
    const samples = rooms.map((room): Sample => [{ room: room.room }, metric[2](room)])
    add(registry, metric, samples)
  }
  for (const metric of roomSettingsMetrics) {
    const samples = rooms.flatMap(({ room, settings }): Sample[] => (settings ? [[{ room }, metric[2](settings)]] : []))
    add(registry, metric, samples)
  }
  for (const metric of peerMetrics) {
    const samples = peers.map((peer): Sample => [{ ...labelsOf(peer), role: peer.role }, metric[2](peer)])
    add(registry, metric, samples)
  }
  for (const metric of peerRoomMetrics) {
    const samples = peers.flatMap(peer =>
      peer.rooms.map((room): Sample => [{ ...labelsOf(peer), room: room.room }, metric[2](room)]),
    )
    add(registry, metric, samples)
  }
  const certificates = peers.flatMap((peer): Sample[] =>
    peer.certificate ? [[{ ...labelsOf(peer), role: peer.role }, endOf(peer.certificate)]] : [],
  )
  add(registry, peerCertificateMetric, certificates)
  if (certificate !== undefined) add(registry, certificateMetric, [[{ role }, endOf(certificate)]])
  if (radio !== undefined) addRadio(registry, radio)
  return (await registry.metrics()) + (await startedProcessMetrics().metrics())
}

function addRadio(registry: Registry, radio: RadioStatus): void {
  for (const metric of radioMetrics) add(registry, metric, [[{}, metric[2](radio)]])
  const { byKind, byRoom } = radio.airtime.sinceStart
  const kinds = Object.entries(byKind).map(([kind, seconds]): Sample => [{ kind }, seconds])
  add(registry, airtimeMetric, kinds)
  const rooms = Object.entries(byRoom).map(([room, seconds]): Sample => [{ room }, seconds])
  add(registry, roomAirtimeMetric, rooms)
  if (radio.companion !== undefined) addCompanion(registry, radio.companion)
  if (radio.modem === null) return
  const { board, version } = radio.modem
  add(registry, modemMetric, [[{ board: board ?? '', version: String(version) }, 1]])
}

function addCompanion(registry: Registry, { heard, room, channels }: CompanionStatus): void {
  const counts = Object.entries(heard).map(([outcome, value]): Sample => [{ outcome }, value])
  add(registry, heardTextsMetric, counts)
  const waiting = channels.map(({ name, room: id, toSay }): Sample => [{ place: name, room: id }, toSay])
  if (room !== null) waiting.push([{ place: room.name, room: room.room }, room.toSay])
  add(registry, toSayMetric, waiting)
  if (room !== null) add(registry, loggedInMetric, [[{ place: room.name }, Number(room.login === 'in')]])
}

function latencyOf({ latency }: PeerStatus, which: 'medianMs' | 'p90Ms'): number {
  return (latency?.[which] ?? Number.NaN) / 1000
}

function endOf({ validTo }: CertificateStatus): number {
  return Date.parse(validTo) / 1000
}

/** Two servers may call themselves the same: the begin of the id tells them apart. */
function labelsOf({ name, id }: PeerStatus): { peer: string; id: string } {
  return { peer: name, id: id.slice(0, 8) }
}

function add(registry: Registry, [name, help]: readonly [string, string, ...unknown[]], given: Sample[]): void {
  const isCounter = name.endsWith('_total')
  // A counter cannot say that it does not know.
  const samples = isCounter ? given.filter(([, value]) => !Number.isNaN(value)) : given
  // Without a sample prom-client would print a series without labels.
  if (samples.length === 0) return
  const options = { name, help, labelNames: Object.keys(samples[0]?.[0] ?? {}), registers: [registry] }
  if (isCounter) {
    const counter = new Counter(options)
    for (const [labels, value] of samples) counter.inc(labels, value)
  } else {
    const gauge = new Gauge(options)
    for (const [labels, value] of samples) gauge.set(labels, value)
  }
}

function startedProcessMetrics(): Registry {
  if (processMetrics === undefined) {
    processMetrics = new Registry()
    collectDefaultMetrics({ register: processMetrics })
  }
  return processMetrics
}
