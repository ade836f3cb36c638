// `federation-hub import`: posts from lines of JSON into the hub's rooms, each checked as if it had come over a link.
import { setTimeout as delay } from 'node:timers/promises'
import { StoreUnavailableError } from '#common/errors.ts'
import { encodePost, type Post, roomSchema } from '#common/post.ts'
import type { AppendResult, Batch } from '#common/post-log.ts'
import { parseWords, UsageError } from '#common/program.ts'
import type { HubStore } from '../store/hub-store.ts'
import { type CheckedLine, checkLine, type Line, linesOf } from './post-lines.ts'

const importUsage = 'usage: federation-hub import [FILE|-] [--room ROOM]'

/**
 * `from` of entries that came out of a file. No server is called so, so a link ships them to everybody; and they are not ours
 * (LOCAL), whose times the hub's own posts must lie behind.
 */
export const IMPORTED = 'import'
const batchLines = 256
const faultsTold = 100
/** So long a store may be away in the middle of an import. */
const storePatienceMs = 30_000
const storeRetryMs = 500

export interface ImportArgs {
  /** '-': standard input. */
  file: string
  /** Only posts of this room; undefined: of all. */
  room: string | undefined
}

export interface ImportParts {
  store: Pick<HubStore, 'log' | 'rooms'>
  /** A hub has no more rooms. */
  roomsMax: number
  tell: (text: string) => void
  /** Ends it between two batches. */
  signal: AbortSignal
}

interface Counts {
  stored: number
  duplicate: number
  expired: number
  otherRooms: number
  refused: number
}

/** The words behind `import`. @throws UsageError */
export function parseImportArgs(words: readonly string[]): ImportArgs {
  const options = { room: { type: 'string' } } as const
  const { values, positionals } = parseWords(words, { options, allowPositionals: true }, importUsage)
  const [file = '-', ...more] = positionals
  if (more.length > 0) throw new UsageError('one file at a time', importUsage)
  if (values.room !== undefined && !roomSchema.safeParse(values.room).success)
    throw new UsageError(`--room must be the id of a room, not "${values.room}"`, importUsage)
  return { file, room: values.room }
}

/**
 * Takes in all that is good, and tells of every line that is not. What is there already is not stored again, so the same file may be
 * imported twice. Gives the exit code: 1 when lines were refused or it was ended. @throws StoreUnavailableError
 */
export async function importPosts(
  { file, room }: ImportArgs,
  chunks: AsyncIterable<Buffer>,
  parts: ImportParts,
): Promise<number> {
  const run = new ImportRun(file === '-' ? 'standard input' : file, room, parts)
  try {
    for await (const batch of batchesOf(linesOf(chunks))) {
      await run.take(batch)
      if (parts.signal.aborted) break
    }
  } catch (error) {
    // Who ends it closes the stream, too.
    if (!parts.signal.aborted) throw error
  }
  return run.end()
}

async function* batchesOf(lines: AsyncIterable<Line>): AsyncGenerator<Line[]> {
  let batch: Line[] = []
  for await (const line of lines) {
    batch.push(line)
    if (batch.length < batchLines) continue
    yield batch
    batch = []
  }
  if (batch.length > 0) yield batch
}

class ImportRun {
  readonly #name: string
  readonly #room: string | undefined
  readonly #parts: ImportParts
  readonly #counts: Counts = { stored: 0, duplicate: 0, expired: 0, otherRooms: 0, refused: 0 }
  readonly #rooms = new Set<string>()

  constructor(name: string, room: string | undefined, parts: ImportParts) {
    this.#name = name
    this.#room = room
    this.#parts = parts
  }

  async take(lines: readonly Line[]): Promise<void> {
    const checked = await Promise.all(lines.map(checkLine))
    for (const [room, posts] of await this.#byRoom(checked)) await this.#store(room, posts)
  }

  end(): number {
    const { stored, duplicate, expired, otherRooms, refused } = this.#counts
    const { tell, signal } = this.#parts
    if (refused > faultsTold) tell(`${this.#name}: and ${refused - faultsTold} more lines like these\n`)
    const others = otherRooms > 0 ? `, ${otherRooms} of other rooms` : ''
    tell(
      `${stored} posts stored, ${duplicate} were here already, ${expired} too old${others}, ${refused} lines refused\n`,
    )
    if (signal.aborted) tell('ended before the last line: run it again\n')
    return refused > 0 || signal.aborted ? 1 : 0
  }

  async #byRoom(checked: readonly CheckedLine[]): Promise<Map<string, Post[]>> {
    const posts = new Map<string, Post[]>()
    for (const line of checked) {
      if ('fault' in line) this.#refuse(line.number, line.fault)
      else if (this.#room !== undefined && line.post.room !== this.#room) this.#counts.otherRooms += 1
      else if (!(await this.#hasPlaceFor(line.post.room)))
        this.#refuse(line.number, `this hub has its ${this.#parts.roomsMax} rooms: no place for "${line.post.room}"`)
      else
        posts
          .set(line.post.room, posts.get(line.post.room) ?? [])
          .get(line.post.room)
          ?.push(line.post)
    }
    return posts
  }

  async #hasPlaceFor(room: string): Promise<boolean> {
    if (this.#rooms.has(room)) return true
    const { store, roomsMax, signal } = this.#parts
    for (const known of await patiently(() => store.rooms(), signal)) this.#rooms.add(known)
    if (!this.#rooms.has(room) && this.#rooms.size >= roomsMax) return false
    this.#rooms.add(room)
    return true
  }

  async #store(room: string, posts: readonly Post[]): Promise<void> {
    const { store, signal } = this.#parts
    const batch = {
      from: IMPORTED,
      posts: posts.map(post => ({ guid: post.guid, at: post.at, json: encodePost(post) })),
    }
    const append = async () => (await store.log(room)).append(batch)
    for (const verdict of verdictsOf(await patiently(append, signal), batch)) this.#counts[verdict] += 1
  }

  #refuse(number: number, fault: string): void {
    this.#counts.refused += 1
    if (this.#counts.refused <= faultsTold) this.#parts.tell(`${this.#name}:${number}: ${fault}\n`)
  }
}

function verdictsOf(result: AppendResult, { from }: Batch) {
  // Only a batch that moves a cursor can conflict.
  if (result.conflict) throw new Error(`an append from "${from}" without a cursor had a conflict`)
  return result.verdicts
}

/** Asks a store again that is away for a moment. @throws StoreUnavailableError */
async function patiently<T>(ask: () => Promise<T>, signal: AbortSignal): Promise<T> {
  const endsAt = performance.now() + storePatienceMs
  for (;;) {
    try {
      return await ask()
    } catch (error) {
      if (!(error instanceof StoreUnavailableError) || signal.aborted || performance.now() > endsAt) throw error
      await delay(storeRetryMs, undefined, { signal }).catch(() => {})
    }
  }
}
