// The hub's store in Redis: its connections, the rooms this instance has open, and the watch over whether writes were lost.
import { setTimeout as delay } from 'node:timers/promises'
import { Redis } from 'ioredis'
import type { RedisConf } from '#common/config/redis-conf.ts'
import { newEpoch } from '#common/cursor.ts'
import { StoreUnavailableError } from '#common/errors.ts'
import type { Log } from '#common/log.ts'
import { Bus } from './bus.ts'
import { answered, readScript, redisFault, runScript } from './redis.ts'
import { connectRedis, type RedisClient } from './redis-connections.ts'
import { generationKey, roomsKey, stampKey } from './redis-keys.ts'
import { RedisLog } from './redis-log.ts'
import { RedisWatch } from './redis-watch.ts'

const generationScript = readScript('./generation.lua')
const stampScript = readScript('./next-stamp.lua')
const dayMs = 86_400_000
const notConnected = 'Redis: not yet connected'

export interface RedisStoreOptions {
  conf: RedisConf
  retentionDays: number
  /** Bound of each room's tail, in UTF-16 units; default 4 Mi. */
  tailBytes?: number
  /** An append is stored when so many replicas have it; 0 does not wait. */
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
  /** Writes again what Redis must not forget; called whenever it may have, until it resolves. */
  keep?: () => Promise<unknown>
}

export class RedisStore {
  /** For everything that is not an append. Commands fail at once while there is no connection. */
  readonly redis: RedisClient
  readonly bus: Bus
  readonly #options: Required<RedisStoreOptions>
  readonly #append: RedisClient
  readonly #reader: RedisClient
  readonly #logsByRoom = new Map<string, Promise<RedisLog>>()
  readonly #listeners = new Set<(ready: boolean) => void>()
  readonly #openLogs: RedisLog[] = []
  readonly #watch: RedisWatch
  readonly #staleRooms = new Set<string>()
  #isAllStale = true
  #generation = ''
  #lastStamp = 0
  #ready = false
  #reason = notConnected
  /** What the connections said last. */
  #fault = notConnected
  #isClosed = false

  private constructor(options: RedisStoreOptions) {
    const keep = async () => {}
    this.#options = { tailBytes: 16 * 1024 * 1024, deadlineMs: 5_000, watchMs: 5_000, now: Date.now, keep, ...options }
    const { deadlineMs, watchMs } = this.#options
    this.#watch = new RedisWatch(() => this.#look(), watchMs)
    const blockMs = Math.min(2_000, deadlineMs)
    this.redis = this.#connect('command', deadlineMs)
    this.#append = this.#connect('append', deadlineMs)
    this.#reader = this.#connect('bus', deadlineMs + blockMs)
    const listener = {
      onAppend: (room: string, epoch: string, head: number) => this.#advance(room, epoch, head),
      onMissed: () => this.#stale(),
    }
    this.bus = new Bus({ reader: this.#reader, command: this.redis, blockMs, listener })
  }

  /** Resolves when Redis answers, or after the deadline all the same: then it is not ready, and becomes so by itself. */
  static async open(options: RedisStoreOptions): Promise<RedisStore> {
    const store = new RedisStore(options)
    const patience = new AbortController()
    const ready = new Promise<void>(resolve => store.onChange(isReady => isReady && resolve()))
    await Promise.race([ready, delay(store.#options.deadlineMs, undefined, { signal: patience.signal })])
    patience.abort()
    return store
  }

  /** True while posts can be stored, as far as known. */
  get ready(): boolean {
    return this.#ready
  }

  /** Why it is not ready; empty when it is. */
  get reason(): string {
    return this.#reason
  }

  /** Calls back when the store became ready or no longer is, until the returned function is called. */
  onChange(listener: (ready: boolean) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** The log of a room, the same object each time; creates the room where it is new. @throws StoreUnavailableError */
  log(room: string): Promise<RedisLog> {
    const known = this.#logsByRoom.get(room)
    if (known !== undefined) return known
    const opening = this.#open(room)
    this.#logsByRoom.set(room, opening)
    opening.catch(() => this.#logsByRoom.delete(room))
    return opening
  }

  /** The logs this instance has open. */
  openLogs(): readonly RedisLog[] {
    return this.#openLogs
  }

  /** All rooms of the hub, whoever created them. @throws StoreUnavailableError */
  rooms(): Promise<string[]> {
    return answered(this.redis.smembers(roomsKey))
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
    this.redis.disconnect()
    this.#append.disconnect()
    await Promise.all([this.bus.close(), this.#watch.close()])
    this.#setReady('Redis: closed')
  }

  #connect(role: string, deadlineMs: number): RedisClient {
    const { conf, instance } = this.#options
    const redis = connectRedis({ conf, name: `federation-hub:${instance}:${role}`, deadlineMs })
    redis.on('error', (error: Error) => {
      this.#fault = `Redis: ${redisFault(error)}`
      if (!this.#ready) this.#reason = this.#fault
    })
    redis.on('ready', () => {
      this.#fault = 'Redis: the connection was lost'
      this.#watch.look()
    })
    redis.on('close', () => {
      this.#isAllStale = true
      if (this.#ready) this.#setReady(this.#fault)
    })
    return redis
  }

  async #open(room: string): Promise<RedisLog> {
    if (!this.#ready) throw new StoreUnavailableError(this.#reason)
    const { retentionDays, tailBytes, waitReplicas, deadlineMs, now } = this.#options
    await answered(this.redis.sadd(roomsKey, room))
    const log = await RedisLog.open({
      room,
      command: this.redis,
      append: this.#append,
      retentionMs: retentionDays * dayMs,
      tailBytes,
      replicas:
        waitReplicas > 0 && this.#append instanceof Redis
          ? { count: waitReplicas, server: this.#append, waitMs: Math.ceil(deadlineMs / 2) }
          : undefined,
      now,
      onStale: () => this.#stale(room),
    })
    this.#openLogs.push(log)
    // An append may see it before the watch does: then everything else is looked at now, too.
    log.subscribe(change => change === 'epoch' && this.#watch.look())
    return log
  }

  #advance(room: string, epoch: string, head: number): void {
    this.#logsByRoom.get(room)?.then(
      log => log.advance(epoch, head),
      () => {},
    )
  }

  /** One room, or all. */
  #stale(room?: string): void {
    if (room === undefined) this.#isAllStale = true
    else this.#staleRooms.add(room)
    this.#watch.look()
  }

  async #look(): Promise<void> {
    if (!this.#isConnected()) return
    try {
      const call = { keys: [generationKey], args: [newEpoch(), this.#options.now()] }
      const generation = String(await answered(runScript(this.redis, generationScript, call)))
      if (generation !== this.#generation) this.#isAllStale = true
      await (this.#isAllStale ? this.#refreshAll() : this.#refresh([...this.#staleRooms]))
      this.#generation = generation
      if (this.#isConnected()) this.#setReady('')
    } catch (error) {
      if (!this.#isClosed) this.#setReady(error instanceof Error ? error.message : String(error))
    }
  }

  #isConnected(): boolean {
    return !this.#isClosed && [this.redis, this.#append, this.#reader].every(({ status }) => status === 'ready')
  }

  /** After a lost connection or a new history: the bus may have lost entries, the set of rooms its members, all of it anything. */
  async #refreshAll(): Promise<void> {
    this.#isAllStale = false
    try {
      await this.bus.rewind()
      await this.#options.keep()
      const rooms = [...this.#logsByRoom.keys()]
      if (rooms.length > 0) await answered(this.redis.sadd(roomsKey, rooms))
      await this.#refresh(rooms)
    } catch (error) {
      this.#isAllStale = true
      throw error
    }
  }

  async #refresh(rooms: readonly string[]): Promise<void> {
    const refreshRoom = async (room: string) => {
      const log = await this.#logsByRoom.get(room)?.catch(() => undefined)
      this.#staleRooms.delete(room)
      await log?.refresh().catch(error => {
        this.#staleRooms.add(room)
        throw error
      })
    }
    await Promise.all(rooms.map(refreshRoom))
  }

  /** `reason`: empty when it is ready. */
  #setReady(reason: string): void {
    const isReady = reason === ''
    this.#reason = reason
    if (isReady === this.#ready) return
    this.#ready = isReady
    if (isReady) this.#options.log.info('Redis is ready')
    else if (!this.#isClosed)
      this.#options.log.warn({ reason }, 'Redis is away: nothing is acknowledged until it is back')
    for (const listener of this.#listeners) listener(isReady)
  }
}
