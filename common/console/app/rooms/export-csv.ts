// A feed as CSV (RFC 4180) for spreadsheets, in which no text of a post can act as a formula.
import { sourceWord } from './export-text.ts'
import type { FeedPost } from './feed-post.ts'

const columns = [
  ...['written_utc', 'received_utc', 'delay_seconds', 'room', 'author', 'author_key'],
  ...['city', 'origin', 'source', 'text', 'number', 'guid'],
]

/** Spreadsheets take UTF-8 for what it is only with a byte order mark. */
const byteOrderMark = '\uFEFF'

export function exportCsv(posts: readonly FeedPost[], cityOf: (origin: string) => string): string {
  const lines = posts.map(post => csvLine(cellsOf(post, cityOf)))
  return `${byteOrderMark}${[csvLine(columns), ...lines].join('')}`
}

function cellsOf(post: FeedPost, cityOf: (origin: string) => string): (string | number)[] {
  const { at, receivedAt, room, author, origin, source, text, offset, guid } = post
  return [
    ...[new Date(at).toISOString(), new Date(receivedAt).toISOString(), Math.round((receivedAt - at) / 1000)],
    ...[room, author.name, author.key ?? '', cityOf(origin), origin, sourceWord(source), text, offset, guid],
  ]
}

function csvLine(cells: readonly (string | number)[]): string {
  return `${cells.map(csvCell).join(',')}\r\n`
}

/**
 * What begins as a formula does (OWASP "CSV injection": = + - @, their full-width forms, tab, carriage return; blanks before them
 * are skipped by some programs) gets an apostrophe in front, which spreadsheets take as "this is text". So does what follows a
 * semicolon, a tab or the end of a line: where the comma is that of decimals, Excel begins a new cell there, quoted or not. A winking
 * face is no formula.
 */
export function csvCell(value: string | number): string {
  if (typeof value === 'number') return String(value)
  const begun = /^\s*[=+\-@＝＋－＠]|^[\t\r\n]/u.test(value) ? `'${value}` : value
  const text = begun.replace(/([;\t\r\n]["\s]*)(?=[=+\-@＝＋－＠])(?!-\))/gu, "$1'")
  return /[",;\t\r\n]|^\s|\s$/u.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
