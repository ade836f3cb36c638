// The rows of the bench: which scenario with which numbers, what is read from it, and what our hub is held to.
import type { BrokerName } from './broker.ts'
import type { Params, ScenarioName } from './control.ts'

export interface Goal {
  figure: string
  /** Whose median; absent: the hub's. */
  of?: BrokerName
  /** It must be at least (`>=`) or at most (`<=`) this… */
  sign: '>=' | '<='
  value: number
  /** …times this broker's median in the same run; absent: as it is. */
  times?: BrokerName
}

export interface Row {
  number: number
  title: string
  scenario: ScenarioName
  /** Where a broker needs another scenario than the rest. */
  scenarios?: Partial<Record<BrokerName, ScenarioName>>
  brokers: readonly BrokerName[]
  /** What a broker's figures stand for, where its name does not say it. */
  notes?: Partial<Record<BrokerName, string>>
  params: Params
  /** Overrides for --quick: proves that a row works, measures nothing. */
  quick: Partial<Params>
  goals: readonly Goal[]
}

const three: readonly BrokerName[] = ['mosquitto', 'nats', 'hub']
const instances: readonly BrokerName[] = ['hub', 'hub-2', 'hub-4']
const none: Params = {
  posts: 0,
  warmUpPosts: 0,
  spokes: 10,
  rooms: 1,
  postsPerSecond: 0,
  links: 0,
  powerCut: false,
  singlePosts: 0,
}

export const rows: readonly Row[] = [
  {
    number: 1,
    title: 'acked ingest, 10 spokes, each post to 9 others; CPU per post at the maximum (row 9)',
    scenario: 'ingest',
    brokers: three,
    params: { ...none, posts: 60_000, warmUpPosts: 60_000 },
    quick: { posts: 5000, warmUpPosts: 500 },
    goals: [
      { figure: 'postsPerSecond', sign: '>=', value: 3, times: 'mosquitto' },
      { figure: 'postsPerSecond', sign: '>=', value: 1.7, times: 'nats' },
      { figure: 'brokerCpuMicrosPerPost', sign: '<=', value: 35 },
    ],
  },
  {
    number: 2,
    title: 'the same at 2,000 posts/s',
    scenario: 'paced',
    brokers: three,
    params: { ...none, posts: 20_000, warmUpPosts: 20_000, postsPerSecond: 2000 },
    quick: { posts: 2000, warmUpPosts: 500 },
    goals: [
      { figure: 'deliveryP50Ms', sign: '<=', value: 1.2 },
      { figure: 'deliveryP99Ms', sign: '<=', value: 5.7 },
    ],
  },
  {
    number: 3,
    title: 'fan-out 1 -> 1,000 under load',
    scenario: 'fan-out',
    brokers: three,
    params: { ...none, posts: 1000, warmUpPosts: 100, links: 1000 },
    quick: { posts: 50, warmUpPosts: 5, links: 200 },
    goals: [{ figure: 'deliveriesPerSecond', sign: '>=', value: 5, times: 'mosquitto' }],
  },
  {
    number: 4,
    title: '50 posts/s over 10 rooms',
    scenario: 'paced',
    brokers: three,
    params: { ...none, posts: 1000, warmUpPosts: 10_000, postsPerSecond: 50, rooms: 10 },
    quick: { posts: 100, warmUpPosts: 500 },
    goals: [
      { figure: 'deliveryP50Ms', sign: '<=', value: 2.2 },
      { figure: 'deliveryP99Ms', sign: '<=', value: 8 },
    ],
  },
  {
    number: 5,
    title: 'catch-up of 100,000 posts',
    scenario: 'catch-up',
    scenarios: { edge: 'edge-catch-up' },
    brokers: ['mosquitto', 'mosquitto-stock', 'nats', 'hub', 'edge'],
    notes: {
      hub: 'one hub and its Redis on one core send to a light client that counts the posts and stores nothing, as all brokers left of it',
      edge: 'an edge on the other core follows the same hub, checks every post and stores it in SQLite; counted when stored',
    },
    params: { ...none, posts: 100_000 },
    quick: { posts: 5000 },
    goals: [
      { figure: 'postsPerSecond', sign: '>=', value: 1.5, times: 'mosquitto' },
      { figure: 'postsPerSecond', sign: '>=', value: 100_000, of: 'edge' },
      { figure: 'missing', sign: '<=', value: 0 },
    ],
  },
  {
    number: 6,
    title: 'kill -9 of the broker after 8,000 acked posts',
    scenario: 'crash',
    brokers: three,
    params: { ...none, posts: 8000 },
    quick: { posts: 1000 },
    goals: [
      { figure: 'lostOffline', sign: '<=', value: 0 },
      { figure: 'deliveredTwice', sign: '<=', value: 0 },
    ],
  },
  {
    number: 7,
    title: 'power cut after 12,000 acked posts',
    scenario: 'crash',
    brokers: three,
    params: { ...none, posts: 12_000, powerCut: true },
    quick: { posts: 1000 },
    goals: [{ figure: 'lostOffline', sign: '<=', value: 0 }],
  },
  {
    number: 8,
    title: 'memory per idle TLS link, 10,000 links',
    scenario: 'idle-links',
    brokers: three,
    params: { ...none, links: 10_000 },
    quick: { links: 500 },
    goals: [{ figure: 'kilobytesPerLink', sign: '<=', value: 45 }],
  },
  {
    number: 10,
    title: 'an edge by itself, 100,000 posts stored',
    scenario: 'edge-alone',
    brokers: ['edge'],
    notes: {
      edge:
        "one edge process, started as its systemd unit does, node's compile cache warm, its database in the page cache; " +
        "a hub only for the figures with Link, sent one post at a time; the card's are write_bytes of the process, without " +
        'what the file system adds, for 3,000 posts an hour of which 9 of 10 come from a link',
    },
    params: { ...none, posts: 100_000, warmUpPosts: 100, singlePosts: 1000 },
    quick: { posts: 5000, singlePosts: 100 },
    goals: [
      { figure: 'residentMegabytes', sign: '<=', value: 90, of: 'edge' },
      { figure: 'readyMs', sign: '<=', value: 2000, of: 'edge' },
      { figure: 'localPostP99Ms', sign: '<=', value: 10, of: 'edge' },
      { figure: 'cardMegabytesPerDay', sign: '<=', value: 500, of: 'edge' },
    ],
  },
  {
    number: 11,
    title: 'an edge on the air: the ACK of a post, then 50 members who are pushed all that the firmware allows',
    scenario: 'edge-on-air',
    brokers: ['edge'],
    notes: {
      edge:
        'from the last byte of a packet to the first of its ACK, at a modem over TCP, less the 200 ms that the firmware waits ' +
        'too; then a push every 1.2 s, without a pause: several times a duty cycle of 10 %',
    },
    params: { ...none, posts: 30, singlePosts: 200, links: 50 },
    quick: { posts: 2, singlePosts: 5, links: 3 },
    goals: [
      { figure: 'ackP50Ms', sign: '<=', value: 10, of: 'edge' },
      { figure: 'residentMegabytes', sign: '<=', value: 120, of: 'edge' },
      { figure: 'cpuPercent', sign: '<=', value: 5, of: 'edge' },
    ],
  },
  {
    number: 12,
    title: 'a hub of 1, 2 and 4 instances on one core: fan-out 1 -> 400 under load',
    scenario: 'fan-out',
    brokers: instances,
    notes: {
      hub: 'all instances share one core with their Redis: what matters is the CPU of a delivery, not how many there are',
    },
    params: { ...none, posts: 2000, warmUpPosts: 200, links: 400 },
    quick: { posts: 50, warmUpPosts: 5, links: 40 },
    goals: [
      { figure: 'deliveriesPerSecond', of: 'hub-2', sign: '>=', value: 0.8, times: 'hub' },
      { figure: 'deliveriesPerSecond', of: 'hub-4', sign: '>=', value: 0.7, times: 'hub' },
    ],
  },
  {
    number: 13,
    title: 'commands of Redis for a post by itself, and for nothing, of a hub of 1, 2 and 4 instances',
    scenario: 'redis-use',
    brokers: instances,
    notes: {
      hub: 'calls: EVALSHA, XREAD and XRANGE; commands: all, those within scripts too, without what an idle hub does',
    },
    params: { ...none, posts: 300, rooms: 1000, links: 500 },
    quick: { posts: 20, rooms: 40, links: 20 },
    goals: [],
  },
]
