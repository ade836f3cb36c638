// What the instances of a hub have asked their spokes for, of one room: so that each post is asked for once over all of them.
import { type SharedClaims, sharedClaimMs } from '#common/post-log.ts'
import { readScript, runScript } from './redis.ts'
import type { RedisClient } from './redis-connections.ts'

const takeScript = readScript('./take-claims.lua')
const releaseScript = readScript('./release-claims.lua')

export class RedisClaims implements SharedClaims {
  readonly #redis: RedisClient
  readonly #key: string
  readonly #claimMs: number

  constructor(redis: RedisClient, key: string, claimMs = sharedClaimMs) {
    this.#redis = redis
    this.#key = key
    this.#claimMs = claimMs
  }

  take(claimant: string, guids: readonly string[]): Promise<boolean> {
    const args = [claimant, this.#claimMs, ...guids]
    // A Redis that cannot keep them, because it is full or away, must not keep posts from being asked for: twice is harmless.
    return runScript(this.#redis, takeScript, { keys: [this.#key], args }).then(
      reply => reply !== 0,
      () => true,
    )
  }

  release(claimant: string, guids: readonly string[]): void {
    // When Redis is away they run out there.
    runScript(this.#redis, releaseScript, { keys: [this.#key], args: [claimant, ...guids] }).catch(() => {})
  }
}
