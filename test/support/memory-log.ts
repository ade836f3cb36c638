// A PostLog in memory that can lose its tail or everything, as a store does that fails over or is wiped.
import { type Cursor, type History, newEpoch, type Start, sameCursor, startFor } from '#common/cursor.ts'
import { StoreUnavailableError } from '#common/errors.ts'
import { LogTail } from '#common/log-tail.ts'
import type { AppendResult, Batch, Entry, LogChange, LogHead, NewPost, PostLog, Verdict } from '#common/post-log.ts'

/** What a copy of the store holds; made by `snapshot()`. */
export interface MemorySnapshot {
  head: LogHead
  byGuid: Map<string, Entry>
  /** GUIDs of posts that were too many, and when they came in. */
  goneAt: Map<string, number>
  cursors: Map<string, Cursor>
  ended: Map<string, number>
}

export interface MemoryLogOptions {
  retentionDays?: number
  /** Bound of the tail, in UTF-16 units. */
  tailBytes?: number
  /** Unix ms. */
  now?: () => number
}

export class MemoryLog implements PostLog {
  readonly room: string
  readonly tail: LogTail
  /** While true, every call fails as if the store were away. */
  unavailable = false
  readonly #retentionMs: number
  readonly #now: () => number
  readonly #listeners = new Set<(change: LogChange) => void>()
  #state = emptyState()
  #entries: Entry[] = []

  constructor(room: string, { retentionDays = 30, tailBytes = 1 << 20, now = Date.now }: MemoryLogOptions = {}) {
    this.room = room
    this.#retentionMs = retentionDays * 86_400_000
    this.#now = now
    this.tail = new LogTail(tailBytes, 0)
  }

  get head(): LogHead {
    return this.#state.head
  }

  async append({ from, posts, cursor }: Batch): Promise<AppendResult> {
    const { cursors, head: before } = this.#reached()
    const held = cursors.get(from) ?? null
    const stale = cursor !== undefined && cursor.under !== before.epoch
    if (stale || (cursor !== undefined && !sameCursor(held, cursor.expected))) return { conflict: true, cursor: held }
    if (cursor !== undefined) cursors.set(from, cursor.next)
    const offsets = posts.map(post => this.#append(post, from, cursor?.next))
    const verdicts = offsets.map((offset, i) => (offset > 0 ? 'stored' : this.#refusal(posts[i])))
    this.tail.push(this.#entries.slice(before.head - before.first + 1))
    if (this.head.head > before.head) this.#tell('posts')
    return { conflict: false, verdicts, offsets }
  }

  async readAfter(offset: number, limit: number): Promise<Entry[]> {
    const start = Math.max(0, offset - this.#reached().head.first + 1)
    return this.#entries.slice(start, start + limit)
  }

  async find(guid: string): Promise<Entry | undefined> {
    return this.#reached().byGuid.get(guid)
  }

  async missing(guids: readonly string[]): Promise<string[]> {
    const { byGuid, goneAt } = this.#reached()
    return guids.filter(guid => !byGuid.has(guid) && !goneAt.has(guid))
  }

  async startFor(cursor: Cursor | null): Promise<Start> {
    return startFor(cursor, await this.history())
  }

  async history(): Promise<History> {
    const { head, ended } = this.#reached()
    return { ...head, ended }
  }

  async cursorOf(from: string): Promise<Cursor | null> {
    return this.#reached().cursors.get(from) ?? null
  }

  async cursors(): Promise<string[]> {
    return [...this.#reached().cursors.keys()]
  }

  async dropCursor(from: string): Promise<void> {
    this.#reached().cursors.delete(from)
  }

  async trim(now: number, postsMax = Number.POSITIVE_INFINITY): Promise<number> {
    const { head, byGuid, goneAt } = this.#reached()
    const young = this.#entries.findIndex(entry => entry.receivedAt >= now - this.#retentionMs)
    const kept = Math.max(young === -1 ? this.#entries.length : young, this.#entries.length - postsMax)
    const dropped = this.#entries.splice(0, kept)
    for (const { guid } of dropped) byGuid.delete(guid)
    for (const { guid, receivedAt } of dropped) goneAt.set(guid, receivedAt)
    for (const [guid, at] of goneAt) if (at < now - this.#retentionMs) goneAt.delete(guid)
    this.#state.head = { ...head, first: head.first + dropped.length }
    return dropped.length
  }

  subscribe(listener: (change: LogChange) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** The present state, for `restore`. */
  snapshot(): MemorySnapshot {
    return structuredClone(this.#state)
  }

  /** Goes back to an old copy: what came later is lost, and the copy's epoch ended at its head. */
  restore(snapshot: MemorySnapshot): void {
    const { epoch, head } = snapshot.head
    const state = structuredClone(snapshot)
    state.ended.set(epoch, head)
    this.#begin({ ...state, head: { ...state.head, epoch: newEpoch() } })
  }

  /** Loses everything, its own past included. */
  wipe(): void {
    this.#begin(emptyState())
  }

  #begin(state: MemorySnapshot): void {
    this.#state = state
    this.#entries = [...state.byGuid.values()]
    this.tail.reset(state.head.head)
    this.#tell('epoch')
  }

  #reached(): MemorySnapshot {
    if (this.unavailable) throw new StoreUnavailableError('the store is away')
    return this.#state
  }

  /** The post's offset, or 0 when it is refused. */
  #append({ guid, at, json }: NewPost, from: string, next?: Cursor): number {
    const { head, byGuid, goneAt } = this.#state
    if (at < this.#now() - this.#retentionMs || byGuid.has(guid) || goneAt.has(guid)) return 0
    const { epoch: fromEpoch, offset: fromOffset } = next ?? { epoch: '', offset: 0 }
    const entry = { guid, at, json, offset: head.head + 1, from, fromEpoch, fromOffset, receivedAt: this.#now() }
    this.#entries.push(entry)
    byGuid.set(guid, entry)
    this.#state.head = { ...head, head: entry.offset }
    return entry.offset
  }

  #refusal(post: NewPost | undefined): Verdict {
    return post !== undefined && post.at < this.#now() - this.#retentionMs ? 'expired' : 'duplicate'
  }

  #tell(change: LogChange): void {
    for (const listener of this.#listeners) {
      try {
        listener(change)
      } catch {
        // A careless listener must not undo what is stored.
      }
    }
  }
}

function emptyState(): MemorySnapshot {
  const head = { epoch: newEpoch(), first: 1, head: 0 }
  return { head, byGuid: new Map(), goneAt: new Map(), cursors: new Map(), ended: new Map() }
}
