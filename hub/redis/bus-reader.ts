// Reads the bus: blocking XREADs on short streams, each from where the last one ended, for ever.
import { setTimeout as delay } from 'node:timers/promises'
import { answered } from './redis.ts'
import type { RedisClient } from './redis-connections.ts'

/** Fewer than append-posts.lua keeps: a full page says that we are behind, before anything can have been dropped unseen. */
const pageEntries = 500
const retryMs = 200
const gatherMs = 5

/** A connection for blocking reads only; its deadline must be longer than they block. */
export interface BusConnection {
  readonly isConnected: boolean
  read(command: string, args: readonly (string | number)[]): Promise<unknown>
  close(): void
}

export interface BusReaderParts {
  /** Of one node. */
  keys: readonly string[]
  connection: BusConnection
  /** Another connection, for what does not block. */
  command: RedisClient
  blockMs: number
  /** An entry has one field, whose name says what it is about. */
  onEntry(field: string, value: string): void
  /** We were too slow, entries may have been dropped unread. */
  onMissed(): void
}

export class BusReader {
  readonly #parts: BusReaderParts
  readonly #closing = new AbortController()
  /** Id of the last entry read, by stream. */
  readonly #lastIds = new Map<string, string>()
  #running: Promise<void> | undefined

  constructor(parts: BusReaderParts) {
    this.#parts = parts
  }

  get isConnected(): boolean {
    return this.#parts.connection.isConnected
  }

  /**
   * Goes on with what comes after now: at the start, and when the streams are no longer the ones we know.
   * Rooms must be looked at after it, not before. @throws StoreUnavailableError
   */
  async rewind(): Promise<void> {
    const { command, keys } = this.#parts
    const newest = await answered(Promise.all(keys.map(key => command.xrevrange(key, '+', '-', 'COUNT', 1))))
    for (const [i, key] of keys.entries()) this.#lastIds.set(key, newest[i]?.[0]?.[0] ?? '0-0')
    this.#running ??= this.#run()
  }

  /** Ends reading; the connection is closed by it. */
  async close(): Promise<void> {
    this.#closing.abort()
    this.#parts.connection.close()
    await this.#running
  }

  async #run(): Promise<void> {
    const { signal } = this.#closing
    while (!signal.aborted) {
      try {
        const pages = await this.#read()
        this.#dispatch(pages)
        // Under load one look serves many appends; a quiet hub pays nothing for it.
        if (pages.length > 0) await delay(gatherMs, undefined, { signal })
      } catch {
        // The store watches the connection and says why; here it is only a matter of trying again.
        await delay(retryMs, undefined, { signal }).catch(() => undefined)
      }
    }
  }

  async #read(): Promise<readonly BusPage[]> {
    const { keys, connection, blockMs } = this.#parts
    const ids = keys.map(key => this.#lastIds.get(key) ?? '0-0')
    const options = ['COUNT', pageEntries, 'BLOCK', blockMs, 'STREAMS']
    // As replied under RESP2, which our connections speak.
    const reply = (await connection.read('XREAD', [...options, ...keys, ...ids])) as BusPage[] | null
    return reply ?? []
  }

  #dispatch(pages: readonly BusPage[]): void {
    for (const [key, entries] of pages) {
      if (entries.length >= pageEntries) this.#parts.onMissed()
      for (const [id, [field = '', value = '']] of entries) {
        this.#lastIds.set(key, id)
        this.#parts.onEntry(field, value)
      }
    }
  }
}

type BusPage = readonly [key: string, entries: readonly (readonly [id: string, fields: readonly string[]])[]]
