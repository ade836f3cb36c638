// PostLog of one room in Redis: every write is one script, every entry one place in the room's stream.
import type { Redis } from 'ioredis'
import { AppendQueue } from '#common/append-queue.ts'
import { type Cursor, type History, newEpoch, type Start, startFor } from '#common/cursor.ts'
import { StoreUnavailableError } from '#common/errors.ts'
import type { LogTail } from '#common/log-tail.ts'
import type { AppendResult, Batch, Entry, LogChange, LogHead, PostLog } from '#common/post-log.ts'
import { answered, readScript, runScript } from './redis.ts'
import { decodeAppend, encodeAppend } from './redis-append.ts'
import { RedisClaims } from './redis-claims.ts'
import type { RedisClient } from './redis-connections.ts'
import { liveWeeks, type RoomKeys, roomKeys } from './redis-keys.ts'
import { decodeCursor, decodeEntry } from './redis-record.ts'
import { findBackwards } from './redis-scan.ts'
import { RedisView } from './redis-view.ts'

const appendScript = readScript('./room-epoch.lua', './append-posts.lua')
const openScript = readScript('./room-epoch.lua', './open-room.lua')
const trimScript = readScript('./trim-room.lua')
const missingScript = readScript('./missing-guids.lua')

const trimPageEntries = 500
const trimEntriesMax = 10_000

export interface RedisLogParts {
  room: string
  /** For reading. */
  command: RedisClient
  /** For appends and for whatever names an epoch: one connection, so that replies come in the order of their effects. */
  append: RedisClient
  retentionMs: number
  /** Bound of the tail, as of LogTail. */
  tailBytes: number
  /** An append is stored when so many replicas of its server have it in time; without it nothing is waited for. */
  replicas?: { count: number; server: Redis; waitMs: number } | undefined
  /** Unix ms. */
  now: () => number
  /** This log may be behind the store: refresh() it when the store can be reached. */
  onStale: () => void
}

export class RedisLog implements PostLog {
  readonly #parts: RedisLogParts
  readonly #keys: RoomKeys
  readonly #view: RedisView
  readonly claims: RedisClaims
  /** The id of the epoch that begins with an append should Redis have lost writes; most never do. */
  #nextEpoch = newEpoch()
  readonly #queue = new AppendQueue(batches => this.#view.whileAppending(() => this.#write(batches)))

  private constructor(parts: RedisLogParts, head: LogHead) {
    const { tailBytes, onStale } = parts
    this.#parts = parts
    this.#keys = roomKeys(parts.room)
    this.claims = new RedisClaims(parts.command, this.#keys.claims)
    this.#view = new RedisView(head, {
      tailBytes,
      onStale,
      read: (offset, limit) => this.readAfter(offset, limit),
      refresh: () => this.refresh(),
    })
  }

  /** Creates the room where it is new. @throws StoreUnavailableError */
  static async open(parts: RedisLogParts): Promise<RedisLog> {
    const { epoch, first, head } = await readHistory(parts.append, roomKeys(parts.room))
    return new RedisLog(parts, { epoch, first, head })
  }

  get room(): string {
    return this.#parts.room
  }

  get head(): LogHead {
    return this.#view.head
  }

  get tail(): LogTail {
    return this.#view.tail
  }

  /** Posts accepted and not yet known to be stored. */
  get depth(): number {
    return this.#queue.depth
  }

  append(batch: Batch): Promise<AppendResult> {
    return this.#queue.append(batch)
  }

  async readAfter(offset: number, limit: number): Promise<Entry[]> {
    if (limit <= 0) return []
    const { command } = this.#parts
    const entries = await answered(command.xrangeBuffer(this.#keys.log, offset + 1, '+', 'COUNT', limit))
    return entries.map(decodeEntry)
  }

  /** Looks through the newest 10,000 entries: it serves retried requests, which come soon or never. */
  find(guid: string): Promise<Entry | undefined> {
    return findBackwards(this.#parts.command, this.#keys.log, guid)
  }

  /** Posts more than a month ahead of our clock are not looked for; appending one again is harmless. */
  async missing(guids: readonly string[]): Promise<string[]> {
    if (guids.length === 0) return []
    const { command, now, retentionMs } = this.#parts
    const keys = liveWeeks(now(), retentionMs).map(week => this.#keys.seen(week))
    const seen = String(await answered(runScript(command, missingScript, { keys, args: guids })))
    return guids.filter((_, i) => seen[i] === '0')
  }

  async startFor(cursor: Cursor | null): Promise<Start> {
    return startFor(cursor, await this.refresh())
  }

  history(): Promise<History> {
    return this.refresh()
  }

  async cursorOf(from: string): Promise<Cursor | null> {
    return decodeCursor((await answered(this.#parts.command.hget(this.#keys.cursors, from))) ?? '')
  }

  cursors(): Promise<string[]> {
    return answered(this.#parts.command.hkeys(this.#keys.cursors))
  }

  async dropCursor(from: string): Promise<void> {
    await answered(this.#parts.command.hdel(this.#keys.cursors, from))
  }

  /** The week sets know the GUIDs of what was dropped, and expire by themselves. */
  async trim(now: number, postsMax = Number.POSITIVE_INFINITY): Promise<number> {
    const { epoch, first, head } = await this.refresh()
    const surplus = Math.min(Math.max(0, head + 1 - first - postsMax), trimEntriesMax)
    const newFirst =
      surplus > 0 ? first + surplus : await this.#firstReceivedSince(now - this.#parts.retentionMs, first)
    if (newFirst === first) return 0
    const call = { keys: [this.#keys.room, this.#keys.log], args: [epoch, newFirst] }
    const dropped = Number(await answered(runScript(this.#parts.append, trimScript, call)))
    await this.refresh()
    return dropped
  }

  subscribe(listener: (change: LogChange) => void): () => void {
    return this.#view.subscribe(listener)
  }

  /** The bus says that somebody has appended up to `head`. Costs nothing when it was this log. */
  advance(epoch: string, head: number): void {
    this.#view.hear(epoch, head)
  }

  /** Asks the store where the log stands; a new epoch begins there where one is due. @throws StoreUnavailableError */
  async refresh(): Promise<History> {
    const history = await readHistory(this.#parts.append, this.#keys)
    await this.#view.moveTo(history)
    return history
  }

  async #write(batches: readonly Batch[]): Promise<AppendResult[]> {
    const { room, append, retentionMs } = this.#parts
    const now = this.#parts.now()
    const call = encodeAppend({ room, keys: this.#keys, batches, now, retentionMs, newEpoch: this.#nextEpoch })
    const connection = this.#parts.replicas?.server.stream
    try {
      const outcome = decodeAppend(await answered(runScript(append, appendScript, call)), call)
      if (outcome.log.epoch === this.#nextEpoch) this.#nextEpoch = newEpoch()
      await this.#view.take(outcome)
      await this.#replicated(connection)
      return outcome.results
    } catch (error) {
      // It may have been stored all the same.
      this.#parts.onStale()
      throw error
    }
  }

  /** WAIT speaks of what its own connection has written: behind another one it would say yes to anything. */
  async #replicated(connection: Redis['stream'] | undefined): Promise<void> {
    if (this.#parts.replicas === undefined) return
    const { count, server, waitMs } = this.#parts.replicas
    const stored = await answered(server.wait(count, waitMs))
    if (server.stream !== connection) throw new StoreUnavailableError('Redis: the connection was lost')
    if (stored < count) throw new StoreUnavailableError(`Redis: ${stored} of ${count} replicas have stored it`)
  }

  /** The first offset received since `keptSince` (Unix ms), at most 10,000 behind `first`. */
  async #firstReceivedSince(keptSince: number, first: number): Promise<number> {
    let found = first
    while (found - first < trimEntriesMax) {
      const page = await this.readAfter(found - 1, trimPageEntries)
      const kept = page.find(entry => entry.receivedAt >= keptSince)
      if (kept !== undefined) return kept.offset
      found = (page.at(-1)?.offset ?? found - 1) + 1
      if (page.length < trimPageEntries) break
    }
    return found
  }
}

async function readHistory(redis: RedisClient, keys: RoomKeys): Promise<History> {
  const call = { keys: [keys.room, keys.epochs], args: [newEpoch()] }
  const reply = await answered(runScript(redis, openScript, call))
  if (!Array.isArray(reply)) throw new TypeError('not a reply of open-room.lua')
  const [epoch = '', first, head, ...pairs] = reply.map(String)
  const ended = new Map<string, number>()
  for (let i = 0; i + 1 < pairs.length; i += 2) ended.set(pairs[i] ?? '', Number.parseInt(pairs[i + 1] ?? '', 10))
  return { epoch, first: Number(first), head: Number(head), ended }
}
