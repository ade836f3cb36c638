// How many posts of one author are taken: a bucket each, that fills again while he is silent.
import { NewestMap } from '#common/newest.ts'

const minuteMs = 60_000
/** The one who has been silent longest is forgotten, and begins anew with a full bucket. */
const authorsMax = 4096

interface Bucket {
  posts: number
  /** Ticks. */
  at: number
}

export class AuthorLimits {
  readonly #ticks: () => number
  readonly #buckets = new NewestMap<string, Bucket>(authorsMax)

  /** `ticks`: monotonic ms. */
  constructor(ticks: () => number) {
    this.#ticks = ticks
  }

  /** Takes one of `perMinute` posts, which may come all at once; 0, or the ms until there is one. */
  take(author: string, perMinute: number): number {
    const bucket = this.#filled(author, perMinute)
    if (bucket.posts < 1) return Math.ceil(((1 - bucket.posts) * minuteMs) / perMinute)
    bucket.posts -= 1
    return 0
  }

  giveBack(author: string, perMinute: number): void {
    const bucket = this.#filled(author, perMinute)
    bucket.posts = Math.min(perMinute, bucket.posts + 1)
  }

  #filled(author: string, perMinute: number): Bucket {
    const now = this.#ticks()
    const bucket = this.#buckets.get(author) ?? { posts: perMinute, at: now }
    bucket.posts = Math.min(perMinute, bucket.posts + ((now - bucket.at) * perMinute) / minuteMs)
    bucket.at = now
    this.#buckets.set(author, bucket)
    return bucket
  }
}
