// The spoke guard's memory in Redis, one for all instances: a JSON text per spoke, replaced only by who has read the latest.
import { StoreUnavailableError } from '#common/errors.ts'
import { fromJson } from '#common/json.ts'
import { type GuardState, type GuardStore, guardKeepMs, guardStateSchema } from '#common/protocol/link-guard.ts'
import { answered, readScript, runScript } from './redis.ts'
import type { RedisClient } from './redis-connections.ts'
import { bootsKey } from './redis-keys.ts'

const replaceScript = readScript('replace-guard.lua')
/** More rivals for one spoke at the same moment than this are turned away. */
const triesMax = 8

export class RedisGuardStore implements GuardStore {
  readonly #redis: RedisClient

  /** `redis`: a connection on which every command has a deadline. */
  constructor(redis: RedisClient) {
    this.#redis = redis
  }

  async update<T extends { state: GuardState }>(spokeId: string, change: (state: GuardState) => T): Promise<T> {
    const key = bootsKey(spokeId)
    for (let tries = 0; tries < triesMax; tries += 1) {
      const text = await answered(this.#redis.get(key))
      // A state that cannot be read is forgotten: the links that live write it again.
      const state = fromJson(guardStateSchema, text) ?? { fenced: [] }
      const result = change(state)
      if (result.state === state || (await this.#replace(key, text ?? '', JSON.stringify(result.state)))) return result
    }
    throw new StoreUnavailableError('too many links of one spoke at once')
  }

  async #replace(key: string, read: string, written: string): Promise<boolean> {
    const args = [read, written, guardKeepMs]
    return (await answered(runScript(this.#redis, replaceScript, { keys: [key], args }))) === 1
  }
}
