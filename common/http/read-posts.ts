// Reads a page of a room's posts for the API: forwards from an offset, backwards from one, the newest, or by a search; or one post.
import { setImmediate as nextTurn } from 'node:timers/promises'
import { z } from 'zod'
import { apiPost } from '../api-post.ts'
import { RequestError } from '../errors.ts'
import { folded } from '../folded.ts'
import { idSchema, type Post } from '../post.ts'
import type { Entry, PostLog } from '../post-log.ts'
import type { PostPage } from '../room-shapes.ts'

const scannedMax = 10_000
const pageEntries = 500
/** A post cannot be written after it came in, but by a clock that is ahead of ours: by more than this none is believed. */
const clockAheadMaxMs = 3_600_000

const numberText = z
  .string('must be given once')
  .regex(/^\d{1,15}$/, 'must be a whole number')
  .transform(Number)

const words = z.string('must be given once').min(1, 'must not be empty').max(100, 'must be at most 100 characters')

export const pageQuerySchema = z.strictObject({
  /** Offsets, both exclusive. */
  after: numberText.optional(),
  before: numberText.optional(),
  limit: numberText.pipe(z.int().min(1, 'must be at least 1').max(500, 'must be at most 500')).default(100),
  /** Part of a text or of an author's name, in any case. */
  q: words.optional(),
  /** Part of the author's name, in any case. */
  author: words.optional(),
  /** Id of the server that first stored it. */
  origin: z.string('must be given once').pipe(idSchema).optional(),
  /** When it was written, Unix ms, both inclusive. */
  since: numberText.optional(),
  until: numberText.optional(),
})

export type PageQuery = z.infer<typeof pageQuerySchema>

/** A way through a log. */
interface Way {
  isForward: boolean
  /** Entries read at once. */
  size: number
  /** What is still to be looked at: offsets, both exclusive. */
  after: number
  before: number
}

/** JSON text `{"posts","epoch","head"}`, with `scannedTo` and `more` for a search. @throws StoreUnavailableError */
export async function readPage(log: PostLog, query: PageQuery): Promise<string> {
  const { epoch, head } = log.head
  const way = wayOf(log, query)
  const found = await scan(log, way, query)
  const search = { scannedTo: way.isForward ? way.after : way.before, more: way.after + 1 < way.before }
  const posts = (way.isForward ? found : found.reverse()).map(apiPost)
  const rest: Omit<PostPage, 'posts'> = { epoch, head, ...(isSearch(query) ? search : {}) }
  return `{"posts":[${posts.join(',')}],${JSON.stringify(rest).slice(1)}`
}

export function isSearch({ q, author, origin, since, until }: PageQuery): boolean {
  return [q, author, origin, since, until].some(wish => wish !== undefined)
}

function wayOf({ head: { first, head } }: PostLog, query: PageQuery): Way {
  const { after, before = head + 1, limit } = query
  return {
    isForward: after !== undefined,
    size: isSearch(query) ? pageEntries : limit,
    after: after ?? first - 1,
    before: Math.min(before, head + 1),
  }
}

/** The first entries wanted, as they lie on the way. */
async function scan(log: PostLog, way: Way, query: PageQuery): Promise<Entry[]> {
  const isWanted = matcher(query)
  const { limit, since = 0 } = query
  const found: Entry[] = []
  for await (const entry of walk(log, way)) {
    if (!way.isForward && entry.receivedAt < since - clockAheadMaxMs) {
      way.after = way.before - 1
      break
    }
    way[way.isForward ? 'after' : 'before'] = entry.offset
    if (isWanted(entry)) found.push(entry)
    if (found.length === limit) break
  }
  return found
}

async function* walk(log: PostLog, way: Way): AsyncGenerator<Entry> {
  for (let scanned = 0; scanned < scannedMax && way.after + 1 < way.before; scanned += way.size) {
    const entries = await (way.isForward ? readOn : readBack)(log, way)
    // Trimmed meanwhile.
    if (entries.length === 0) way.after = way.before - 1
    yield* entries
    await nextTurn()
  }
}

async function readOn(log: PostLog, { after, before, size }: Way): Promise<Entry[]> {
  return (await log.readAfter(after, size)).filter(({ offset }) => offset < before)
}

async function readBack(log: PostLog, { after, before, size }: Way): Promise<Entry[]> {
  const entries = await log.readAfter(Math.max(before - 1 - size, after), size)
  return entries.filter(({ offset }) => offset < before).toReversed()
}

function matcher({ since = 0, until = Number.POSITIVE_INFINITY, ...query }: PageQuery): (entry: Entry) => boolean {
  const isWanted = postMatcher(query)
  return entry => entry.at >= since && entry.at <= until && isWanted(entry)
}

/** Of the posts of a page not one is taken apart that need not be. */
function postMatcher({ q, author, origin }: Pick<PageQuery, 'q' | 'author' | 'origin'>): (entry: Entry) => boolean {
  if (q === undefined && author === undefined && origin === undefined) return () => true
  const isNamed = partOf(author)
  const isSaid = partOf(q)
  return entry => {
    const post: Post = JSON.parse(entry.json)
    const { name } = post.author
    return (origin === undefined || post.origin === origin) && isNamed(name) && (isSaid(post.text) || isSaid(name))
  }
}

function partOf(part: string | undefined): (text: string) => boolean {
  if (part === undefined) return () => true
  const wanted = folded(part)
  return text => folded(text).includes(wanted)
}

/** JSON text `{"post","epoch","first","head"}`: a page around it is asked for by its offset. @throws RequestError 404 unknown_post */
export async function readPost(log: PostLog, guid: string): Promise<string> {
  const entry = await log.find(guid)
  if (entry === undefined)
    throw new RequestError(404, 'unknown_post', 'there is no such post in this room, or it is no longer kept')
  return `{"post":${apiPost(entry)},${JSON.stringify(log.head).slice(1)}`
}
