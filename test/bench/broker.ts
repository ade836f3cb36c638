// What the bench needs of a broker under test: its processes as the conductor sees them, its links as the generator does.
import type { Identity } from '#common/identity.ts'

export const brokerNames = ['mosquitto', 'mosquitto-stock', 'nats', 'hub', 'hub-2', 'hub-4', 'edge'] as const
export type BrokerName = (typeof brokerNames)[number]

export interface Usage {
  /** User and system time of all of the broker's processes since their start. */
  cpuMs: number
  rssBytes: number
  /** Handed to disks since their start, in whole pages; without what file systems write for themselves. */
  writtenBytes: number
  /** Of the hub's Redis: what the hub has called (EVALSHA, XREAD, XRANGE), and all commands, those within scripts too. */
  redisCalls?: number
  redisCommands?: number
}

export const nothingUsed: Usage = { cpuMs: 0, rssBytes: 0, writtenBytes: 0 }

/** How a generator reaches a broker. */
export interface Access {
  port: number
  /** Of a hub of several instances: of all of them. Spokes are spread over them. */
  ports?: readonly number[]
  /** PEM file of the CA that signed the broker's certificate. */
  caFile: string
  /** 64 hex digits; only our own links use it. */
  secret: string
  /** Where an edge beside the hub has its API, its database, its room's key on the radio, and looks for a radio over TCP. */
  edge?: { port: number; database: string; roomKeyFile: string; radioPort: number }
}

/** A broker's processes, all pinned to one core. Its data outlives kill() and start(). */
export interface Broker {
  readonly access: Access
  /** Resolves when links are accepted. */
  start(): Promise<void>
  /** SIGKILL to every process; resolves when they are gone. */
  kill(): Promise<void>
  usage(): Usage | Promise<Usage>
  /** Starts an edge, where there is one; resolves when its API answers. */
  startEdge?(place: EdgePlace): Promise<void>
  /** By SIGKILL. */
  stopEdge?(): Promise<void>
  /** By SIGTERM. */
  endEdge?(): Promise<void>
  edgeUsage?(): Usage
}

/** It follows the broker, is by itself, or is by itself with a radio. */
export type EdgePlace = 'linked' | 'alone' | 'on-air'

export interface BrokerOptions {
  /** Where its data goes. */
  dataDir: string
  /** Where its config and log go. */
  workDir: string
  certs: Certs
  core: number
  generatorCore: number
}

export interface Certs {
  ca: string
  cert: string
  key: string
}

/** A post as every broker carries it: the same bytes for all. */
export interface BenchPost {
  seq: number
  room: string
  guid: string
  /** encodePost() of it. */
  payload: Buffer
}

export interface SpokeOptions {
  name: string
  identity: Identity
  rooms: readonly string[]
  /** False: only publishes. */
  follows: boolean
  /** `at` is the time its bytes were read, in ms of performance.now(). */
  onDelivery(seq: number, at: number): void
  onAck(seq: number, at: number): void
}

/** One server's link to the broker. What it acknowledged is remembered over disconnect() and connect(). */
export interface Spoke {
  /** Resolves when the link follows its rooms. Rejects within 20 s. */
  connect(): Promise<void>
  /** Sends with the other posts of this turn of the event loop; onAck follows. */
  publish(post: BenchPost): void
  /** Ends the link without telling the broker to forget the spoke. */
  disconnect(): Promise<void>
}

/** A broker's client side. */
export interface Client {
  /** True when an author that follows its own room gets its own posts back. */
  readonly echoes: boolean
  /** Makes what must exist before the first link. */
  prepare(access: Access): Promise<void>
  spoke(access: Access, options: SpokeOptions): Spoke
}

/** How often the clients acknowledge whose protocol has cumulative acks, ours and that of NATS: as our edge does. */
export const ackPace = { delayMs: 100, bytesMax: 64 * 1024 }
