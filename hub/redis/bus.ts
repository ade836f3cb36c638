// The bus between the instances of a hub: tells which rooms have grown, and fences links.
import { answered } from './redis.ts'
import type { RedisClient } from './redis-connections.ts'
import { busKeyOf } from './redis-keys.ts'

/** append-posts.lua keeps as many. */
const entriesKept = 1000

/** Somebody has appended to a room: an instance of this hub, maybe this one. */
export type AppendListener = (room: string, epoch: string, head: number) => void

/**
 * Tells every instance that there is news of a kind: for those who keep it in memory, and ask from time to time all the same.
 * @throws StoreUnavailableError
 */
export async function publishNotice(command: RedisClient, kind: string): Promise<void> {
  await answered(command.xadd(busKeyOf(kind), 'MAXLEN', '~', entriesKept, '*', 'notice', kind))
}

/** Called with the spoke's id and the token of its newest link. */
export type FenceListener = (spokeId: string, linkToken: string) => void

export class Bus {
  readonly #command: RedisClient
  readonly #onAppend: AppendListener
  readonly #fenceListeners = new Set<FenceListener>()
  readonly #noticeListeners = new Set<(kind: string) => void>()

  /** `command`: a connection on which every command has a deadline. */
  constructor(command: RedisClient, onAppend: AppendListener) {
    this.#command = command
    this.#onAppend = onAppend
  }

  /** Tells every instance, this one included, that `linkToken` names the newest link of a spoke. @throws StoreUnavailableError */
  async publishFence(spokeId: string, linkToken: string): Promise<void> {
    const value = `${spokeId} ${linkToken}`
    const key = busKeyOf(spokeId)
    await answered(this.#command.xadd(key, 'MAXLEN', '~', entriesKept, '*', 'fence', value))
  }

  /** Until the returned function is called. */
  onFence(listener: FenceListener): () => void {
    this.#fenceListeners.add(listener)
    return () => this.#fenceListeners.delete(listener)
  }

  /** Until the returned function is called. */
  onNotice(listener: (kind: string) => void): () => void {
    this.#noticeListeners.add(listener)
    return () => this.#noticeListeners.delete(listener)
  }

  /** What was read from the bus: one field of an entry. */
  hear(field: string, value: string): void {
    if (field === 'room') this.#tellAppend(value)
    if (field === 'fence') this.#tellFence(value)
    if (field === 'notice') for (const listener of this.#noticeListeners) listener(value)
  }

  #tellAppend(value: string): void {
    const [room = '', epoch = '', head = ''] = value.split(' ')
    this.#onAppend(room, epoch, Number(head))
  }

  #tellFence(value: string): void {
    const space = value.indexOf(' ')
    for (const listener of this.#fenceListeners) listener(value.slice(0, space), value.slice(space + 1))
  }
}
