// A feed as a text to read or to paste: one paragraph a post, gaps and resets in their places.
import { plainName } from '#common/plain-name.ts'
import type { FeedPost } from './feed-post.ts'
import type { FeedRow } from './feed-rows.ts'
import { delayOf, delayWords, stampText, type Zone, zoneText } from './feed-words.ts'

export interface ExportFacts {
  room: string
  /** Of the server whose log it is. */
  server: string
  zone: Zone
  /** Unix ms. */
  now: number
  /** Names of servers by id. */
  cityOf: (origin: string) => string
}

const sourceWords: Readonly<Record<FeedPost['source'], string>> = {
  lora: 'radio',
  channel: 'channel',
  client: 'app',
  console: 'console',
  system: 'system',
}

export function sourceWord(source: FeedPost['source']): string {
  return sourceWords[source] ?? source
}

/** Under which an author is shown. */
export function authorWord({ author }: Pick<FeedPost, 'author'>): string {
  return plainName(author.name) || '(no name)'
}

/** Ends with a newline. */
export function exportText(rows: readonly FeedRow[], facts: ExportFacts): string {
  const { room, server, zone, now } = facts
  const posts = rows.filter(row => row.kind === 'post').length
  const title = `Room ${room} at ${server}, ${posts} ${posts === 1 ? 'post' : 'posts'}, as of ${stampText(now, zone)} ${zoneText(now, zone)}`
  return [title, '', ...rows.flatMap(row => rowLines(row, facts)), ''].join('\n')
}

function rowLines(row: FeedRow, facts: ExportFacts): string[] {
  if (row.kind === 'post') return [postText(row.post, facts)]
  const missing = missingWords(row)
  return missing === undefined ? [] : [`[${missing}]`]
}

/** Of gaps, losses and resets: what is not there, or not any more; undefined for other rows. */
export function missingWords(row: FeedRow): string | undefined {
  if (row.kind === 'gap') return gapWords(row.count)
  if (row.kind === 'loss') return row.text
  return row.kind === 'reset' ? resetWords(row.lost) : undefined
}

/** `2026-11-26 14:05:09 UTC  Ada (City A, radio): text`, further lines of it indented. */
export function postText(post: FeedPost, { zone, cityOf }: Pick<ExportFacts, 'zone' | 'cityOf'>): string {
  const delay = delayWords(delayOf(post))
  const about = [cityOf(post.origin), sourceWord(post.source), ...(delay === '' ? [] : [delay])].join(', ')
  // Some programs break lines at more than that: nobody is to write what looks like another post.
  const text = post.text.replace(/[\n\u2028\u2029]/g, '\n    ')
  return `${stampText(post.at, zone)} ${zoneText(post.at, zone)}  ${authorWord(post)} (${about}): ${text}`
}

function gapWords(count: number): string {
  const posts = count === 1 ? '1 post is' : `${count.toLocaleString('en')} posts are`
  return `Gap: ${posts} missing here; no server keeps ${count === 1 ? 'it' : 'them'} any more`
}

function resetWords(lost: number): string {
  const words = 'The server lost the end of its log and began anew here'
  if (lost === 0) return words
  return `${words}; the ${lost === 1 ? 'post above has' : `${lost.toLocaleString('en')} posts above have`} not come again so far`
}
