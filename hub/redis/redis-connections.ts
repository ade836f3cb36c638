// Connections to Redis that cannot hang a caller: to one server, to the master that Sentinel names, or to a Redis Cluster.
import { Cluster, type ClusterNode, Redis, type RedisOptions } from 'ioredis'
import type { RedisConf } from '#common/config/redis-conf.ts'

/** One server, or a cluster. Both take the same commands, but in a cluster all keys of a command must be of one hash tag. */
export type RedisClient = Redis | Cluster

/** We keep to the replies as they are. */
type Options = Omit<RedisOptions, 'replyMapping'>

export interface RedisConnectionOptions {
  conf: RedisConf
  /** Shown by CLIENT LIST. */
  name: string
  /** Every command is answered or fails within this time; a server that is silent for so long is left and dialled again. */
  deadlineMs: number
}

const retryMsMax = 2_000
/** Sentinel names a new master within seconds: whoever asks it may ask often. */
const sentinelRetryMsMax = 500
/** A cluster learns of a new master from its nodes; a command that went astray is sent again so often, 100 ms apart. */
const redirectionsMax = 8
const slotsEveryMs = 5_000

/**
 * Starts connecting and goes on trying for ever; its 'ready', 'close' and 'error' events tell how it goes.
 * While there is no connection commands fail at once: nothing is queued. After READONLY (the master became a replica) it dials again.
 */
export function connectRedis({ conf, name, deadlineMs }: RedisConnectionOptions): RedisClient {
  return conf.layout === 'cluster'
    ? connectCluster(conf, { name, deadlineMs })
    : connectServer(conf, { name, deadlineMs })
}

/** As connectRedis; a cluster is more than one connection. */
function connectServer(
  conf: Exclude<RedisConf, { layout: 'cluster' }>,
  { name, deadlineMs }: Omit<RedisConnectionOptions, 'conf'>,
): Redis {
  const retryMs = conf.layout === 'sentinel' ? sentinelRetryMsMax : retryMsMax
  return new Redis({
    ...placeOf(conf),
    ...commonOptions(name, deadlineMs),
    sentinelCommandTimeout: deadlineMs,
    maxRetriesPerRequest: 0,
    retryStrategy: times => retryDelay(times, retryMs),
  })
}

/** A connection to one node of a cluster. It dials when it is first used, and not again once it has ended. */
export function connectNode(
  conf: RedisConf,
  node: ClusterNodePlace,
  { name, deadlineMs }: Omit<RedisConnectionOptions, 'conf'>,
): Redis {
  return new Redis({
    ...credentials(conf),
    ...commonOptions(name, deadlineMs),
    ...node,
    lazyConnect: true,
    retryStrategy: () => null,
  })
}

export interface ClusterNodePlace {
  host: string
  port: number
}

/** The nodes of a cluster that the config names. */
export function configuredNodes(conf: Extract<RedisConf, { layout: 'cluster' }>): ClusterNodePlace[] {
  return [urlPlace(conf.url), ...conf.nodes]
}

const jobsDeadlineMs = 5_000

/**
 * For BullMQ, which waits for its server by itself: here commands are queued while there is no connection. They fail after 5 s.
 * The caller closes it, and hears its 'error' events.
 */
export function connectForJobs(conf: RedisConf, name: string): RedisClient {
  const patient = {
    ...({ connectionName: name, protocol: 2, disableClientInfo: true, maxRetriesPerRequest: null } as const),
    ...{ connectTimeout: jobsDeadlineMs, commandTimeout: jobsDeadlineMs, socketTimeout: jobsDeadlineMs },
  }
  const retryStrategy = (times: number) => retryDelay(times, retryMsMax)
  if (conf.layout !== 'cluster') return new Redis({ ...placeOf(conf), ...patient, retryStrategy })
  const redisOptions = { ...credentials(conf), ...patient }
  return new Cluster(configuredNodes(conf), { redisOptions, clusterRetryStrategy: retryStrategy })
}

/** Where Redis is, for people: without user and password. */
export function redisPlace(conf: RedisConf): string {
  if (conf.layout === 'single') return new URL(conf.url).host
  const list = (nodes: readonly ClusterNodePlace[]) => nodes.map(({ host, port }) => `${host}:${port}`).join(', ')
  if (conf.layout === 'cluster') return list(configuredNodes(conf))
  return `${new URL(conf.url).hostname} of the Sentinels ${list(conf.sentinels)}`
}

/** Of itself a cluster counts only the time at a node, and not that of looking for one. */
class BoundedCluster extends Cluster {
  readonly #deadlineMs: number
  #isClosed = false

  constructor(deadlineMs: number, nodes: ClusterNode[], options: ConstructorParameters<typeof Cluster<'legacy'>>[1]) {
    super(nodes, options)
    this.#deadlineMs = deadlineMs
  }

  override sendCommand(...sent: Parameters<Cluster['sendCommand']>): unknown {
    sent[0].setTimeout(this.#deadlineMs)
    return super.sendCommand(...sent)
  }

  override disconnect(reconnect = false): void {
    this.#isClosed = !reconnect
    super.disconnect(reconnect)
  }

  /** Closed while it asks, ioredis would take the answer for the time to ask again, for ever: no program could end by itself. */
  override refreshSlotsCache(callback?: (error?: Error | null) => void): void {
    super.refreshSlotsCache(error => {
      if (!this.#isClosed) callback?.(error)
    })
  }
}

function connectCluster(
  conf: Extract<RedisConf, { layout: 'cluster' }>,
  { name, deadlineMs }: Omit<RedisConnectionOptions, 'conf'>,
): Cluster {
  const nodes: ClusterNode[] = configuredNodes(conf)
  return new BoundedCluster(deadlineMs, nodes, {
    redisOptions: { ...credentials(conf), ...commonOptions(name, deadlineMs) },
    enableOfflineQueue: false,
    // A cluster that is down says so itself, to every command.
    enableReadyCheck: false,
    maxRedirections: redirectionsMax,
    slotsRefreshTimeout: Math.min(1_000, deadlineMs),
    slotsRefreshInterval: slotsEveryMs,
    clusterRetryStrategy: times => retryDelay(times, sentinelRetryMsMax),
  })
}

function commonOptions(name: string, deadlineMs: number): Options {
  return {
    connectionName: name,
    protocol: 2,
    disableClientInfo: true,
    connectTimeout: deadlineMs,
    disconnectTimeout: 500,
    commandTimeout: deadlineMs,
    socketTimeout: deadlineMs,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxLoadingRetryTime: 500,
    reconnectOnError: error => error.message.startsWith('READONLY'),
  }
}

/** Address, credentials and database. */
function placeOf(conf: Exclude<RedisConf, { layout: 'cluster' }>): Options {
  const common = { ...credentials(conf), db: Number(new URL(conf.url).pathname.slice(1) || 0) }
  if (conf.layout === 'single') return { ...common, ...urlPlace(conf.url) }
  return {
    ...common,
    name: new URL(conf.url).hostname,
    sentinels: [...conf.sentinels],
    sentinelRetryStrategy: times => retryDelay(times, sentinelRetryMsMax),
    ...(common.tls && { enableTLSForSentinelMode: true, sentinelTLS: {} }),
  }
}

function credentials({ url }: RedisConf): Pick<RedisOptions, 'username' | 'password' | 'tls'> {
  const { username, password, protocol } = new URL(url)
  return {
    ...(username !== '' && { username: decodeURIComponent(username) }),
    ...(password !== '' && { password: decodeURIComponent(password) }),
    ...(protocol === 'rediss:' && { tls: {} }),
  }
}

function urlPlace(url: string): ClusterNodePlace {
  const { hostname, port } = new URL(url)
  return { host: hostname.replace(/^\[(.*)\]$/, '$1'), port: Number(port || 6379) }
}

function retryDelay(times: number, maxMs: number): number {
  return Math.min(100 * 2 ** Math.min(times, 10), maxMs) * (0.5 + Math.random() / 2)
}
