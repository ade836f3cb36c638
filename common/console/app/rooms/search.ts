// What is looked for in a room: from a line of text and chosen fields to a query of the API, and the same test for posts that come live.
import { folded } from '#common/folded.ts'
import type { FeedPost } from './feed-post.ts'
import { clockText, dateText, type Zone } from './feed-words.ts'

export interface Filter {
  /** Part of a text or of an author's name. */
  text: string
  author: string
  /** Id of the server that first stored it. */
  origin: string
  /** Unix ms of the post's own time; inclusive. */
  since: number | null
  until: number | null
}

export const noFilter: Filter = { text: '', author: '', origin: '', since: null, until: null }

/** As the API takes it. */
export const searchTextMax = 100

export function isFiltered(filter: Filter): boolean {
  return isNarrowed(filter) || filter.since !== null || filter.until !== null
}

/** Posts are left out that were written in the same time as those that are not. */
export function isNarrowed({ text, author, origin }: Filter): boolean {
  return text !== '' || author !== '' || origin !== ''
}

/** The parameters of GET /api/v1/rooms/:room/posts beside `before`, `after` and `limit`. */
export function filterQuery({ text, author, origin, since, until }: Filter): Record<string, string> {
  return {
    ...(text === '' ? {} : { q: text.slice(0, searchTextMax) }),
    ...(author === '' ? {} : { author: author.slice(0, searchTextMax) }),
    ...(origin === '' ? {} : { origin }),
    ...(since === null ? {} : { since: String(since) }),
    ...(until === null ? {} : { until: String(until) }),
  }
}

/** The filter that is said by parameters of an address, as filterQuery() writes them; what makes no sense is left out. */
export function filterFrom(params: URLSearchParams): Filter {
  const time = (name: string) => (/^\d{1,15}$/.test(params.get(name) ?? '') ? Number(params.get(name)) : null)
  const text = (name: string) => (params.get(name) ?? '').slice(0, searchTextMax)
  return { text: text('q'), author: text('author'), origin: text('origin'), since: time('since'), until: time('until') }
}

/** As the server compares (read-posts.ts). */
export function isWanted(post: FeedPost, { text, author, origin, since, until }: Filter): boolean {
  if (origin !== '' && post.origin !== origin) return false
  if (since !== null && post.at < since) return false
  if (until !== null && post.at > until) return false
  const name = folded(post.author.name)
  if (author !== '' && !name.includes(folded(author))) return false
  return text === '' || folded(post.text).includes(folded(text)) || name.includes(folded(text))
}

/** Pieces of a text, every second one a match: to mark what was looked for. */
export function markedPieces(text: string, wanted: string): string[] {
  if (wanted === '') return [text]
  const plain = text.toLowerCase()
  const sought = wanted.toLowerCase()
  // A letter that changes its length with its case would move the places of those behind it.
  if (plain.length !== text.length) return [text]
  const pieces: string[] = []
  let end = 0
  for (let at = plain.indexOf(sought); at !== -1; at = plain.indexOf(sought, end)) {
    pieces.push(text.slice(end, at), text.slice(at, at + sought.length))
    end = at + sought.length
  }
  return [...pieces, text.slice(end)]
}

/** The value of an `<input type="datetime-local">`, in the zone that is shown; null when it is empty or no time. */
export function parseStamp(value: string, zone: Zone): number | null {
  const parts = /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2})(?::(\d{2}))?/.exec(value)
  if (parts === null) return null
  const [year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0] = parts.slice(1).map(part => Number(part ?? 0))
  if (zone === 'utc') return Date.UTC(year, month - 1, day, hour, minute, second)
  return new Date(year, month - 1, day, hour, minute, second).getTime()
}

/** The reverse. */
export function inputStamp(at: number | null, zone: Zone): string {
  return at === null ? '' : `${dateText(at, zone)}T${clockText(at, zone)}`
}
