// In how many parts a hub's rooms live and fail: one on one server, one for each hash tag in a cluster. Puts them together.
import { Cluster } from 'ioredis'
import type { RedisConf } from '#common/config/redis-conf.ts'
import type { Bus } from './bus.ts'
import { type BusConnection, BusReader } from './bus-reader.ts'
import { type ClusterNodePlace, configuredNodes, connectNode, type RedisClient } from './redis-connections.ts'
import { type PartKeys, tagParts, wholePart } from './redis-keys.ts'
import { RedisPart, type RedisPartParts } from './redis-part.ts'
import { SlotReader } from './slot-reader.ts'

export interface StorePart {
  part: RedisPart
  /** The node that has it, or had it last; empty where there is only one server, or none was found yet. */
  place: () => string
}

export interface StorePartsOptions extends Omit<RedisPartParts, 'bus' | 'generationKey'> {
  conf: RedisConf
  /** Makes a connection of the kind that `command` is. */
  connect: (role: string, deadlineMs: number) => RedisClient
  connectionName: (role: string) => string
  deadlineMs: number
  bus: Bus
  /** Why nothing is ready before the first look. */
  reason: string
}

/** One, or those of the hash tags in their order. */
export function createParts(options: StorePartsOptions): readonly StorePart[] {
  const { command } = options
  return command instanceof Cluster ? tagParts.map(keys => tagPart(keys, command, options)) : [serverPart(options)]
}

function serverPart(options: StorePartsOptions): StorePart {
  const reader = options.connect('bus', options.deadlineMs + blockMs(options))
  const connection: BusConnection = {
    get isConnected() {
      return reader.status === 'ready'
    },
    read: (command, args) => reader.call(command, [...args]),
    close: () => reader.disconnect(),
  }
  return { part: createPart(wholePart, connection, options), place: () => '' }
}

function tagPart(keys: PartKeys, cluster: Cluster, options: StorePartsOptions): StorePart {
  const { conf, connectionName, deadlineMs } = options
  const reader = new SlotReader({
    connect: node =>
      connectNode(conf, node, { name: connectionName('bus'), deadlineMs: deadlineMs + blockMs(options) }),
    nodes: () => knownMasters(cluster, conf),
    onChange: () => part.look(),
  })
  const part: RedisPart = createPart(keys, reader, options)
  return { part, place: () => reader.place }
}

function createPart(keys: PartKeys, connection: BusConnection, options: StorePartsOptions): RedisPart {
  const bus = new BusReader({
    keys: keys.buses,
    connection,
    command: options.command,
    blockMs: blockMs(options),
    onEntry: (field, value) => options.bus.hear(field, value),
    onMissed: () => part.stale(),
  })
  const part: RedisPart = new RedisPart({ ...options, generationKey: keys.generation, bus }, options.reason)
  return part
}

function blockMs({ deadlineMs }: StorePartsOptions): number {
  return Math.min(2_000, deadlineMs)
}

function knownMasters(cluster: Cluster, conf: RedisConf): readonly ClusterNodePlace[] {
  const masters = cluster
    .nodes('master')
    .flatMap(({ options: { host, port } }) => (host && port ? [{ host, port }] : []))
  return masters.length > 0 || conf.layout !== 'cluster' ? masters : configuredNodes(conf)
}
