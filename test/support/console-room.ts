// What a console reads of a server, without a network: the server's own code over rooms in memory, with a live line that can be cut.
import type { FeedPost } from '#common/console/app/rooms/feed-post.ts'
import { ApiError } from '#common/console/app/server/api.ts'
import type { Place } from '#common/console/app/server/live-socket.ts'
import { pageQuerySchema, readPage, readPost } from '#common/http/read-posts.ts'
import { LogFollower } from '#common/log-follower.ts'
import { PacedWriter } from '#common/paced-writer.ts'
import type { LiveFrame } from '#common/room-shapes.ts'
import { MemoryLog } from './memory-log.ts'

export class ConsoleRoom {
  readonly log: MemoryLog
  /** Paths that were asked for. */
  readonly asked: string[] = []
  /** True: nothing is answered but faults. */
  isAway = false
  readonly #listeners = new Set<(frame: LiveFrame) => void>()
  #places: () => Place[] = () => []
  #line: AbortController | undefined

  constructor(room = 'frontrange') {
    this.log = new MemoryLog(room, { retentionDays: 36_500 })
  }

  async add(...posts: readonly FeedPost[]): Promise<void> {
    const entries = posts.map(({ offset: _, receivedAt: __, ...post }) => ({
      ...{ guid: post.guid, at: post.at, json: JSON.stringify({ ...post, sig: '' }) },
    }))
    await this.log.append({ from: 'elsewhere', posts: entries })
  }

  readonly api = { ask: <T>(path: string): Promise<T> => this.#answer(path) as Promise<T> }

  readonly live = {
    subscribe: (listener: (frame: LiveFrame) => void) => {
      this.#listeners.add(listener)
      return () => this.#listeners.delete(listener)
    },
    start: (places: () => Place[]) => {
      this.#places = places
    },
    restart: () => this.connect(),
    stop: () => this.cut(),
  }

  /** From where the console would be told on, now. */
  get place(): Place | undefined {
    return this.#places()[0]
  }

  /** A new line, from where the console says that it stands. */
  connect(): void {
    this.cut()
    const line = new AbortController()
    this.#line = line
    const send = (text: string) => {
      for (const listener of this.#listeners) if (!line.signal.aborted) listener(JSON.parse(text))
    }
    const write = (text: string, done: () => void) => {
      send(text)
      done()
    }
    const follower = new LogFollower(new PacedWriter({ write, onStalled: () => {} }))
    for (const { epoch, offset } of this.#places()) {
      send(JSON.stringify({ t: 'head', room: this.log.room, epoch: this.log.head.epoch, head: this.log.head.head }))
      follower.follow(this.log, { epoch, offset })
    }
    void follower.run(line.signal)
  }

  cut(): void {
    this.#line?.abort()
    this.#line = undefined
  }

  async #answer(path: string): Promise<unknown> {
    this.asked.push(path)
    if (this.isAway) throw new ApiError('the server does not answer', { status: 0, code: 'no_answer' })
    const { pathname, searchParams } = new URL(path, 'http://server')
    const { room, head } = this.log
    if (pathname === '/api/v1/rooms') return { rooms: [{ room, ...head }] }
    const guid = pathname.split('/posts/')[1]
    if (guid === undefined)
      return JSON.parse(await readPage(this.log, pageQuerySchema.parse(Object.fromEntries(searchParams))))
    return JSON.parse(
      await readPost(this.log, guid).catch(() => {
        throw new ApiError('there is no such post', { status: 404, code: 'unknown_post' })
      }),
    )
  }
}

/** What a browser keeps. */
export function memoryStorage(kept: Record<string, string> = {}) {
  const values = new Map(Object.entries(kept))
  return {
    getItem: (key: string) => values.get(key) ?? null,
    setItem: (key: string, value: string) => void values.set(key, value),
  }
}
