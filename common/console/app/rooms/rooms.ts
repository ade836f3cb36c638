// The rooms of the server and the feed of each, as far as somebody has looked.
import { signal } from '@preact/signals'
import type { LogHead } from '#common/post-log.ts'
import type { Network } from '../network/network.ts'
import type { Api } from '../server/api.ts'
import type { LiveFrame, LiveSocket } from '../server/live-socket.ts'
import { poll } from '../server/poll.ts'
import type { ApiPost } from './api-post.ts'

export type RoomHead = LogHead & { room: string }

export interface RoomsOptions {
  api: Api
  live: LiveSocket
  network: Network
  storage: Storage
}

const everyMs = 10_000

export class Rooms {
  readonly heads = signal<readonly RoomHead[]>([])
  readonly posts = signal<ReadonlyMap<string, readonly ApiPost[]>>(new Map())
  readonly #o: RoomsOptions

  constructor(options: RoomsOptions) {
    this.#o = options
    options.live.subscribe(frame => this.#hear(frame))
  }

  /** Until the returned function is called. */
  start(): () => void {
    const { live } = this.#o
    live.start(() => this.heads.value.map(({ room, epoch, head }) => ({ room, epoch, offset: head })))
    const end = poll(signal => this.#load(signal), { everyMs })
    return () => {
      end()
      live.stop()
    }
  }

  async #load(signal: AbortSignal): Promise<void> {
    const { rooms } = await this.#o.api.ask<{ rooms: RoomHead[] }>('/api/v1/rooms', { signal })
    const isNew = rooms.length !== this.heads.value.length
    this.heads.value = rooms
    if (isNew) this.#o.live.restart()
  }

  #hear(frame: LiveFrame): void {
    if (frame.t !== 'post') return
    this.posts.value = new Map(this.posts.value).set(frame.room, [...(this.posts.value.get(frame.room) ?? []), frame])
  }
}
