// Who has written in a room lately and with which key: apps show the name of an author only if they have him as a contact.
import { NewestMap } from '#common/newest.ts'
import { type Post, postSchema } from '#common/post.ts'
import type { Entry, LogHead, PostLog } from '#common/post-log.ts'
import { readerOn } from '#common/read-on.ts'

/** So far back a start looks. */
const postsRead = 5000
const pageEntries = 500
const authorsMax = 200
const wholeKeyDigits = 64

export interface KnownAuthor {
  /** Public key, 64 hex digits. */
  key: string
  name: string
  /** Id of the server at which he wrote last; this one's own word goes before that of others. */
  origin: string
  /** Of his last post, Unix seconds at this server. */
  seenAt: number
}

export class AppAuthors {
  readonly #selfId: string
  /** By key, the longest silent first. */
  readonly #authors = new NewestMap<string, KnownAuthor>(authorsMax)
  /** Looks at what is new in the log. @throws StoreUnavailableError */
  readonly catchUp: () => Promise<void>

  constructor(log: PostLog, selfId: string) {
    this.#selfId = selfId
    const startAt = ({ first, head }: LogHead, offset = Math.max(first - 1, head - postsRead)) => offset
    this.catchUp = readerOn({ log, pageEntries, startAt, take: entry => this.#note(entry) })
  }

  get(key: string): KnownAuthor | undefined {
    return this.#authors.get(key)
  }

  /** At most 200, the longest silent first. */
  all(): KnownAuthor[] {
    return [...this.#authors.values()]
  }

  #note(entry: Entry): void {
    const post = postOf(entry)
    const key = post?.author.key
    if (post === undefined || key?.length !== wholeKeyDigits) return
    const known = this.#authors.get(key)
    const isHearsay = known?.origin === this.#selfId && post.origin !== this.#selfId
    const { name, origin } = isHearsay ? known : { name: post.author.name, origin: post.origin }
    this.#authors.set(key, { key, name, origin, seenAt: Math.floor(entry.receivedAt / 1000) })
  }
}

/** Undefined for what is no post; no such thing should be in a log. */
export function postOf({ json }: Entry): Post | undefined {
  return postSchema.safeParse(JSON.parse(json)).data
}
