// The rights of spokes in one hash in Redis, for all instances: a field for each spoke, and one that changes with any.
import { randomBytes } from 'node:crypto'
import { StoreUnavailableError } from '#common/errors.ts'
import { fromJson } from '#common/json.ts'
import { damagedRights, rightsMax, type SpokeRights, spokeRightsSchema, tooManyRights } from '../rights/rights.ts'
import type { RightsStore } from '../rights/rights-store.ts'
import { publishNotice } from './bus.ts'
import { answered, readScript, runScript } from './redis.ts'
import type { RedisClient } from './redis-connections.ts'
import { rightsKey } from './redis-keys.ts'

/** No id has this length. */
const versionField = 'version'
const replaceScript = readScript('./replace-rights.lua')
/** More operators who decide about one spoke at the same moment are turned away. */
const triesMax = 8
/** What the bus calls a change of them. */
export const rightsNotice = 'rights'

export class RedisRights implements RightsStore {
  readonly losesWrites = true
  readonly #redis: RedisClient

  /** `redis`: a connection on which every command has a deadline. */
  constructor(redis: RedisClient) {
    this.#redis = redis
  }

  async version(): Promise<string> {
    return (await answered(this.#redis.hget(rightsKey, versionField))) ?? ''
  }

  async all(): Promise<SpokeRights[]> {
    const { [versionField]: _, ...texts } = await answered(this.#redis.hgetall(rightsKey))
    return Object.entries(texts).map(([id, text]) => rightsFromText(id, text))
  }

  async update(id: string, change: (before: SpokeRights | undefined) => SpokeRights): Promise<SpokeRights> {
    for (let tries = 0; tries < triesMax; tries += 1) {
      const text = (await answered(this.#redis.hget(rightsKey, id))) ?? ''
      const before = text === '' ? undefined : rightsFromText(id, text)
      const after = change(before)
      if (after === before || (await this.#replace(id, text, JSON.stringify(after)))) return after
    }
    throw new StoreUnavailableError('too many decisions about one spoke at once')
  }

  async remove(record: SpokeRights): Promise<void> {
    const text = (await answered(this.#redis.hget(rightsKey, record.id))) ?? ''
    if (text !== '' && rightsFromText(record.id, text).at === record.at) await this.#replace(record.id, text, '')
  }

  async #replace(id: string, read: string, written: string): Promise<boolean> {
    const args = [id, read, written, randomBytes(9).toString('base64url'), rightsMax]
    const result = await answered(runScript(this.#redis, replaceScript, { keys: [rightsKey], args }))
    if (result === -1) throw tooManyRights()
    if (result !== 1) return false
    // It holds all the same when nobody hears of it: the version is asked for every 2 s.
    await publishNotice(this.#redis, rightsNotice).catch(() => {})
    return true
  }
}

/** Somebody who cannot be read must not be let in for that. */
function rightsFromText(id: string, text: string): SpokeRights {
  const rights = fromJson(spokeRightsSchema, text)
  return rights?.id === id ? rights : damagedRights(id)
}
