// What was put on the air lately, here or by another gateway of the island: heard again, it is no new post. Pure: the time
// comes as an argument.

/** A post as it may be quoted on the air, as `Name: text` or `Name@City: text`, whole or in parts. */
export interface LedgerPost {
  guid: string
  room: string
  name: string
  text: string
}

export interface EchoLedgerOptions {
  keepMs: number
  /** Of each room; the oldest give way. */
  postsMax?: number
}

/** The mark at the end of a part: common/air-text.ts. */
const partMark = / \(\d{1,2}\/\d{1,2}\)$/
/** A bridge that knows nothing of us may put its own name before ours. */
const headsMax = 3

export class EchoLedger {
  readonly #o: Required<EchoLedgerOptions>
  readonly #postsByRoom = new Map<string, Map<string, LedgerPost & { at: number }>>()

  constructor(options: EchoLedgerOptions) {
    this.#o = { postsMax: 2000, ...options }
  }

  /** It may be heard from now on; one that was remembered before is remembered anew. `now`: ms of any clock. */
  remember(post: LedgerPost, now: number): void {
    const posts = this.#postsByRoom.get(post.room) ?? new Map()
    this.#postsByRoom.set(post.room, posts)
    posts.delete(post.guid)
    posts.set(post.guid, { ...post, at: now })
    for (const [guid, { at }] of posts) {
      if (posts.size <= this.#o.postsMax && now - at <= this.#o.keepMs) break
      posts.delete(guid)
    }
  }

  /** GUID of the post that these words quote; undefined when they are nobody's echo. */
  find({ room, words }: { room: string; words: string }, now: number): string | undefined {
    const posts = [...(this.#postsByRoom.get(room)?.values() ?? [])].filter(({ at }) => now - at <= this.#o.keepMs)
    return quotes(words)
      .flatMap(quote => posts.filter(post => isQuoted(post, quote)))
      .at(-1)?.guid
  }
}

interface Quote {
  head: string
  piece: string
}

/** Every way to split it into who said it and what. */
function quotes(words: string): Quote[] {
  const unmarked = words.replace(partMark, '')
  const found: Quote[] = []
  for (let at = unmarked.indexOf(': '); at >= 0 && found.length < headsMax; at = unmarked.indexOf(': ', at + 1)) {
    const start = found.length === 0 ? 0 : unmarked.lastIndexOf(': ', at - 1) + 2
    found.push({ head: unmarked.slice(start, at), piece: unmarked.slice(at + 2) })
  }
  return found
}

/** Another gateway may have less place for the text, and cut it elsewhere: a part is any piece of it. */
function isQuoted({ name, text }: LedgerPost, { head, piece }: Quote): boolean {
  const isName = head === name || head.startsWith(`${name}@`)
  return isName && piece !== '' && flat(text).includes(flat(piece))
}

/** As it may have been changed on its way: a command line has no line breaks. */
function flat(text: string): string {
  return text.replaceAll(/\s+/g, ' ').trim()
}
