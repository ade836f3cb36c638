// How many commands a Redis has carried out, by INFO commandstats. Those of a script count beside its EVALSHA.
import type { RedisServer } from './redis-server.ts'

export type Calls = Readonly<Record<string, number>>

export async function callsOf(redis: RedisServer): Promise<Calls> {
  const lines = (await redis.cli('INFO', 'commandstats')).split('\n')
  const pairs = lines.flatMap(line => {
    const [, name, calls] = /^cmdstat_([^:]+):calls=(\d+)/.exec(line) ?? []
    return name === undefined ? [] : [[name, Number(calls)] as const]
  })
  return Object.fromEntries(pairs)
}

/** In all, without those by which a test itself looks. */
export function sumOf(calls: Calls): number {
  const counted = Object.entries(calls).filter(([name]) => !/^(info|config|ping|command)/.test(name))
  return counted.reduce((sum, [, count]) => sum + count, 0)
}
