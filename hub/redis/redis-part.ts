// One part of the rooms in Redis, all of one server or those of one hash tag in a cluster: is it there, and has it lost writes?
import { newEpoch } from '#common/cursor.ts'
import { StoreUnavailableError } from '#common/errors.ts'
import { Watch } from '../store/watch.ts'
import type { BusReader } from './bus-reader.ts'
import { answered, readScript, runScript } from './redis.ts'
import type { RedisClient } from './redis-connections.ts'
import type { RedisLog } from './redis-log.ts'

const generationScript = readScript('./generation.lua')

export interface RedisPartParts {
  command: RedisClient
  generationKey: string
  bus: BusReader
  /** Opens a room's log; `onStale`: it may be behind the store. @throws StoreUnavailableError */
  openLog: (room: string, onStale: () => void) => Promise<RedisLog>
  /** Writes again what Redis must not forget beside these rooms; called whenever it may have. @throws StoreUnavailableError */
  keep: (rooms: readonly string[]) => Promise<unknown>
  /** Whether there are connections to look through. */
  isConnected: () => boolean
  /** The reason is another. */
  onChange: () => void
  watchMs: number
  /** Unix ms. */
  now: () => number
}

export class RedisPart {
  readonly #parts: RedisPartParts
  readonly #watch: Watch
  readonly #logsByRoom = new Map<string, Promise<RedisLog>>()
  readonly #staleRooms = new Set<string>()
  #isAllStale = true
  #generation = ''
  #reason: string
  #isClosed = false

  /** `reason`: why it is not ready before the first look. */
  constructor(parts: RedisPartParts, reason: string) {
    this.#parts = parts
    this.#reason = reason
    this.#watch = new Watch(() => this.#look(), parts.watchMs)
  }

  /** Why posts of these rooms cannot be stored; empty while they can, as far as known. */
  get reason(): string {
    return this.#reason
  }

  /** The rooms this instance has open. */
  get rooms(): string[] {
    return [...this.#logsByRoom.keys()]
  }

  /** The log of a room, the same object each time. @throws StoreUnavailableError */
  log(room: string): Promise<RedisLog> {
    const known = this.#logsByRoom.get(room)
    if (known !== undefined) return known
    const opening = this.#open(room)
    this.#logsByRoom.set(room, opening)
    opening.catch(() => this.#logsByRoom.delete(room))
    return opening
  }

  /** The bus says that somebody has appended up to `head`. */
  advance(room: string, epoch: string, head: number): void {
    this.#logsByRoom.get(room)?.then(
      log => log.advance(epoch, head),
      () => {},
    )
  }

  /** One room, or all of the part, may be behind the store. */
  stale(room?: string): void {
    if (room === undefined) this.#isAllStale = true
    else this.#staleRooms.add(room)
    this.#watch.look()
  }

  look(): void {
    this.#watch.look()
  }

  /** Its connections are lost: whatever happens until they are back is not heard of. */
  lost(reason: string): void {
    this.#isAllStale = true
    if (this.#reason === '') this.#say(reason)
  }

  /** What the connections said last, while it is not ready. */
  notReady(reason: string): void {
    if (this.#reason !== '') this.#say(reason)
  }

  async close(reason: string): Promise<void> {
    this.#isClosed = true
    await Promise.all([this.#parts.bus.close(), this.#watch.close()])
    this.#say(reason)
  }

  async #open(room: string): Promise<RedisLog> {
    if (this.#reason !== '') throw new StoreUnavailableError(this.#reason)
    const log = await this.#parts.openLog(room, () => this.stale(room))
    // An append may see it before the watch does: then everything else is looked at now, too. The room itself once more,
    // for in a cluster the answer of a node that is no longer the room's may be read after that of its new one.
    log.subscribe(change => change === 'epoch' && this.stale(room))
    return log
  }

  async #look(): Promise<void> {
    const { command, generationKey, isConnected, now } = this.#parts
    if (this.#isClosed || !isConnected()) return
    try {
      const call = { keys: [generationKey], args: [newEpoch(), now()] }
      const generation = String(await answered(runScript(command, generationScript, call)))
      if (generation !== this.#generation) this.#isAllStale = true
      await (this.#isAllStale ? this.#refreshAll() : this.#refresh([...this.#staleRooms]))
      this.#generation = generation
      if (!this.#isClosed && isConnected() && this.#parts.bus.isConnected) this.#say('')
    } catch (error) {
      if (!this.#isClosed) this.#say(error instanceof Error ? error.message : String(error))
    }
  }

  /** After a lost connection or a new history: the bus may have lost entries, the set of rooms its members, all of it anything. */
  async #refreshAll(): Promise<void> {
    this.#isAllStale = false
    try {
      await this.#parts.bus.rewind()
      await this.#parts.keep(this.rooms)
      await this.#refresh(this.rooms)
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

  #say(reason: string): void {
    if (reason === this.#reason) return
    this.#reason = reason
    this.#parts.onChange()
  }
}
