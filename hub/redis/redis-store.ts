// The hub's store in Redis: its connections, the rooms, and whether posts can be stored in all of them, in some, or in none.
import { setTimeout as delay } from 'node:timers/promises'
import { Redis } from 'ioredis'
import type { RedisConf } from '#common/config/redis-conf.ts'
import { StoreUnavailableError } from '#common/errors.ts'
import type { Log } from '#common/log.ts'
import { Watch } from '../store/watch.ts'
import { Bus } from './bus.ts'
import { answered, readScript, redisFault, runScript } from './redis.ts'
import { connectRedis, type RedisClient } from './redis-connections.ts'
import { roomsKey, stampKey, tagOf } from './redis-keys.ts'
import { RedisLog } from './redis-log.ts'
import type { RedisPart } from './redis-part.ts'
import { stateOfParts } from './redis-reasons.ts'
import { createParts, type StorePart } from './store-parts.ts'

const stampScript = readScript('./next-stamp.lua')
const dayMs = 86_400_000
const notConnected = 'Redis: not yet connected'
/** The parts on one node of a cluster go and come back within this time: one line in the log for all of them. */
const gatherMs = 300

export interface RedisStoreOptions {
  conf: RedisConf
  /** Of a room, in days. */
  retentionDays: number | ((room: string) => number)
  /** Bound of each room's tail, in UTF-16 units; default 4 Mi. */
  tailBytes?: number
  /** An append is stored when so many replicas have it; 0 does not wait. Not for a cluster. */
  waitReplicas: number
  /** Every command is answered or fails within this time; default 5,000 ms. */
  deadlineMs?: number
  /** How often to look whether Redis is well and has lost nothing; default 5,000 ms. */
  watchMs?: number
  log: Log
  /** Name of this instance, for CLIENT LIST. */
  instance: string
  /** Unix ms. */
  now?: () => number
  /** Writes again what Redis must not forget; called whenever it may have, until it resolves, and in a cluster with every look. */
  keep?: () => Promise<unknown>
  /** Redis, or a part of it, may have forgotten anything. */
  onRenewed?: () => void
}

const defaults = {
  tailBytes: 16 * 1024 * 1024,
  deadlineMs: 5_000,
  watchMs: 5_000,
  now: Date.now,
  keep: async () => {},
  onRenewed: () => {},
}

export class RedisStore {
  /** For everything that is not an append. Commands fail at once while there is no connection. */
  readonly redis: RedisClient
  readonly bus: Bus
  readonly #options: Required<RedisStoreOptions>
  readonly #append: RedisClient
  readonly #parts: readonly StorePart[]
  /** In a cluster: what is of no room lies on some node or other, and is looked after by itself. */
  readonly #keeper: Watch | undefined
  readonly #listeners = new Set<(ready: boolean) => void>()
  readonly #openLogs: RedisLog[] = []
  #knownRooms: readonly string[] = []
  #lastStamp = 0
  #ready = false
  #reason = notConnected
  /** What the connections said last. */
  #fault = notConnected
  /** What was away when the log was told last. */
  #toldAway = 'all'
  #gathering: NodeJS.Timeout | undefined
  #isClosed = false

  private constructor(options: RedisStoreOptions) {
    this.#options = { ...defaults, ...options }
    const { conf, deadlineMs, watchMs } = this.#options
    this.redis = this.#connect('command', deadlineMs)
    this.#append = this.#connect('append', deadlineMs)
    this.bus = new Bus(this.redis, (room, epoch, head) => this.#partOf(room).advance(room, epoch, head))
    if (conf.layout === 'cluster') this.#keeper = new Watch(() => this.#keepInCluster(), watchMs)
    this.#parts = createParts({
      ...this.#options,
      reason: notConnected,
      command: this.redis,
      bus: this.bus,
      connect: (role, ms) => this.#connect(role, ms),
      connectionName: role => this.#connectionName(role),
      openLog: (room, onStale) => this.#openLog(room, onStale),
      keep: rooms => this.#renewed(rooms),
      isConnected: () => [this.redis, this.#append].every(({ status }) => status === 'ready'),
      onChange: () => this.#partChanged(),
    })
  }

  /** Resolves when Redis answers, or after the deadline all the same: then it is not ready, and becomes so by itself. */
  static async open(options: RedisStoreOptions): Promise<RedisStore> {
    const store = new RedisStore(options)
    const patience = new AbortController()
    const ready = new Promise<void>(resolve => store.onChange(() => store.reason === '' && resolve()))
    await Promise.race([ready, delay(store.#options.deadlineMs, undefined, { signal: patience.signal })])
    patience.abort()
    return store
  }

  /** True while posts can be stored, as far as known; in a cluster, if only in some of the rooms. */
  get ready(): boolean {
    return this.#ready
  }

  /** Why it is not ready, or what part of it is away; empty when all is well. */
  get reason(): string {
    return this.#reason
  }

  /** Calls back when the store became ready, wholly or in part, or no longer is, until the returned function is called. */
  onChange(listener: (ready: boolean) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** The log of a room, the same object each time; creates the room where it is new. @throws StoreUnavailableError */
  log(room: string): Promise<RedisLog> {
    return this.#partOf(room).log(room)
  }

  /** The logs this instance has open. */
  openLogs(): readonly RedisLog[] {
    return this.#openLogs
  }

  /**
   * All rooms of the hub, whoever created them; as last known while a cluster lacks the node that lists them.
   * @throws StoreUnavailableError
   */
  async rooms(): Promise<string[]> {
    try {
      this.#knownRooms = await answered(this.redis.smembers(roomsKey))
      return [...this.#knownRooms]
    } catch (error) {
      if (this.#keeper === undefined || !this.#ready) throw error
      return [...new Set([...this.#knownRooms, ...this.#openRooms()])]
    }
  }

  /**
   * The time for the hub's next own post, from `now` (Unix ms): strictly increasing over all instances, also when Redis forgets.
   * @throws StoreUnavailableError
   */
  async nextAt(now: number): Promise<number> {
    const args = [Math.max(now, this.#lastStamp + 1)]
    const stamp = Number(await answered(runScript(this.redis, stampScript, { keys: [stampKey], args })))
    this.#lastStamp = Math.max(this.#lastStamp, stamp)
    return stamp
  }

  /** Appends still under way fail. */
  async close(): Promise<void> {
    this.#isClosed = true
    clearTimeout(this.#gathering)
    this.redis.disconnect()
    this.#append.disconnect()
    await Promise.all([this.#keeper?.close(), ...this.#parts.map(({ part }) => part.close('Redis: closed'))])
  }

  #partOf(room: string): RedisPart {
    const { part } = (this.#parts[tagOf(room)] ?? this.#parts[0]) as StorePart
    return part
  }

  #openRooms(): string[] {
    return this.#parts.flatMap(({ part }) => part.rooms)
  }

  #connectionName(role: string): string {
    return `federation-hub:${this.#options.instance}:${role}`
  }

  #connect(role: string, deadlineMs: number): RedisClient {
    const redis = connectRedis({ conf: this.#options.conf, name: this.#connectionName(role), deadlineMs })
    const faulty = (error: Error) => {
      this.#fault = `Redis: ${redisFault(error)}`
      // In a cluster it may be the fault of another part's node.
      if (!this.#ready) for (const { part } of this.#parts) part.notReady(this.#fault)
    }
    // Sentinel and the nodes of a cluster are told of under names of their own.
    for (const event of ['error', 'sentinelError', 'node error']) redis.on(event, faulty)
    redis.on('ready', () => {
      this.#fault = 'Redis: the connection was lost'
      for (const { part } of this.#parts) part.look()
    })
    redis.on('close', () => {
      for (const { part } of this.#parts) part.lost(this.#fault)
    })
    return redis
  }

  async #openLog(room: string, onStale: () => void): Promise<RedisLog> {
    const { retentionDays, tailBytes, waitReplicas: count, deadlineMs, now } = this.#options
    const server = this.#append
    await this.#listRoom(room)
    const log = await RedisLog.open({
      room,
      command: this.redis,
      append: this.#append,
      retentionMs: (typeof retentionDays === 'number' ? retentionDays : retentionDays(room)) * dayMs,
      tailBytes,
      replicas: count > 0 && server instanceof Redis ? { count, server, waitMs: Math.ceil(deadlineMs / 2) } : undefined,
      now,
      onStale,
    })
    this.#openLogs.push(log)
    return log
  }

  /** In a cluster the list may be on a node that is away while the room is not: then it is written later. */
  async #listRoom(room: string): Promise<void> {
    try {
      await answered(this.redis.sadd(roomsKey, room))
    } catch (error) {
      if (this.#keeper === undefined) throw error
    }
  }

  async #renewed(rooms: readonly string[]): Promise<void> {
    this.#options.onRenewed()
    if (this.#keeper === undefined) await this.#keep(rooms)
  }

  async #keep(rooms: readonly string[]): Promise<void> {
    await this.#options.keep()
    if (rooms.length > 0) await answered(this.redis.sadd(roomsKey, ...rooms))
  }

  async #keepInCluster(): Promise<void> {
    if (!this.#ready) return
    try {
      await this.#keep(this.#openRooms())
    } catch (error) {
      const { log } = this.#options
      if (error instanceof StoreUnavailableError) log.debug(`the list of rooms waits for the store: ${error.message}`)
      else log.error({ err: error }, 'the list of rooms could not be kept')
    }
  }

  #partChanged(): void {
    const { ready, reason } = this.#state()
    const isNew = ready !== this.#ready || (reason === '') !== (this.#reason === '')
    this.#ready = ready
    this.#reason = reason
    if (isNew) for (const listener of this.#listeners) listener(ready)
    if (this.#keeper === undefined) this.#tell()
    else this.#gathering ??= setTimeout(() => this.#tell(), gatherMs)
  }

  #state() {
    return stateOfParts(
      this.#parts.map(({ part, place }) => ({ reason: part.reason, rooms: part.rooms, place: place() })),
    )
  }

  #tell(): void {
    this.#gathering = undefined
    const { away, reason } = this.#state()
    if (away === this.#toldAway || this.#isClosed) return
    this.#toldAway = away
    const { log } = this.#options
    if (away === '') log.info('Redis is ready')
    else if (away === 'all') log.warn({ reason }, 'Redis is away: nothing is acknowledged until it is back')
    else
      log.warn({ reason }, 'Redis is away in part: nothing is acknowledged in the rooms of that part until it is back')
  }
}
