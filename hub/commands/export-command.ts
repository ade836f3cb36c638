// `federation-hub export`: posts as lines of JSON, exactly as on the wire, so that each still carries its origin's signature.
import { parseWords, UsageError } from '#common/program.ts'
import type { PostSource } from './post-source.ts'
import { timeFrom, timeWords } from './time-words.ts'

const exportUsage = 'usage: federation-hub export --room ROOM|--all [--since TIME] [--until TIME]'

const text = { type: 'string' } as const
const options = { room: text, all: { type: 'boolean' }, since: text, until: text } as const

const pagePosts = 500

export interface ExportArgs {
  /** Undefined: all. */
  room: string | undefined
  /** Unix ms, of the posts' own times: from `since` on, before `until`. */
  since: number
  until: number
}

export interface ExportOutput {
  /** Resolves when the text has gone; rejects when nobody takes it any more. */
  write(text: string): Promise<void>
  tell(text: string): void
}

/** The words behind `export`; `now` in Unix ms. @throws UsageError */
export function parseExportArgs(words: readonly string[], now: number): ExportArgs {
  const { values } = parseWords(words, { options }, exportUsage)
  if ((values.room === undefined) === (values.all !== true))
    throw new UsageError('say which room, or --all', exportUsage)
  return {
    room: values.room,
    since: timeOf(values.since, '--since', now) ?? 0,
    until: timeOf(values.until, '--until', now) ?? Number.POSITIVE_INFINITY,
  }
}

/** Room by room, each in the order of its log, a page at a time. Gives the exit code. @throws StoreUnavailableError */
export async function exportPosts(args: ExportArgs, source: PostSource, output: ExportOutput): Promise<number> {
  const rooms = await source.rooms()
  if (args.room !== undefined && !rooms.includes(args.room)) {
    output.tell(`There is no room "${args.room}"; there are: ${rooms.join(', ') || 'none yet'}\n`)
    return 1
  }
  for (const room of args.room === undefined ? rooms : [args.room]) {
    const { written, looked } = await exportRoom(room, args, { source, output })
    output.tell(`${room}: ${written} posts written${looked > written ? ` of ${looked}` : ''}\n`)
  }
  return 0
}

async function exportRoom(
  room: string,
  { since, until }: ExportArgs,
  { source, output }: { source: PostSource; output: ExportOutput },
): Promise<{ written: number; looked: number }> {
  let written = 0
  let looked = 0
  for (let after = 0; ; ) {
    const page = await source.readAfter(room, after, pagePosts)
    const wanted = page.filter(({ at }) => at >= since && at < until)
    if (wanted.length > 0) await output.write(wanted.map(({ json }) => `${json}\n`).join(''))
    written += wanted.length
    looked += page.length
    const last = page.at(-1)
    // What is written meanwhile, one post after the other, must not keep it from coming to an end.
    if (last === undefined || page.length < pagePosts) return { written, looked }
    after = last.offset
  }
}

function timeOf(words: string | undefined, option: string, now: number): number | undefined {
  if (words === undefined) return undefined
  const at = timeFrom(words, now)
  if (at === undefined) throw new UsageError(`${option} must be a time: ${timeWords}`)
  return at
}
