// Server cards in Redis, for all instances of a hub: the hash `mcfed:cards` has a field for each server, and one that changes with any.
import { randomBytes } from 'node:crypto'
import { StoreUnavailableError } from '#common/errors.ts'
import type { Log } from '#common/log.ts'
import { decodeKnownCard, encodeKnownCard, joinCards, type KnownCard } from '#common/server-card.ts'
import type { ServerDirectory } from '#common/server-directory.ts'
import { Watch } from '../store/watch.ts'
import { answered } from './redis.ts'
import type { RedisClient } from './redis-connections.ts'
import { cardsKey } from './redis-keys.ts'

/** No id of a server has this length. */
const versionField = 'version'
const pollMs = 2000

export interface RedisCardsOptions {
  /** A connection on which every command has a deadline. It stays the caller's, who closes it. */
  redis: RedisClient
  directory: ServerDirectory
  log: Log
  everyMs?: number
}

/**
 * Joins what an instance knows with what Redis has, both ways, until both are the same: so a Redis that has lost cards gets
 * them back, and of two instances that write at once neither loses.
 */
export class RedisCards {
  readonly #o: RedisCardsOptions
  #watch: Watch | undefined
  #unsubscribe: () => void = () => {}
  /** Had to give their place to others here since the last look. */
  readonly #displaced = new Set<string>()
  /** Cards may be here that Redis lacks. */
  #isAhead = true
  #isWell = true
  #version: string | null | undefined

  private constructor(options: RedisCardsOptions) {
    this.#o = options
  }

  /** Resolves when the directory has what Redis has; or does not, where Redis is away: then it comes later. */
  static async open(options: RedisCardsOptions): Promise<RedisCards> {
    const cards = new RedisCards(options)
    await cards.#look()
    cards.#watch = new Watch(() => cards.#look(), options.everyMs ?? pollMs)
    cards.#unsubscribe = options.directory.subscribe(ids => cards.#changed(ids))
    return cards
  }

  async close(): Promise<void> {
    this.#unsubscribe()
    await this.#watch?.close()
    // A Redis that does not answer must not hold up the end twice.
    if (this.#isAhead && this.#isWell) await this.#look()
  }

  #changed(ids: readonly string[]): void {
    for (const id of ids) if (this.#o.directory.get(id) === undefined) this.#displaced.add(id)
    this.#isAhead = true
    this.#watch?.look()
  }

  async #look(): Promise<void> {
    const { redis, log } = this.#o
    try {
      const version = await answered(redis.hget(cardsKey, versionField))
      if (version === this.#version && !this.#isAhead) return
      this.#isAhead = false
      await this.#join()
      this.#version = version
      this.#isWell = true
    } catch (error) {
      this.#isAhead = true
      this.#isWell = false
      if (error instanceof StoreUnavailableError) log.debug(`server cards wait for the store: ${error.message}`)
      else log.error({ err: error }, 'server cards could not be kept')
    }
  }

  async #join(): Promise<void> {
    const { redis, directory } = this.#o
    const stored = cardsById(await answered(redis.hgetall(cardsKey)))
    const isDisplaced = (id: string) => this.#displaced.has(id) && directory.get(id) === undefined
    const useless = [...stored].filter(([id, known]) => directory.isOld(known) || isDisplaced(id)).map(([id]) => id)
    for (const id of useless) stored.delete(id)
    this.#displaced.clear()
    directory.learn([...stored.values()])
    const known = directory.ids().flatMap(id => directory.get(id) ?? [])
    const lacking = known.filter(one => !directory.isOld(one) && lacks(stored.get(one.card.id), one))
    // What was just read is no reason to read again.
    this.#isAhead = false
    if (lacking.length > 0 || useless.length > 0) await this.#write(lacking, useless)
  }

  async #write(lacking: readonly KnownCard[], useless: readonly string[]): Promise<void> {
    const fields = new Map(lacking.map(known => [known.card.id, encodeKnownCard(known)]))
    fields.set(versionField, randomBytes(9).toString('base64url'))
    if (useless.length > 0) await answered(this.#o.redis.hdel(cardsKey, ...useless))
    await answered(this.#o.redis.hset(cardsKey, fields))
  }
}

/** What somebody else wrote into our key is passed over. */
function cardsById(hash: Record<string, string>): Map<string, KnownCard> {
  const known = Object.entries(hash).map(([id, text]) => ({ id, card: decodeKnownCard(text) }))
  return new Map(known.flatMap(({ id, card }) => (card?.card.id === id ? [[id, card]] : [])))
}

function lacks(stored: KnownCard | undefined, known: KnownCard): boolean {
  return stored === undefined || joinCards(stored, known) !== stored
}
