// The log of one room, as every server keeps it: what is promised, for the SQLite and the Redis implementation alike.
import type { Cursor, History, Start } from './cursor.ts'
import type { LogTail } from './log-tail.ts'

/** `from` of an entry that was written at this server. */
export const LOCAL = 'local'

/** A checked post on its way into a log, encoded once. */
export interface NewPost {
  guid: string
  /** Unix ms, the origin's. */
  at: number
  /** encodePost() of it. */
  json: string
}

/** A stored post. */
export interface Entry extends NewPost {
  /** Dense, from 1. */
  offset: number
  /** Id of the server it came in from, or LOCAL. */
  from: string
  /** The place in the sender's log of the batch it came with: `cursor.next` of that batch; '' and 0 when it had none. */
  fromEpoch: string
  fromOffset: number
  /** Unix ms at this server. */
  receivedAt: number
}

/**
 * Moves the cursor kept for `from`, in the same transaction as the posts. Refused whole unless the stored one equals
 * `expected` and this log still is in the epoch `under`, in which the reader said where it stands: a log that has lost
 * writes since has to say anew what it lacks.
 */
export interface CursorMove {
  expected: Cursor | null
  next: Cursor
  under: string
}

export interface Batch {
  from: string
  posts: readonly NewPost[]
  cursor?: CursorMove
}

/** `expired`: older than the log's retention; may be acked, is not stored. */
export type Verdict = 'stored' | 'duplicate' | 'expired'

export type AppendResult =
  | { conflict: false; verdicts: Verdict[]; offsets: number[] }
  /** Nothing of the batch was stored. `cursor` is the stored one. */
  | { conflict: true; cursor: Cursor | null }

export interface LogHead {
  epoch: string
  /** First kept offset; head + 1 when the log is empty. */
  first: number
  /** Offset of the newest entry, 0 before the first. */
  head: number
}

/** `posts`: there may be entries behind the last head. `epoch`: the log lost writes or was replaced; every place in it must be resolved anew. */
export type LogChange = 'posts' | 'epoch'

/** What the processes that take in posts of one log have asked for, so that each post is asked for once over all of them. */
export interface SharedClaims {
  /**
   * True when all of these (at most 1,000) are the claimant's from now on, until it releases them or `sharedClaimMs` have passed;
   * false when another has one of them: then nothing has changed. True as well where nobody can be asked.
   */
  take(claimant: string, guids: readonly string[]): Promise<boolean>
  /** Of what it has taken. Does not fail: what is not released runs out. */
  release(claimant: string, guids: readonly string[]): void
}

/** An instance that dies holds up what it has asked for no longer than this. */
export const sharedClaimMs = 15_000

export interface PostLog {
  readonly room: string
  /** Where several processes take in posts of it. */
  readonly claims?: SharedClaims
  /** As last seen by this process. */
  readonly head: LogHead
  /** The newest entries; never ahead of `head`, and begun anew with every epoch. */
  readonly tail: LogTail

  /**
   * Stores what is new, once per GUID, and moves the cursor with it. Resolves when it is stored, not before.
   * Appends of one log are grouped and keep their order. `offsets[i]` is 0 where `verdicts[i]` is not `stored`.
   * @throws StoreUnavailableError when it is not known to be stored; appending the same batch again is safe.
   */
  append(batch: Batch): Promise<AppendResult>
  /** Entries with an offset above `offset`, in order, at most `limit`. @throws StoreUnavailableError */
  readAfter(offset: number, limit: number): Promise<Entry[]>
  /** The entry stored for `guid`, as long as it is kept. @throws StoreUnavailableError */
  find(guid: string): Promise<Entry | undefined>
  /** Of these GUIDs (at most 1,000), the ones never stored here. @throws StoreUnavailableError */
  missing(guids: readonly string[]): Promise<string[]>
  /** Where a reader with this cursor in this log goes on. @throws StoreUnavailableError */
  startFor(cursor: Cursor | null): Promise<Start>
  /** The past of this log, to answer a cursor from (startFor in cursor.ts). @throws StoreUnavailableError */
  history(): Promise<History>
  /** The cursor in the log of server `from` that was stored with its posts. @throws StoreUnavailableError */
  cursorOf(from: string): Promise<Cursor | null>
  /** The servers for which a cursor is kept. @throws StoreUnavailableError */
  cursors(): Promise<string[]>
  /** Forgets the cursor of a server: should it come back, it offers what it has. @throws StoreUnavailableError */
  dropCursor(from: string): Promise<void>
  /**
   * Drops entries from the front that are older than the retention at `now` (Unix ms), and those before the newest `postsMax`; of
   * the latter some thousands may stay. Their GUIDs are known until the retention has passed. Returns how many were dropped,
   * at most 10,000 a call. @throws StoreUnavailableError
   */
  trim(now: number, postsMax?: number): Promise<number>
  /** Calls back on every change until the returned function is called. Carries no data: read on from where you are. */
  subscribe(listener: (change: LogChange) => void): () => void
}
