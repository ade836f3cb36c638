// The call and the reply of append-posts.lua: batches to arguments, verdicts and entries back.
import type { AppendResult, Batch, Entry, LogHead, NewPost, Verdict } from '#common/post-log.ts'
import type { ScriptCall } from './redis.ts'
import { type RoomKeys, seenWeeks } from './redis-keys.ts'
import { type Came, decodeCursor, encodeCursor, recordStart } from './redis-record.ts'

/** Lua's unpack takes less than 8,000 values. */
const runPostsMax = 500

export interface AppendGroup {
  room: string
  keys: RoomKeys
  batches: readonly Batch[]
  /** Unix ms: `receivedAt` of the posts, and what the retention is counted from. */
  now: number
  retentionMs: number
  /** The id of the epoch that begins should Redis have lost writes. */
  newEpoch: string
}

/** One batch as it was sent. */
interface SentBatch {
  batch: Batch
  /** `undefined` where Redis decides. */
  verdicts: readonly (Verdict | undefined)[]
}

export interface AppendCall extends ScriptCall {
  sent: readonly SentBatch[]
  now: number
}

export interface AppendOutcome {
  /** The log after the append. */
  log: LogHead
  /** The head before it: entries up to here that we do not know came from other instances. */
  before: number
  results: AppendResult[]
  entries: Entry[]
}

export function encodeAppend(group: AppendGroup): AppendCall {
  const { room, keys, batches, now, retentionMs, newEpoch } = group
  const seenKeys = new Map<number, number>()
  const allKeys = [keys.room, keys.epochs, keys.log, keys.cursors, keys.bus]
  const indexOf = (week: number): number => {
    const known = seenKeys.get(week)
    if (known !== undefined) return known
    const index = allKeys.push(keys.seen(week))
    seenKeys.set(week, index)
    return index
  }
  const args: (string | number)[] = [newEpoch, room]
  const sent = batches.map(batch => {
    const verdicts = localVerdicts(batch.posts, now - retentionMs)
    const posts = batch.posts.filter((_, i) => verdicts[i] === undefined)
    const runs = runsOf(posts, { retentionMs, now })
    const start = recordStart(cameWith(batch, now))
    args.push(batch.from, ...cursorArguments(batch), runs.length)
    for (const run of runs) {
      const { week, nearby, expiresAt } = run.weeks
      args.push(indexOf(week), indexOf(nearby), Math.ceil(expiresAt / 1000), run.posts.length)
      for (const { guid } of run.posts) args.push(guid)
      for (const { json } of run.posts) args.push(start + json)
    }
    return { batch, verdicts }
  })
  return { keys: allKeys, args, sent, now }
}

/** Throws TypeError when the reply is not one of append-posts.lua. */
export function decodeAppend(reply: unknown, { sent, now }: AppendCall): AppendOutcome {
  if (!Array.isArray(reply) || reply.length !== 4 + sent.length) throw new TypeError('not a reply of append-posts.lua')
  const [epoch, first, before, head, ...answers] = reply.map(String)
  const entries: Entry[] = []
  const results = sent.map(({ batch, verdicts }, i): AppendResult => {
    const answer = answers[i] ?? ''
    if (answer.startsWith('c')) return { conflict: true, cursor: decodeCursor(answer.slice(1)) }
    const merged = mergeVerdicts(verdicts, answer.slice(1))
    const came = cameWith(batch, now)
    const offsets = batch.posts.map(({ guid, at, json }, j) => {
      if (merged[j] !== 'stored') return 0
      const offset = Number(before) + entries.length + 1
      entries.push({ guid, at, json, offset, ...came })
      return offset
    })
    return { conflict: false, verdicts: merged, offsets }
  })
  const log = { epoch: epoch ?? '', first: Number(first), head: Number(head) }
  return { log, before: Number(before), results, entries }
}

function cameWith({ from, cursor }: Batch, receivedAt: number): Came {
  return { from, fromEpoch: cursor?.next.epoch ?? '', fromOffset: cursor?.next.offset ?? 0, receivedAt }
}

function cursorArguments({ cursor }: Batch): string[] {
  if (cursor === undefined) return ['-', '', '']
  return [encodeCursor(cursor.expected), cursor.under, encodeCursor(cursor.next)]
}

/** What needs no Redis to say: expired posts, and the second of a GUID in one batch. */
function localVerdicts(posts: readonly NewPost[], keptSince: number): (Verdict | undefined)[] {
  const guids = new Set<string>()
  return posts.map(({ guid, at }) => {
    if (at < keptSince) return 'expired'
    if (guids.has(guid)) return 'duplicate'
    guids.add(guid)
    return undefined
  })
}

interface Run {
  weeks: ReturnType<typeof seenWeeks>
  posts: NewPost[]
}

/** Consecutive posts whose GUIDs belong to the same sets. */
function runsOf(posts: readonly NewPost[], clock: { retentionMs: number; now: number }): Run[] {
  const runs: Run[] = []
  for (const post of posts) {
    const weeks = seenWeeks(post.at, clock)
    const run = runs.at(-1)
    const fits = run?.weeks.week === weeks.week && run.weeks.nearby === weeks.nearby && run.posts.length < runPostsMax
    if (run !== undefined && fits) run.posts.push(post)
    else runs.push({ weeks, posts: [post] })
  }
  return runs
}

/** Fills the gaps in what was decided here with what Redis has decided: a character per post that was sent. */
function mergeVerdicts(verdicts: readonly (Verdict | undefined)[], seen: string): Verdict[] {
  let asked = 0
  return verdicts.map(verdict => {
    if (verdict !== undefined) return verdict
    asked += 1
    return seen[asked - 1] === '0' ? 'stored' : 'duplicate'
  })
}
