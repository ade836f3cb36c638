// Commands and Lua scripts on Redis, and what goes wrong with them in plain words.
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { StoreUnavailableError } from '#common/errors.ts'
import type { RedisClient } from './redis-connections.ts'

/**
 * The answer of a command or script.
 * @throws StoreUnavailableError whatever went wrong: it may or may not have been carried out.
 */
export async function answered<T>(command: Promise<T>): Promise<T> {
  try {
    return await command
  } catch (error) {
    // Not kept as the cause: errors of ioredis carry the command's arguments, and so the texts of posts.
    throw new StoreUnavailableError(`Redis: ${redisFault(error)}`)
  }
}

/** How errors of servers and connections begin, and what an operator should read instead. */
const faults: readonly [RegExp, string][] = [
  [/^MaxRetriesPerRequestError/, 'the connection was lost'],
  [/^Stream isn't writeable|^Cluster isn't ready/, 'not connected'],
  [/^(Command timed out|Socket timeout)/, 'no answer in time'],
  [/^Too many Cluster redirections.*TRYAGAIN/, 'a slot is being moved to another node of the cluster'],
  [/^Too many Cluster redirections/, 'the node of this slot does not answer'],
  [/^Failed to refresh slots cache/, 'no node of the cluster answers, or they are none of a cluster'],
  [/^MOVED /, 'it is a node of a cluster: name others of them in redis_cluster'],
  [/^All sentinels are unreachable/, 'no Sentinel answers, or none knows a master of the name in redis_url'],
  [/^OOM /, 'it is full (OOM): raise maxmemory, or give the machine more memory'],
  [/^MISCONF /, 'it cannot write to its disk (MISCONF): make room there, or mend it'],
]

/** What an operator should read about an error of a connection or command. */
export function redisFault(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const { name, message } = error
  const known = faults.find(([start]) => start.test(message) || start.test(name))
  return known?.[1] ?? message
}

/** Of a command that would need memory, from a Redis that has none left. */
export function isFullFault({ message }: Error): boolean {
  return message.startsWith('OOM ')
}

export interface Script {
  readonly source: string
  readonly sha: string
}

/** Joins Lua files of this folder to one script: those in front define local functions for the last. */
export function readScript(...files: readonly string[]): Script {
  const source = files.map(file => readFileSync(new URL(file, import.meta.url), 'utf8')).join('\n')
  return { source, sha: createHash('sha1').update(source).digest('hex') }
}

export interface ScriptCall {
  keys: readonly string[]
  args: readonly (string | number)[]
}

/** Runs a script by its hash, and sends its source where the server does not know it (yet, or any more). */
export async function runScript(redis: RedisClient, script: Script, { keys, args }: ScriptCall): Promise<unknown> {
  try {
    return await redis.call('EVALSHA', [script.sha, keys.length, ...keys, ...args])
  } catch (error) {
    if (!(error instanceof Error && error.message.startsWith('NOSCRIPT'))) throw error
    return redis.call('EVAL', [script.source, keys.length, ...keys, ...args])
  }
}
