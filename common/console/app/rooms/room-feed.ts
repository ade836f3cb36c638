// The feed of one open room: reads pages when they are wanted, takes in what comes live, and catches up when something is missing in between.
import { batch, signal } from '@preact/signals'
import type { PostPage, PostPlace } from '#common/room-shapes.ts'
import { type Api, ApiError } from '../server/api.ts'
import { type Feed, isLive, openAt, openNewest, takeFrames, takeNewer, takeOlder } from './feed.ts'
import type { RoomFrame } from './feed-post.ts'
import { roomPath } from './room-heads.ts'
import { type Filter, filterQuery, isFiltered, isWanted, noFilter } from './search.ts'

export interface RoomFeedOptions {
  api: Pick<Api, 'ask'>
  room: string
  onClose: () => void
}

/** Posts asked for at once. */
const limit = 100

type Reading = 'idle' | 'open' | 'older' | 'newer'

export class RoomFeed {
  readonly room: string
  /** Undefined until the first page is there. */
  readonly feed = signal<Feed | undefined>(undefined)
  readonly filter = signal<Filter>(noFilter)
  readonly reading = signal<Reading>('idle')
  /** Why the last reading failed; empty when it did not. */
  readonly fault = signal('')
  /** Counts openings: what was on the screen before has nothing to do with what is now. */
  readonly opened = signal(0)
  readonly #o: RoomFeedOptions
  #open = new AbortController()
  #again: () => Promise<void>
  /** What comes live goes on the screen. Not so where a piece of the past is looked at. */
  #isAttached = false

  constructor(options: RoomFeedOptions) {
    this.#o = options
    this.room = options.room
    this.#again = () => this.openNewest()
  }

  close(): void {
    this.#open.abort()
    this.#o.onClose()
  }

  /** What failed, once more. */
  retry(): void {
    void this.#again()
  }

  /** From the newest on, of those that pass the filter. */
  async openNewest(filter = this.filter.value): Promise<void> {
    await this.#reopen(filter, async signal => openNewest(await this.#page({}, signal), limit))
  }

  /** The piece of the log around a post. */
  async openAt(guid: string): Promise<void> {
    await this.#reopen(noFilter, async signal => {
      const place = await this.#o.api.ask<PostPlace>(`${roomPath(this.room)}/posts/${encodeURIComponent(guid)}`, {
        signal,
      })
      const { offset } = place.post
      const piece = openAt(offset, place)
      const older = takeOlder(piece, await this.#page({ before: offset + 1 }, signal), limit)
      return takeNewer(older, await this.#page({ after: offset }, signal), limit)
    })
  }

  async older(): Promise<void> {
    const asked = this.feed.value
    if (asked === undefined || asked.reachesStart) return
    await this.#read('older', async signal => {
      const page = await this.#page({ before: asked.low + 1 }, signal)
      // Meanwhile it may have begun elsewhere.
      return feed => (feed.low === asked.low ? takeOlder(feed, page, limit) : feed)
    })
  }

  async newer(): Promise<void> {
    const asked = this.feed.value
    if (asked === undefined || isLive(asked)) return
    await this.#read('newer', async signal => {
      const page = await this.#page({ after: asked.high }, signal)
      return feed => (feed.high >= asked.high ? takeNewer(feed, page, limit) : feed)
    })
  }

  take(frames: readonly RoomFrame[]): void {
    const feed = this.feed.value
    if (feed === undefined || frames.length === 0) return
    this.#set(takeFrames(feed, frames, post => isWanted(post, this.filter.value)))
    void this.#catchUp()
  }

  /** What was live stays so. */
  async #catchUp(): Promise<void> {
    let high = -1
    for (
      let feed = this.feed.value;
      this.#isAttached && feed !== undefined && feed.high > high;
      feed = this.feed.value
    ) {
      high = feed.high
      await this.newer()
    }
  }

  async #reopen(filter: Filter, read: (signal: AbortSignal) => Promise<Feed>): Promise<void> {
    this.#open.abort()
    const open = new AbortController()
    this.#open = open
    this.#isAttached = false
    this.#again = () => this.#reopen(filter, read)
    batch(() => {
      this.filter.value = filter
      this.reading.value = 'open'
      this.fault.value = ''
    })
    try {
      const feed = await read(open.signal)
      if (open.signal.aborted) return
      batch(() => {
        this.#set(feed)
        this.opened.value += 1
        this.reading.value = 'idle'
      })
    } catch (error) {
      this.#failed(error, open)
    }
  }

  /** One reading at a time; it ends with the opening that it is of. */
  async #read(what: Reading, read: (signal: AbortSignal) => Promise<(feed: Feed) => Feed>): Promise<void> {
    if (this.reading.value !== 'idle') return
    const open = this.#open
    this.#again = () => this.#read(what, read)
    this.reading.value = what
    try {
      const change = await read(open.signal)
      if (open.signal.aborted || this.feed.value === undefined) return
      batch(() => {
        if (this.feed.value !== undefined) this.#set(change(this.feed.value))
        this.reading.value = 'idle'
        this.fault.value = ''
      })
    } catch (error) {
      this.#failed(error, open)
      return
    }
    if (what === 'older') await this.#catchUp()
  }

  #failed(error: unknown, open: AbortController): void {
    if (open.signal.aborted) return
    batch(() => {
      this.reading.value = 'idle'
      this.fault.value = faultWords(error)
    })
  }

  #set(feed: Feed): void {
    const high = this.feed.value?.high ?? 0
    this.feed.value = feed
    // Who reads far back lets go of the newest (postsMax).
    if (isLive(feed)) this.#isAttached = true
    else if (feed.high < high) this.#isAttached = false
    if (feed.isVoid) void this.openNewest()
  }

  #page(place: { before?: number; after?: number }, signal: AbortSignal): Promise<PostPage> {
    const query = new URLSearchParams({ limit: String(limit), ...filterQuery(this.filter.value) })
    for (const [name, offset] of Object.entries(place)) query.set(name, String(offset))
    return this.#o.api.ask<PostPage>(`${roomPath(this.room)}/posts?${query}`, { signal })
  }

  get isFiltered(): boolean {
    return isFiltered(this.filter.value)
  }
}

function faultWords(error: unknown): string {
  if (error instanceof ApiError && error.code === 'unknown_room') return 'There is no such room here.'
  if (error instanceof ApiError && error.status === 404)
    return 'There is no such post here: it is older than what this server keeps, or of another room.'
  return error instanceof Error ? error.message : String(error)
}
