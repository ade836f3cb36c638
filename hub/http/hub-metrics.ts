// What a hub tells Prometheus beside what every server does: its links as aggregates, so that 10,000 spokes are no more series than one.
import { type Family, familiesOf, type Metric, type Sample } from '#common/metrics/family.ts'
import { serverFamilies } from '#common/metrics/server-metrics.ts'
import type { JobStatus, PeerRoomStatus, PeerStatus, Status, WebhookStatus } from '#common/status.ts'

/** A link whose oldest unacknowledged post is older lags. */
const lagsAfterSeconds = 60
const percentiles = [50, 90, 99, 100]
/** These are there also when there is no link: an alert on what is missing needs a zero. */
const usualLinks = [
  { role: 'edge', state: 'connected' },
  { role: 'edge', state: 'standby' },
] as const

/** What all links together are, with the numbers that percentiles are taken of in order. */
interface LinkTotals {
  rooms: readonly PeerRoomStatus[]
  lags: readonly number[]
}

const linkMetrics: readonly Metric<LinkTotals>[] = [
  [
    'mcfed_links_lag_max_seconds',
    'Age of the oldest post that a link has yet to acknowledge',
    ({ lags }) => lags.at(-1) ?? 0,
  ],
  [
    'mcfed_links_lag_all_seconds',
    'The lags of all links together',
    ({ lags }) => lags.reduce((sum, lag) => sum + lag, 0),
  ],
  [
    'mcfed_links_lagging',
    `Links and rooms with a post unacknowledged for more than ${lagsAfterSeconds} s, or for an unknown time`,
    ({ rooms }) => rooms.filter(isLagging).length,
  ],
  [
    'mcfed_links_caught_up',
    'Links and rooms without an unacknowledged post',
    ({ rooms }) => rooms.filter(({ caughtUp }) => caughtUp).length,
  ],
]

const trafficMetrics: readonly Metric<NonNullable<Status['traffic']>>[] = [
  ['mcfed_links_opened_total', 'Links that were proved', traffic => traffic.opened],
  ['mcfed_links_ended_total', 'Links that ended', traffic => traffic.ended],
  ['mcfed_links_received_bytes_total', 'Bytes received on links', traffic => traffic.bytesIn],
  ['mcfed_links_sent_bytes_total', 'Bytes sent on links', traffic => traffic.bytesOut],
]

const refusalMetrics: readonly Metric<NonNullable<Status['refusedSpokes']>>[] = [
  ['mcfed_clones_refused_total', 'Links refused: another machine has the same identity', refused => refused.clones],
  ['mcfed_spokes_not_allowed_total', 'Links refused: revoked or not approved', refused => refused.notAllowed],
]

const jobMetrics: readonly Metric<JobStatus>[] = [
  ['mcfed_job_last_success_timestamp_seconds', 'When the job last went well', job => secondsOf(job.lastSuccess)],
  ['mcfed_job_runs_total', 'Runs of the job at all instances', job => job.runs],
  ['mcfed_job_failures_total', 'Runs of the job that failed', job => job.failures],
  ['mcfed_job_last_duration_seconds', 'How long the last run took', job => (job.durationMs ?? Number.NaN) / 1000],
]

const webhookMetrics: readonly Metric<WebhookStatus>[] = [
  ['mcfed_webhook_waiting_posts', 'Posts that are not delivered yet', webhook => webhook.waitingPosts],
  ['mcfed_webhook_dead_total', 'Posts that were given up', webhook => webhook.dead.total],
  [
    'mcfed_webhook_last_success_timestamp_seconds',
    'When something was last delivered',
    webhook => secondsOf(webhook.lastSuccess),
  ],
]

export function hubFamilies(status: Status): Family[] {
  const { peers, traffic, refusedSpokes, jobs = [], webhooks = [] } = status
  const rooms = peers.flatMap(peer => peer.rooms)
  const lags = ascending(rooms.map(({ lagSeconds }) => lagSeconds))
  return [
    ...serverFamilies(status),
    { name: 'mcfed_links', help: 'Links now, by what the other end is and how it stands', samples: linkSamples(peers) },
    ...familiesOf(linkMetrics, [{ rooms, lags }], () => ({})),
    ...familiesOf(trafficMetrics, traffic === undefined ? [] : [traffic], () => ({})),
    ...familiesOf(refusalMetrics, refusedSpokes === undefined ? [] : [refusedSpokes], () => ({})),
    ...familiesOf(jobMetrics, jobs, ({ name }) => ({ job: name })),
    ...familiesOf(webhookMetrics, webhooks, ({ name }) => ({ webhook: name })),
    {
      name: 'mcfed_links_latency_seconds',
      help: 'The last round trip of each link, as percentiles over all links',
      samples: latencySamples(peers),
    },
  ]
}

/** Where there are too many that lag, how long is not looked up for all of them (peer-lag.ts): they lag all the same. */
function isLagging({ toSend, lagSeconds }: PeerRoomStatus): boolean {
  return (lagSeconds ?? 0) > lagsAfterSeconds || ((toSend ?? 0) > 0 && lagSeconds === null)
}

function linkSamples(peers: readonly PeerStatus[]): Sample[] {
  const counts = new Map(usualLinks.map(({ role, state }) => [`${role} ${state}`, 0]))
  for (const { role, state } of peers) {
    const key = `${role} ${state}`
    counts.set(key, (counts.get(key) ?? 0) + 1)
  }
  return [...counts].map(([key, count]) => {
    const [role = '', state = ''] = key.split(' ')
    return [{ role, state }, count]
  })
}

function latencySamples(peers: readonly PeerStatus[]): Sample[] {
  const latencies = ascending(peers.map(({ latencyMs }) => latencyMs))
  return percentiles.map(percentile => {
    const ms = latencies[Math.max(0, Math.ceil((percentile / 100) * latencies.length) - 1)] ?? Number.NaN
    return [{ percentile: String(percentile) }, ms / 1000]
  })
}

function secondsOf(time: string | null): number {
  return time === null ? Number.NaN : Date.parse(time) / 1000
}

function ascending(numbers: readonly (number | null | undefined)[]): number[] {
  return numbers.filter(number => typeof number === 'number').sort((a, b) => a - b)
}
