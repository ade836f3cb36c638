// The keys of hub.conf that say where Redis is: one server, one that Sentinel watches over, or a Redis Cluster.
import { z } from 'zod'
import type { RuleContext } from './conf-rules.ts'
import { type HostPort, hostPort, textWith, whole } from './conf-values.ts'

/** Where Redis is. `url` has user, password and database; its host is the master's name with Sentinel. */
export type RedisConf =
  | { layout: 'single'; url: string }
  | { layout: 'sentinel'; url: string; sentinels: readonly HostPort[] }
  /** `nodes`: some of them, the rest is found through them; `url` names one more. */
  | { layout: 'cluster'; url: string; nodes: readonly HostPort[] }

const nodesMax = 100

export const redisKeys = {
  redis_url: textWith(redisUrlFault).optional(),
  redis_sentinels: nodeList('127.0.0.1:26379').optional(),
  redis_cluster: nodeList('127.0.0.1:7000').optional(),
  wait_replicas: whole(0, 5).default(0),
}

interface RedisValues {
  redis_url?: string | undefined
  redis_sentinels?: HostPort[] | undefined
  redis_cluster?: HostPort[] | undefined
  wait_replicas: number
}

/** Undefined without `redis_url`. */
export function checkRedis(context: RuleContext, values: RedisValues): RedisConf | undefined {
  const { redis_url: url, redis_sentinels: sentinels, redis_cluster: nodes } = values
  if (url === undefined) {
    checkNone(context, values)
    return undefined
  }
  if (nodes !== undefined) {
    checkCluster(context, { ...values, redis_url: url })
    return { layout: 'cluster', url, nodes }
  }
  return sentinels === undefined ? { layout: 'single', url } : { layout: 'sentinel', url, sentinels }
}

function checkNone({ faults }: RuleContext, { redis_sentinels, redis_cluster, wait_replicas }: RedisValues): void {
  if (faults.has(['redis_url'])) return
  if (redis_sentinels !== undefined) faults.add(['redis_sentinels'], needsUrl('redis://:password@name-of-the-master'))
  if (redis_cluster !== undefined) faults.add(['redis_cluster'], needsUrl('redis://:password@host:7000'))
  if (wait_replicas > 0) faults.add(['wait_replicas'], 'needs redis_url: the embedded log has no replicas')
}

function checkCluster({ faults }: RuleContext, values: RedisValues & { redis_url: string }): void {
  const { redis_url, redis_sentinels, wait_replicas } = values
  if (redis_sentinels !== undefined)
    faults.add(['redis_cluster'], 'cannot stand beside redis_sentinels: take one of the two out')
  if (/[1-9]/.test(new URL(redis_url).pathname))
    faults.add(['redis_url'], 'must name no database with redis_cluster: a cluster has only database 0')
  if (wait_replicas === 0) return
  const why = 'WAIT speaks of one node, not of the cluster; what a failover loses, the edges ship again'
  faults.add(['wait_replicas'], `must be 0 with redis_cluster: ${why}`)
}

function nodeList(example: string) {
  const error = `must be a list like ["${example}"], with 1 to ${nodesMax} addresses`
  return z.array(hostPort(1, example), { error }).min(1, { error }).max(nodesMax, { error })
}

function needsUrl(example: string): string {
  return `needs redis_url, here like "${example}"`
}

function redisUrlFault(text: string): string | undefined {
  const url = URL.parse(text)
  const isRedis = url !== null && (url.protocol === 'redis:' || url.protocol === 'rediss:') && url.hostname !== ''
  if (!isRedis) return 'must be a URL like redis://127.0.0.1:6379, or rediss:// for Redis over TLS'
  return /^\/?\d{0,4}$/.test(url.pathname) ? undefined : 'must end with the port, or with a database like /1'
}
