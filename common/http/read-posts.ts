// Reads a page of a room's posts for the API: forwards from an offset, backwards from one, the newest, or by a search.
import { setImmediate as nextTurn } from 'node:timers/promises'
import { z } from 'zod'
import { apiPost } from '../api-post.ts'
import type { Post } from '../post.ts'
import type { Entry, PostLog } from '../post-log.ts'

const scannedMax = 10_000
const pageEntries = 500

const numberText = z
  .string('must be given once')
  .regex(/^\d{1,15}$/, 'must be a whole number')
  .transform(Number)

export const pageQuerySchema = z.strictObject({
  /** Offsets, both exclusive. */
  after: numberText.optional(),
  before: numberText.optional(),
  limit: numberText.pipe(z.int().min(1, 'must be at least 1').max(500, 'must be at most 500')).default(100),
  /** Part of a text or of an author's name, in any case. */
  q: z.string('must be given once').min(1, 'must not be empty').max(100, 'must be at most 100 characters').optional(),
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
  const rest = { epoch, head, ...(query.q === undefined ? {} : search) }
  return `{"posts":[${posts.join(',')}],${JSON.stringify(rest).slice(1)}`
}

function wayOf({ head: { first, head } }: PostLog, { after, before = head + 1, limit, q }: PageQuery): Way {
  return {
    isForward: after !== undefined,
    size: q === undefined ? limit : pageEntries,
    after: after ?? first - 1,
    before: Math.min(before, head + 1),
  }
}

/** The first entries wanted, as they lie on the way. */
async function scan(log: PostLog, way: Way, { limit, q }: PageQuery): Promise<Entry[]> {
  const isWanted = matcher(q)
  const found: Entry[] = []
  for await (const entry of walk(log, way)) {
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

function matcher(q: string | undefined): (entry: Entry) => boolean {
  if (q === undefined) return () => true
  const wanted = folded(q)
  return entry => {
    const post: Post = JSON.parse(entry.json)
    return folded(post.text).includes(wanted) || folded(post.author.name).includes(wanted)
  }
}

function folded(text: string): string {
  return text.normalize('NFKC').toLowerCase()
}
