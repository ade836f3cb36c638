// The part of a room's log that is on the screen: pages read in either direction and live frames, merged so that each post is there once and in order.
import type { PostPage } from '#common/room-shapes.ts'
import type { FeedPost, RoomFrame } from './feed-post.ts'

/**
 * The log began a new epoch after it had lost what lay behind `after`. Posts that were shown and have not come again since
 * are kept in this place.
 */
export interface Reset {
  after: number
  lost: readonly FeedPost[]
}

/** All that the server keeps of offsets above `low` up to `high`. An offset in between without a post is a gap. */
export interface Feed {
  epoch: string
  low: number
  high: number
  /** Newest offset known of; posts above `high` have yet to be read. */
  head: number
  /** By offset. */
  posts: readonly FeedPost[]
  /** By place. */
  resets: readonly Reset[]
  /** Nothing older is kept by the server. */
  reachesStart: boolean
  /** The log is in another epoch, and nobody said how that joins what is here: read it anew. */
  isVoid: boolean
}

type Wanted = (post: FeedPost) => boolean

/** Posts kept in memory; beyond it those at the other end are dropped, and read again when they are wanted. */
export const postsMax = 20_000

/** The newest page of a room, or of the answer to a search. */
export function openNewest(page: PostPage, limit: number): Feed {
  const { posts, epoch, head } = page
  const high = Math.max(head, posts.at(-1)?.offset ?? 0)
  return { ...{ epoch, posts, resets: [], head: high, high, isVoid: false }, ...olderEdge(page, high, limit) }
}

/** An empty piece behind `offset`, to be grown both ways. */
export function openAt(offset: number, { epoch, head }: { epoch: string; head: number }): Feed {
  return { epoch, low: offset, high: offset, head, posts: [], resets: [], reachesStart: false, isVoid: false }
}

/** Everything there was is on the screen, and what comes live goes behind it. */
export function isLive({ high, head }: Feed): boolean {
  return high >= head
}

/** A page read with `before` = `low` + 1. */
export function takeOlder(feed: Feed, page: PostPage, limit: number): Feed {
  if (page.epoch !== feed.epoch) return { ...feed, isVoid: true }
  const older = page.posts.filter(({ offset }) => offset <= feed.low)
  const posts = [...older, ...withoutGuids(feed.posts, older)]
  return keepOldest({ ...feed, posts, head: Math.max(feed.head, page.head), ...olderEdge(page, feed.low, limit) })
}

function olderEdge(
  { posts, scannedTo, more }: PostPage,
  low: number,
  limit: number,
): Pick<Feed, 'low' | 'reachesStart'> {
  if (scannedTo !== undefined) return { low: Math.min(low, scannedTo - 1), reachesStart: more !== true }
  const first = posts[0]
  return { low: first === undefined ? low : Math.min(low, first.offset - 1), reachesStart: posts.length < limit }
}

/** A page read with `after` = `high`. */
export function takeNewer(feed: Feed, page: PostPage, limit: number): Feed {
  if (page.epoch !== feed.epoch) return { ...feed, isVoid: true }
  const grown = append(feed, page.posts)
  const high = Math.max(grown.high, newerEdge(page, limit))
  return keepNewest({ ...grown, high, head: Math.max(grown.head, page.head, high) })
}

/** A page that is not full reached the head of its answer, whatever was trimmed on the way. */
function newerEdge({ posts, head, scannedTo, more }: PostPage, limit: number): number {
  if (scannedTo !== undefined) return more === true ? scannedTo : head
  return posts.length < limit ? head : 0
}

/**
 * Frames as they came; of the posts those that are wanted. Posts that do not follow what is there only tell how far the log is:
 * a reader that is behind reads on from `high`.
 */
export function takeFrames(feed: Feed, frames: readonly RoomFrame[], isWanted: Wanted = () => true): Feed {
  let grown = feed
  let run: FeedPost[] = []
  const flush = () => {
    if (run.length > 0) grown = append(grown, run, isWanted)
    run = []
  }
  for (const frame of frames) {
    if (frame.t === 'post' && frame.epoch === grown.epoch && frame.offset === (run.at(-1)?.offset ?? grown.high) + 1) {
      run.push(postOf(frame))
    } else {
      flush()
      grown = takers[frame.t](grown, frame as never)
    }
  }
  flush()
  return keepNewest(grown)
}

type FrameOf<T extends RoomFrame['t']> = Extract<RoomFrame, { t: T }>

const takers: { [T in RoomFrame['t']]: (feed: Feed, frame: FrameOf<T>) => Feed } = {
  post: (feed, { epoch, offset }) => takeHead(feed, { epoch, head: offset }),
  head: (feed, { epoch, head }) => (epoch === feed.epoch ? takeHead(feed, { epoch, head }) : feed),
  gap: takeGap,
  reset: takeReset,
}

function postOf({ t: _t, epoch: _epoch, ...post }: FrameOf<'post'>): FeedPost {
  return post
}

function takeHead(feed: Feed, { epoch, head }: { epoch: string; head: number }): Feed {
  if (epoch !== feed.epoch) return { ...feed, isVoid: true }
  return head > feed.head ? { ...feed, head } : feed
}

function takeGap(feed: Feed, { epoch, from, to }: FrameOf<'gap'>): Feed {
  const told = takeHead(feed, { epoch, head: to })
  return !told.isVoid && from <= told.high + 1 && to > told.high ? { ...told, high: to } : told
}

/** One of the epoch in which the feed was read already tells nothing new. */
function takeReset(feed: Feed, { epoch, after, head }: FrameOf<'reset'>): Feed {
  if (epoch === feed.epoch) return feed
  const lost = [
    ...feed.resets.filter(reset => reset.after > after).flatMap(reset => reset.lost),
    ...feed.posts.filter(({ offset }) => offset > after),
  ]
  return {
    ...{ epoch, isVoid: false, reachesStart: feed.reachesStart },
    posts: feed.posts.filter(({ offset }) => offset <= after),
    resets: [...feed.resets.filter(reset => reset.after < after), { after, lost }],
    low: Math.min(feed.low, after),
    high: Math.min(feed.high, after),
    head: Math.max(head, after),
  }
}

/** Behind `high`; the newer place of a post that came again is its place. */
function append(feed: Feed, posts: readonly FeedPost[], isWanted: Wanted = () => true): Feed {
  const high = posts.at(-1)?.offset ?? 0
  if (high <= feed.high) return feed
  const fresh = posts.filter(post => post.offset > feed.high && isWanted(post))
  const known = feed.resets.length === 0 ? feed.posts : withoutGuids(feed.posts, fresh)
  const resets = feed.resets.map(reset => ({ ...reset, lost: withoutGuids(reset.lost, fresh) }))
  return { ...feed, posts: [...known, ...fresh], resets, high, head: Math.max(feed.head, high) }
}

function withoutGuids(posts: readonly FeedPost[], others: readonly FeedPost[]): FeedPost[] {
  const guids = new Set(others.map(({ guid }) => guid))
  return posts.filter(({ guid }) => !guids.has(guid))
}

function keepNewest(feed: Feed): Feed {
  if (feed.posts.length <= postsMax) return feed
  const posts = feed.posts.slice(-postsMax)
  const low = (posts[0]?.offset ?? 1) - 1
  return { ...feed, posts, low, reachesStart: false, resets: feed.resets.filter(({ after }) => after > low) }
}

function keepOldest(feed: Feed): Feed {
  if (feed.posts.length <= postsMax) return feed
  const posts = feed.posts.slice(0, postsMax)
  const high = posts.at(-1)?.offset ?? feed.high
  return { ...feed, posts, high, resets: feed.resets.filter(({ after }) => after < high) }
}
