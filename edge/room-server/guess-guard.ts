// Slows down who guesses passwords. Keys cost nothing, so that strangers share one allowance; members have their own.

const burst = 10
/** One more try in so long. */
const refillMs = 30_000
const membersMax = 1000

interface Bucket {
  tries: number
  /** Unix ms. */
  at: number
}

export class GuessGuard {
  readonly #strangers: Bucket = { tries: burst, at: 0 }
  /** By public key; those with a full allowance are not kept. */
  readonly #byMember = new Map<string, Bucket>()

  /** May this key's password be looked at now? Unknown keys share one allowance of 10 wrong tries, and one more every 30 s. */
  mayTry(key: string, { isMember, now }: { isMember: boolean; now: number }): boolean {
    const bucket = isMember ? this.#byMember.get(key) : this.#strangers
    return bucket === undefined || filled(bucket, now).tries >= 1
  }

  /** Its password was wrong. */
  wrong(key: string, { isMember, now }: { isMember: boolean; now: number }): void {
    const bucket = isMember ? this.#bucketOf(key, now) : this.#strangers
    filled(bucket, now).tries -= 1
  }

  #bucketOf(key: string, now: number): Bucket {
    const known = this.#byMember.get(key)
    if (known !== undefined) return known
    for (const [other, bucket] of this.#byMember) if (filled(bucket, now).tries >= burst) this.#byMember.delete(other)
    const bucket = { tries: burst, at: now }
    if (this.#byMember.size < membersMax) this.#byMember.set(key, bucket)
    return bucket
  }
}

/** A clock that was set back gives nothing, and takes nothing. */
function filled(bucket: Bucket, now: number): Bucket {
  const gained = Math.max(0, now - bucket.at) / refillMs
  bucket.tries = Math.min(burst, bucket.tries + gained)
  bucket.at = now
  return bucket
}
