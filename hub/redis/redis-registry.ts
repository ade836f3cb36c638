// The registry in Redis, one for all instances of a hub: a hash of tokens by their SHA-256, a set of spokes and a hash for each.
import { fromJson } from '#common/json.ts'
import {
  type Cloned,
  clonedSchema,
  pendingMax,
  type Registry,
  type SpokeRecord,
  spokeRecordSchema,
  spokesAsShown,
  spokesMax,
} from '../registry/registry.ts'
import { checkNewToken, TokenCache, type TokenRecord, tokenRecordSchema } from '../registry/tokens.ts'
import { answered, readScript, runScript } from './redis.ts'
import type { RedisClient } from './redis-connections.ts'
import { pendingKeys, spokeKey, spokesKey, tokensKey } from './redis-keys.ts'

const pendingScript = readScript('./note-pending.lua')
const spokesPerPage = 500
/** Where there are too many spokes, the one not seen for longest among so many taken at random is forgotten. */
const forgetSample = 32

export interface RedisRegistryOptions {
  /** A connection on which every command has a deadline. It stays the caller's, who closes it. */
  redis: RedisClient
  /** Unix ms. */
  now?: () => number
}

export class RedisRegistry implements Registry {
  readonly #redis: RedisClient
  readonly #now: () => number
  readonly #cache = new TokenCache(hash => this.#tokenWithHash(hash))

  constructor({ redis, now = Date.now }: RedisRegistryOptions) {
    this.#redis = redis
    this.#now = now
  }

  findToken(token: string): Promise<TokenRecord | undefined> {
    return this.#cache.find(token)
  }

  async tokens(): Promise<TokenRecord[]> {
    const values = await answered(this.#redis.hvals(tokensKey))
    const records = values.map(recordFromText).filter(record => record !== undefined)
    return records.sort((a, b) => a.createdAt - b.createdAt)
  }

  async addToken(record: TokenRecord): Promise<void> {
    checkNewToken(record, await this.tokens())
    await answered(this.#redis.hset(tokensKey, record.hash, JSON.stringify(record)))
  }

  async removeToken(idOrName: string): Promise<TokenRecord | undefined> {
    const record = (await this.tokens()).find(({ id, name }) => id === idOrName || name === idOrName)
    if (record !== undefined) await answered(this.#redis.hdel(tokensKey, record.hash))
    return record
  }

  async spokeSeen({ id, connected, cloned: _, ...rest }: SpokeRecord): Promise<void> {
    const fields = { ...rest, connected: connected ? 1 : 0 }
    const [added] = await answered(
      Promise.all([this.#redis.sadd(spokesKey, id), this.#redis.hset(spokeKey(id), fields)]),
    )
    if (added === 1 && (await answered(this.#redis.scard(spokesKey))) > spokesMax) await this.#forgetOne(id)
  }

  async spokeCloned(id: string, cloned: Cloned): Promise<void> {
    // Of a spoke that is not known there would be half a record.
    if (await answered(this.#redis.sismember(spokesKey, id)))
      await answered(this.#redis.hset(spokeKey(id), 'cloned', JSON.stringify(cloned)))
  }

  async spokePending(spoke: SpokeRecord): Promise<void> {
    const keys = [pendingKeys.seen, pendingKeys.facts]
    const args = [spoke.id, spoke.lastSeenAt, JSON.stringify(spoke), pendingMax]
    await answered(runScript(this.#redis, pendingScript, { keys, args }))
  }

  async notPending(id: string): Promise<void> {
    await answered(Promise.all([this.#redis.zrem(pendingKeys.seen, id), this.#redis.hdel(pendingKeys.facts, id)]))
  }

  async forgetSpoke(id: string): Promise<void> {
    await answered(Promise.all([this.#redis.srem(spokesKey, id), this.#redis.del(spokeKey(id))]))
    await this.notPending(id)
  }

  async pending(): Promise<SpokeRecord[]> {
    const texts = await answered(this.#redis.hvals(pendingKeys.facts))
    const spokes = texts.flatMap(text => fromJson(spokeRecordSchema, text) ?? [])
    return spokesAsShown(spokes, this.#now())
  }

  async spokes(): Promise<SpokeRecord[]> {
    const ids = await answered(this.#redis.smembers(spokesKey))
    const spokes: SpokeRecord[] = []
    for (let at = 0; at < ids.length; at += spokesPerPage)
      spokes.push(...(await this.#readSpokes(ids.slice(at, at + spokesPerPage))))
    return spokesAsShown(spokes, this.#now())
  }

  /** The connection is the caller's: nothing to do. */
  close(): Promise<void> {
    return Promise.resolve()
  }

  async #tokenWithHash(hash: string): Promise<TokenRecord | undefined> {
    const text = await answered(this.#redis.hget(tokensKey, hash))
    return text === null ? undefined : recordFromText(text)
  }

  async #readSpokes(ids: readonly string[]): Promise<SpokeRecord[]> {
    const hashes = await answered(Promise.all(ids.map(id => this.#redis.hgetall(spokeKey(id)))))
    return hashes.flatMap((hash, i) => spokeFromHash(ids[i], hash) ?? [])
  }

  async #forgetOne(newest: string): Promise<void> {
    const sample = await answered(this.#redis.srandmember(spokesKey, forgetSample))
    const ids = sample.filter(id => id !== newest)
    const seen = await answered(Promise.all(ids.map(id => this.#redis.hget(spokeKey(id), 'lastSeenAt'))))
    const times = seen.map(Number)
    const oldest = ids[times.indexOf(Math.min(...times))]
    if (oldest === undefined) return
    await answered(Promise.all([this.#redis.srem(spokesKey, oldest), this.#redis.del(spokeKey(oldest))]))
  }
}

/** What somebody else wrote into our keys is passed over. */
function recordFromText(text: string): TokenRecord | undefined {
  return fromJson(tokenRecordSchema, text)
}

function spokeFromHash(id: string | undefined, hash: Record<string, string>): SpokeRecord | undefined {
  const { lastSeenAt, connected, cloned } = hash
  const spoke = {
    ...hash,
    id,
    lastSeenAt: Number(lastSeenAt),
    connected: connected === '1',
    cloned: fromJson(clonedSchema, cloned),
  }
  return spokeRecordSchema.safeParse(spoke).data
}
