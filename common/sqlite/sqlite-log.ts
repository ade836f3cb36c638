// PostLog on SQLite: the edge's, and the hub's embedded default.
import { setImmediate } from 'node:timers/promises'
import { AppendQueue } from '../append-queue.ts'
import { type Cursor, type History, type Start, sameCursor, startFor } from '../cursor.ts'
import type { Log } from '../log.ts'
import { LogTail } from '../log-tail.ts'
import {
  type AppendResult,
  type Batch,
  type Entry,
  LOCAL,
  type LogChange,
  type LogHead,
  type NewPost,
  type PostLog,
  type Verdict,
} from '../post-log.ts'
import type { SqliteDb } from './sqlite-db.ts'
import { entryToRow, type RowContext, roomIds, rowToEntry } from './sqlite-entries.ts'
import type { NameNumbers } from './sqlite-names.ts'
import { SeenGuids } from './sqlite-seen.ts'
import { type LogStatements, type RoomRow, storedHead } from './sqlite-statements.ts'

const rowsPerTurn = 10_000

/** What all logs of a store share. */
export interface LogContext {
  db: SqliteDb
  statements: LogStatements
  retentionMs: number
  tailBytes: number
  log: Log
  /** Unix ms. */
  now: () => number
  names: NameNumbers
  /** Largest `at` of a post stored from LOCAL, in any room. */
  local: { at: number }
}

/** What a group of batches adds to the log, applied to memory only after the commit. */
interface Draft {
  head: number
  entries: Entry[]
  ids: Map<string, number>
  receivedAt: number
  /** Largest `at` of a local post, or 0. */
  localAt: number
}

type Sender = Pick<Entry, 'from' | 'fromEpoch' | 'fromOffset'>

export class SqliteLog implements PostLog {
  readonly room: string
  readonly tail: LogTail
  readonly #context: LogContext
  readonly #statements: LogStatements
  readonly #number: number
  readonly #rows: RowContext
  readonly #ended: ReadonlyMap<string, number>
  readonly #queue = new AppendQueue(batches => this.#writeGroup(batches))
  readonly #listeners = new Set<(change: LogChange) => void>()
  readonly #seen: SeenGuids
  #head: LogHead

  constructor(context: LogContext, { number, room, epoch, first, ended }: RoomRow) {
    this.#context = context
    this.#statements = context.statements
    this.#number = number
    this.#rows = { number, room, names: context.names }
    this.#ended = ended
    this.room = room
    const head = storedHead(context.statements, { number, first })
    this.#head = { epoch, first, head }
    this.#seen = new SeenGuids(context.statements.seen, this.#id(first), this.#id(head))
    this.tail = new LogTail(context.tailBytes, head)
  }

  get head(): LogHead {
    return this.#head
  }

  /** Posts accepted and not yet stored. */
  get depth(): number {
    return this.#queue.depth
  }

  append(batch: Batch): Promise<AppendResult> {
    return this.#queue.append(batch)
  }

  async readAfter(offset: number, limit: number): Promise<Entry[]> {
    const after = Math.max(offset, this.#head.first - 1)
    if (after >= this.#head.head) return []
    const { db, statements } = this.#context
    const rows = db.read(() => statements.read.all(this.#id(after), this.#id(this.#head.head), limit))
    return rows.map(row => rowToEntry(row, this.#rows))
  }

  async find(guid: string): Promise<Entry | undefined> {
    return this.#context.db.read(() => {
      const id = this.#seen.idOf(guid)
      const row = id === undefined ? undefined : this.#statements.one.get(id)
      return row === undefined ? undefined : rowToEntry(row, this.#rows)
    })
  }

  async missing(guids: readonly string[]): Promise<string[]> {
    return this.#context.db.read(() => guids.filter(guid => this.#seen.idOf(guid) === undefined))
  }

  async startFor(cursor: Cursor | null): Promise<Start> {
    return startFor(cursor, await this.history())
  }

  async history(): Promise<History> {
    return { ...this.#head, ended: this.#ended }
  }

  async cursorOf(from: string): Promise<Cursor | null> {
    return this.#context.db.read(() => this.#storedCursor(from))
  }

  async cursors(): Promise<string[]> {
    return this.#context.db.read(() => this.#statements.cursors.all(this.#number).map(({ server }) => String(server)))
  }

  async dropCursor(from: string): Promise<void> {
    const server = this.#context.names.number(from)
    this.#context.db.write('NORMAL', () => this.#statements.dropCursor.run(this.#number, server))
  }

  async trim(now: number, postsMax = Number.POSITIVE_INFINITY): Promise<number> {
    const { first } = this.#head
    const keptSince = Math.floor(now - this.#context.retentionMs)
    this.#dropRetired(this.#seen.outlived(keptSince))
    const surplusEnd = this.#surplusEnd(postsMax)
    if (surplusEnd > first) this.#dropSurplus(surplusEnd)
    else this.#dropBefore(this.#firstYoung(keptSince))
    return this.#head.first - first
  }

  /** Posts go by whole buckets of GUIDs: those of the rest are read from the posts themselves at the next start. */
  #surplusEnd(postsMax: number): number {
    const { first, head } = this.#head
    const end = Math.min(Math.max(first, head + 1 - postsMax), first + rowsPerTurn)
    return this.#offset(this.#seen.wholeBefore(this.#id(end)))
  }

  /** A post is kept by its arrival: its own time is either earlier, or ahead of our clock and not to be believed. */
  #firstYoung(keptSince: number): number {
    const { first, head } = this.#head
    if (first > head) return first
    const last = Math.min(head, first + rowsPerTurn - 1)
    const { db } = this.#context
    const young = db.read(() => this.#statements.firstYoung.get(this.#id(first), this.#id(last), keptSince))
    return young === undefined ? last + 1 : this.#offset(Number(young.id))
  }

  #dropBefore(newFirst: number): void {
    const { first } = this.#head
    if (newFirst === first) return
    this.#context.db.write('NORMAL', () => {
      this.#seen.drop(this.#id(first), this.#id(newFirst))
      this.#dropPosts(newFirst)
    })
    this.#seen.dropped(this.#id(newFirst))
    this.#head = { ...this.#head, first: newFirst }
  }

  #dropSurplus(newFirst: number): void {
    const { first, head } = this.#head
    const open = this.#context.db.write('NORMAL', () => {
      const sealedBefore = this.#seen.seal(this.#id(head))
      this.#seen.retire(this.#id(first), this.#id(newFirst))
      this.#dropPosts(newFirst)
      return sealedBefore
    })
    this.#seen.sealed(open)
    this.#seen.retired(this.#id(newFirst))
    this.#head = { ...this.#head, first: newFirst }
  }

  #dropPosts(newFirst: number): void {
    this.#statements.dropPosts.run(this.#id(this.#head.first), this.#id(newFirst - 1))
    this.#statements.setFirst.run(newFirst, this.#number)
    this.#statements.saveLocalAt.run(this.#context.local.at)
  }

  #dropRetired(buckets: readonly number[]): void {
    if (buckets.length === 0) return
    this.#context.db.write('NORMAL', () => this.#seen.dropRetired(buckets))
    this.#seen.droppedRetired(buckets)
  }

  subscribe(listener: (change: LogChange) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  async #writeGroup(batches: readonly Batch[]): Promise<AppendResult[]> {
    // One turn of the event loop: what other links bring meanwhile goes into the next group, and nobody starves.
    await setImmediate()
    const { db, local, now } = this.#context
    for (const batch of batches) this.#internNames(batch)
    const draft: Draft = {
      head: this.#head.head,
      entries: [],
      ids: new Map(),
      receivedAt: Math.floor(now()),
      localAt: 0,
    }
    const durability = batches.some(batch => batch.from === LOCAL) ? 'FULL' : 'NORMAL'
    let open = this.#seen.open
    const results = db.write(durability, () => {
      open = this.#seen.seal(this.#id(draft.head))
      if (open > this.#seen.open) this.#statements.saveLocalAt.run(local.at)
      return batches.map(batch => this.#appendBatch(batch, draft))
    })
    local.at = Math.max(local.at, draft.localAt)
    this.#seen.sealed(open)
    this.#seen.add(draft.ids)
    if (draft.entries.length > 0) {
      this.#head = { ...this.#head, head: draft.head }
      this.tail.push(draft.entries)
      this.#tell('posts')
    }
    return results
  }

  #internNames({ from, posts, cursor }: Batch): void {
    this.#context.names.intern(from)
    if (cursor !== undefined && posts.length > 0) this.#context.names.intern(cursor.next.epoch)
  }

  #appendBatch({ from, posts, cursor }: Batch, draft: Draft): AppendResult {
    if (cursor !== undefined) {
      const { expected, next, under } = cursor
      const held = this.#storedCursor(from)
      if (under !== this.#head.epoch || !sameCursor(held, expected)) return { conflict: true, cursor: held }
      this.#statements.setCursor.run(this.#number, this.#context.names.number(from), next.epoch, next.offset)
    }
    const { epoch: fromEpoch, offset: fromOffset } = cursor?.next ?? { epoch: '', offset: 0 }
    const offsets: number[] = []
    const verdicts = posts.map(post => {
      const verdict = this.#verdict(post, draft)
      offsets.push(verdict === 'stored' ? this.#add(post, { from, fromEpoch, fromOffset }, draft) : 0)
      return verdict
    })
    return { conflict: false, verdicts, offsets }
  }

  #verdict({ guid, at }: NewPost, { ids, receivedAt }: Draft): Verdict {
    if (at < receivedAt - this.#context.retentionMs) return 'expired'
    return ids.has(guid) || this.#seen.idOf(guid) !== undefined ? 'duplicate' : 'stored'
  }

  #add({ guid, at, json }: NewPost, sender: Sender, draft: Draft): number {
    const { receivedAt } = draft
    const offset = draft.head + 1
    const entry: Entry = { guid, at, json, offset, ...sender, receivedAt }
    this.#statements.addPost.run(...entryToRow(entry, this.#rows))
    if (sender.from === LOCAL) draft.localAt = Math.max(draft.localAt, at)
    draft.head = offset
    draft.ids.set(guid, this.#id(offset))
    draft.entries.push(entry)
    return offset
  }

  #storedCursor(from: string): Cursor | null {
    const row = this.#statements.cursor.get(this.#number, this.#context.names.number(from))
    return row === undefined ? null : { epoch: String(row.epoch), offset: Number(row.offset) }
  }

  #id(offset: number): number {
    return this.#number * roomIds + offset
  }

  #offset(id: number): number {
    return id - this.#number * roomIds
  }

  #tell(change: LogChange): void {
    for (const listener of this.#listeners) {
      try {
        listener(change)
      } catch (error) {
        this.#context.log.error({ err: String(error) }, `A listener of room ${this.room} failed`)
      }
    }
  }
}
