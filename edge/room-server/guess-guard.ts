// Slows down who guesses passwords. Keys cost nothing, so that strangers share one allowance; members have their own, and
// so has each stranger in front of the shared one: a node that keeps on with a wrong password must not use it up for all.

const burst = 10
/** One more try in so long. */
const refillMs = 30_000
/** Of one stranger's key: a node that was set up wrong tries for ever. */
const strangerBurst = 3
const strangerRefillMs = 600_000
const keysMax = 1000

interface Bucket {
  tries: number
  /** Unix ms. */
  at: number
}

interface Allowance {
  burst: number
  refillMs: number
}

const ofMember: Allowance = { burst, refillMs }
const ofStranger: Allowance = { burst: strangerBurst, refillMs: strangerRefillMs }

interface Who {
  isMember: boolean
  /** Unix ms. */
  now: number
}

export class GuessGuard {
  readonly #shared: Bucket = { tries: burst, at: 0 }
  readonly #members = new KeyBuckets(ofMember)
  readonly #strangers = new KeyBuckets(ofStranger)

  /**
   * May this key's password be looked at now? Unknown keys share one allowance of 10 wrong tries, and one more every 30 s;
   * of these each has 3, and one more every 10 min.
   */
  mayTry(key: string, { isMember, now }: Who): boolean {
    if (isMember) return this.#members.has(key, now)
    return this.#strangers.has(key, now) && filled(this.#shared, ofMember, now).tries >= 1
  }

  /** Its password was wrong. */
  wrong(key: string, { isMember, now }: Who): void {
    if (isMember) return this.#members.take(key, now)
    this.#strangers.take(key, now)
    filled(this.#shared, ofMember, now).tries -= 1
  }
}

/** By public key; those with a full allowance are not kept, and what finds no place has no limit of its own. */
class KeyBuckets {
  readonly #allowance: Allowance
  readonly #byKey = new Map<string, Bucket>()

  constructor(allowance: Allowance) {
    this.#allowance = allowance
  }

  has(key: string, now: number): boolean {
    const bucket = this.#byKey.get(key)
    return bucket === undefined || filled(bucket, this.#allowance, now).tries >= 1
  }

  take(key: string, now: number): void {
    const bucket = this.#byKey.get(key) ?? this.#opened(key, now)
    filled(bucket, this.#allowance, now).tries -= 1
  }

  #opened(key: string, now: number): Bucket {
    const { burst: tries } = this.#allowance
    for (const [other, bucket] of this.#byKey)
      if (filled(bucket, this.#allowance, now).tries >= tries) this.#byKey.delete(other)
    const bucket = { tries, at: now }
    if (this.#byKey.size < keysMax) this.#byKey.set(key, bucket)
    return bucket
  }
}

/** A clock that was set back gives nothing, and takes nothing. */
function filled(bucket: Bucket, { burst: max, refillMs: everyMs }: Allowance, now: number): Bucket {
  const gained = Math.max(0, now - bucket.at) / everyMs
  bucket.tries = Math.min(max, bucket.tries + gained)
  bucket.at = now
  return bucket
}
