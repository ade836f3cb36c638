// The rooms of the server: how far each is, what was last said in it, how much of it is new to this person, and the feed of the one that is open.
import { batch, computed, signal } from '@preact/signals'
import type { Cursor } from '#common/cursor.ts'
import type { LiveFrame, PostPage, RoomHead } from '#common/room-shapes.ts'
import type { Api } from '../server/api.ts'
import { type LiveSocket, liveRoomsMax, type Place } from '../server/live-socket.ts'
import { poll } from '../server/poll.ts'
import type { FeedPost, RoomFrame } from './feed-post.ts'
import { Prefs } from './prefs.ts'
import { RoomFeed } from './room-feed.ts'
import { headsAfter, headsListed, roomPath } from './room-heads.ts'
import { markSeen, meetRooms, parseMarks, type SeenMarks, unreadOf } from './unread.ts'

export interface RoomsOptions {
  api: Pick<Api, 'ask'>
  live: Pick<LiveSocket, 'start' | 'stop' | 'restart' | 'subscribe'>
  storage: Pick<Storage, 'getItem' | 'setItem'>
}

const everyMs = 10_000
/** Frames are taken in together: a reader that missed thousands draws a few times, not thousands of times. */
const gatherMs = 40
const marksKey = 'mcfed.seen'

export class Rooms {
  readonly heads = signal<readonly RoomHead[]>([])
  /** False until the server has said which rooms there are. */
  readonly isLoaded = signal(false)
  /** Why the rooms could not be read at the last try; empty when they could. */
  readonly fault = signal('')
  readonly marks = signal<SeenMarks>({})
  readonly newest = signal<ReadonlyMap<string, FeedPost>>(new Map())
  readonly unread = computed(
    () => new Map(this.heads.value.map(head => [head.room, unreadOf(head, this.marks.value)] as const)),
  )
  readonly prefs: Prefs
  readonly #o: RoomsOptions
  readonly #places = new Map<string, Place>()
  readonly #feeds = new Set<RoomFeed>()
  #gathered: RoomFrame[] = []

  constructor(options: RoomsOptions) {
    this.#o = options
    this.prefs = new Prefs(options.storage)
    this.marks.value = parseMarks(options.storage.getItem(marksKey))
    options.live.subscribe(frame => this.#hear(frame))
  }

  /** Until the returned function is called. */
  start(): () => void {
    const { live } = this.#o
    live.start(() => this.#followed())
    const end = poll(signal => this.#load(signal), { everyMs })
    return () => {
      end()
      live.stop()
      // Somebody else may sign in next.
      this.#places.clear()
      batch(() => {
        this.heads.value = []
        this.newest.value = new Map()
        this.isLoaded.value = false
      })
    }
  }

  /** A feed that is told what comes live, until it is closed. */
  openFeed(room: string): RoomFeed {
    const feed = new RoomFeed({ api: this.#o.api, room, onClose: () => this.#feeds.delete(feed) })
    this.#feeds.add(feed)
    if (this.#places.size > liveRoomsMax) this.#o.live.restart()
    return feed
  }

  /** Rooms that are open come first: of very many not all are followed. */
  #followed(): Place[] {
    const open = new Set(Array.from(this.#feeds, feed => feed.room))
    const places = [...this.#places.values()]
    return [...places.filter(({ room }) => open.has(room)), ...places.filter(({ room }) => !open.has(room))]
  }

  /** Everything in the room up to there was on the screen. */
  seen(room: string, cursor: Cursor): void {
    if (markSeen(this.marks.value, room, cursor) === this.marks.value) return
    // Another tab may have marked more meanwhile.
    const kept = { ...this.marks.value, ...parseMarks(this.#o.storage.getItem(marksKey)) }
    this.#keep(markSeen(kept, room, cursor))
  }

  #keep(marks: SeenMarks): void {
    if (marks === this.marks.value) return
    this.marks.value = marks
    try {
      this.#o.storage.setItem(marksKey, JSON.stringify(marks))
    } catch {
      // A browser that keeps nothing counts anew at the next visit.
    }
  }

  async #load(signal: AbortSignal): Promise<void> {
    const { api, live } = this.#o
    try {
      const { rooms } = await api.ask<{ rooms: RoomHead[] }>('/api/v1/rooms', { signal })
      const fresh = rooms.filter(({ room }) => !this.#places.has(room))
      for (const { room, epoch, head } of fresh) this.#places.set(room, { room, epoch, offset: head })
      for (const room of this.#places.keys()) if (!rooms.some(head => head.room === room)) this.#places.delete(room)
      batch(() => {
        this.heads.value = headsListed(this.heads.value, rooms)
        this.isLoaded.value = true
        this.fault.value = ''
        this.#keep(meetRooms(this.marks.value, rooms))
      })
      if (fresh.length > 0) live.restart()
      for (const head of fresh) await this.#loadNewest(head, signal)
    } catch (error) {
      if (!signal.aborted) this.fault.value = error instanceof Error ? error.message : String(error)
    }
  }

  async #loadNewest({ room }: RoomHead, signal: AbortSignal): Promise<void> {
    const { posts } = await this.#o.api.ask<PostPage>(`${roomPath(room)}/posts?limit=1`, { signal })
    const post = posts.at(-1)
    if (post !== undefined && !this.newest.value.has(room))
      this.newest.value = new Map(this.newest.value).set(room, post)
  }

  #hear(frame: LiveFrame): void {
    if (frame.t === 'beat') return
    this.#move(frame)
    if (this.#gathered.length === 0) setTimeout(() => this.#takeIn(), gatherMs)
    this.#gathered.push(frame)
  }

  /** A connection that is lost is resumed from here. */
  #move(frame: RoomFrame): void {
    const { room, epoch } = frame
    if (frame.t === 'post') this.#places.set(room, { room, epoch, offset: frame.offset })
    else if (frame.t === 'gap') this.#places.set(room, { room, epoch, offset: frame.to })
    else if (frame.t === 'reset') this.#places.set(room, { room, epoch, offset: frame.after })
  }

  #takeIn(): void {
    const frames = this.#gathered
    this.#gathered = []
    const newest = new Map(this.newest.value)
    for (const frame of frames) if (frame.t === 'post') newest.set(frame.room, frame)
    batch(() => {
      this.heads.value = headsAfter(this.heads.value, frames)
      this.newest.value = newest
      for (const feed of this.#feeds) feed.take(frames.filter(({ room }) => room === feed.room))
    })
  }
}
