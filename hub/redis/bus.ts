// The bus between the instances of a hub: one blocking XREAD on short streams tells which rooms have grown, and fences links.
import { setTimeout as delay } from 'node:timers/promises'
import { answered } from './redis.ts'
import type { RedisClient } from './redis-connections.ts'
import { busKeyOf, busKeys } from './redis-keys.ts'

/** append-posts.lua keeps as many. */
const entriesKept = 1000
/** Fewer than are kept: a full page says that we are behind, before anything can have been dropped unseen. */
const pageEntries = 500
const retryMs = 200
const gatherMs = 5

export interface BusListener {
  /** Somebody has appended to a room: an instance of this hub, maybe this one. */
  onAppend(room: string, epoch: string, head: number): void
  /** We were too slow, entries may have been dropped unread: look at every room. */
  onMissed(): void
}

export interface BusParts {
  /** A connection for blocking reads only; its deadline must be longer than `blockMs`. */
  reader: RedisClient
  /** A connection for everything else. */
  command: RedisClient
  blockMs: number
  listener: BusListener
}

/** Called with the spoke's id and the token of its newest link. */
export type FenceListener = (spokeId: string, linkToken: string) => void

export class Bus {
  readonly #parts: BusParts
  readonly #fenceListeners = new Set<FenceListener>()
  readonly #closing = new AbortController()
  /** Id of the last entry read, by stream. */
  readonly #lastIds = new Map<string, string>()
  #running: Promise<void> | undefined

  constructor(parts: BusParts) {
    this.#parts = parts
  }

  /**
   * Goes on with what comes after now: at the start, and when the streams are no longer the ones we know.
   * Rooms must be looked at after it, not before. @throws StoreUnavailableError
   */
  async rewind(): Promise<void> {
    const { command } = this.#parts
    const newest = await answered(Promise.all(busKeys.map(key => command.xrevrange(key, '+', '-', 'COUNT', 1))))
    for (const [i, key] of busKeys.entries()) this.#lastIds.set(key, newest[i]?.[0]?.[0] ?? '0-0')
    this.#running ??= this.#run()
  }

  /** Tells every instance, this one included, that `linkToken` names the newest link of a spoke. @throws StoreUnavailableError */
  async publishFence(spokeId: string, linkToken: string): Promise<void> {
    const value = `${spokeId} ${linkToken}`
    const key = busKeyOf(spokeId)
    await answered(this.#parts.command.xadd(key, 'MAXLEN', '~', entriesKept, '*', 'fence', value))
  }

  /** Until the returned function is called. */
  onFence(listener: FenceListener): () => void {
    this.#fenceListeners.add(listener)
    return () => this.#fenceListeners.delete(listener)
  }

  /** Ends reading; the reader's connection is closed by it. */
  async close(): Promise<void> {
    this.#closing.abort()
    this.#parts.reader.disconnect()
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
    const ids = busKeys.map(key => this.#lastIds.get(key) ?? '0-0')
    const options = ['COUNT', pageEntries, 'BLOCK', this.#parts.blockMs, 'STREAMS']
    // As replied under RESP2, which our connections speak.
    const reply = (await this.#parts.reader.call('XREAD', [...options, ...busKeys, ...ids])) as BusPage[] | null
    return reply ?? []
  }

  #dispatch(pages: readonly BusPage[]): void {
    for (const [key, entries] of pages) {
      if (entries.length >= pageEntries) this.#parts.listener.onMissed()
      for (const [id, [field, value = '']] of entries) {
        this.#lastIds.set(key, id)
        if (field === 'room') this.#tellAppend(value)
        if (field === 'fence') this.#tellFence(value)
      }
    }
  }

  #tellAppend(value: string): void {
    const [room = '', epoch = '', head = ''] = value.split(' ')
    this.#parts.listener.onAppend(room, epoch, Number(head))
  }

  #tellFence(value: string): void {
    const space = value.indexOf(' ')
    for (const listener of this.#fenceListeners) listener(value.slice(0, space), value.slice(space + 1))
  }
}

type BusPage = readonly [key: string, entries: readonly (readonly [id: string, fields: readonly string[]])[]]
