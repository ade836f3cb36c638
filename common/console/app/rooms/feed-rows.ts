// What a feed looks like line by line: posts with the days, gaps and resets between them, each in its place.
import type { Alert } from '#common/alerts/alerts.ts'
import type { OffsetRange } from '#common/cursor.ts'
import { sentence } from '../alerts/kinds-words.ts'
import type { Feed, Reset } from './feed.ts'
import type { FeedPost } from './feed-post.ts'
import { startOfDay, type Zone } from './feed-words.ts'

export type FeedRow =
  /** `trimmed`: posts that were before it; null in the answer to a search. */
  | { kind: 'start'; key: string; trimmed: number | null }
  | { kind: 'day'; key: string; at: number }
  | { kind: 'unread'; key: string }
  | ({ kind: 'gap'; key: string; count: number } & OffsetRange)
  | { kind: 'reset'; key: string; lost: number }
  | { kind: 'loss'; key: string; text: string }
  /** `isFollowOn`: by the same author as the row above, soon after it. `isLost`: not in the log any more. */
  | { kind: 'post'; key: string; post: FeedPost; isFollowOn: boolean; isLost: boolean }

export interface RowOptions {
  zone: Zone
  /** A line says where what had not been seen begins; null: no line. */
  seenTo: number | null
  /** False for the answer to a search: offsets in between are posts that do not match, not gaps. */
  isDense: boolean
  /** Not where posts of its time are left out: then nobody sees what is missing. */
  losses?: readonly Loss[]
}

/** Posts that another server could not give any more (an alert of kind gap): found when this log was at `after`. */
export interface Loss {
  n: number
  after: number
  text: string
}

export function lossesOf(alerts: readonly Pick<Alert, 'n' | 'room' | 'cursor' | 'text'>[], room: string): Loss[] {
  return alerts.flatMap(({ n, room: of, cursor, text }) =>
    of === room && cursor !== undefined ? [{ n, after: cursor.offset, text: sentence(text) }] : [],
  )
}

/** Posts of one author within it stand together under one name. */
const togetherMs = 5 * 60_000

export function feedRows(feed: Feed, options: RowOptions): FeedRow[] {
  const rows = new Rows(options)
  if (feed.reachesStart) rows.start(feed)
  let last = feed.low
  const marks = marksOf(feed, options)
  for (const post of feed.posts) {
    while (marks[0] !== undefined && marks[0].after < post.offset) rows.mark(marks.shift(), last)
    if (options.isDense) rows.gap({ from: last + 1, to: post.offset - 1 })
    rows.unread(last, post.offset)
    rows.post(post, false)
    last = post.offset
  }
  for (const mark of marks) rows.mark(mark, last)
  if (options.isDense) rows.gap({ from: last + 1, to: feed.high })
  return rows.list
}

/** What stands between posts and is no gap of offsets, by place. */
function marksOf({ resets, low, high, posts }: Feed, { losses = [], isDense }: RowOptions): (Reset | Loss)[] {
  // Of a time only what is between its posts.
  const [first, end] = isDense ? [low, high + 1] : [posts[0]?.offset ?? 0, posts.at(-1)?.offset ?? 0]
  const inside = losses.filter(({ after }) => after >= first && after < end)
  return [...resets, ...inside].sort((a, b) => a.after - b.after)
}

class Rows {
  readonly list: FeedRow[] = []
  readonly #options: RowOptions
  readonly #day = { start: Number.NaN, end: Number.NaN }
  #above: FeedPost | undefined

  constructor(options: RowOptions) {
    this.#options = options
  }

  /** Offsets begin at 1: what is missing before the first kept one was trimmed. */
  start({ low, posts }: Feed): void {
    const trimmed = this.#options.isDense ? (posts.length > 0 ? low : 0) : null
    this.list.push({ kind: 'start', key: 'start', trimmed })
  }

  gap({ from, to }: OffsetRange): void {
    if (from > to) return
    this.list.push({ kind: 'gap', key: `gap-${from}`, from, to, count: to - from + 1 })
    this.#above = undefined
  }

  mark(mark: Reset | Loss | undefined, after: number): void {
    if (mark === undefined) return
    if ('lost' in mark) this.#reset(mark.lost, after)
    else this.list.push({ kind: 'loss', key: `loss-${mark.n}`, text: mark.text })
    this.#above = undefined
  }

  #reset(lost: readonly FeedPost[], after: number): void {
    for (const post of lost) this.post(post, true)
    this.list.push({ kind: 'reset', key: `reset-${after}`, lost: lost.length })
  }

  unread(last: number, offset: number): void {
    const { seenTo } = this.#options
    if (seenTo === null || last > seenTo || offset <= seenTo) return
    this.list.push({ kind: 'unread', key: 'unread' })
    this.#above = undefined
  }

  post(post: FeedPost, isLost: boolean): void {
    this.#newDay(post.receivedAt)
    this.list.push({ kind: 'post', key: post.guid, post, isFollowOn: this.#followsOn(post), isLost })
    this.#above = post
  }

  /** Days are those of arrival, as the order is: a post that came late stands where it came. */
  #newDay(at: number): void {
    if (at >= this.#day.start && at < this.#day.end) return
    this.#day.start = startOfDay(at, this.#options.zone)
    this.#day.end = startOfDay(at, this.#options.zone, 1)
    this.list.push({ kind: 'day', key: `day-${this.#day.start}-${this.list.length}`, at: this.#day.start })
    this.#above = undefined
  }

  #followsOn({ origin, author, source, at }: FeedPost): boolean {
    const above = this.#above
    if (above === undefined || above.origin !== origin || above.source !== source) return false
    const isSameAuthor = above.author.name === author.name && above.author.key === author.key
    return isSameAuthor && at >= above.at && at - above.at < togetherMs
  }
}
