// A feed as CSV (RFC 4180) for spreadsheets, in which no text of a post can act as a formula. What is missing has lines of its own.
import { type ExportFacts, missingWords, sourceWord } from './export-text.ts'
import type { FeedPost } from './feed-post.ts'
import type { FeedRow } from './feed-rows.ts'

const columns = [
  ...['written_utc', 'received_utc', 'delay_seconds', 'room', 'author', 'author_key'],
  ...['city', 'origin', 'source', 'text', 'number', 'guid', 'kind'],
]

/** Spreadsheets take UTF-8 for what it is only with a byte order mark. */
const byteOrderMark = '\uFEFF'

type Facts = Pick<ExportFacts, 'room' | 'cityOf'>

export function exportCsv(rows: readonly FeedRow[], facts: Facts): string {
  const lines = rows.flatMap(row => {
    const cells = row.kind === 'post' ? cellsOf(row.post, facts) : missingCells(row, facts)
    return cells === undefined ? [] : [csvLine([...cells, row.kind])]
  })
  return `${byteOrderMark}${[csvLine(columns), ...lines].join('')}`
}

/** The room, and in the place of a text what is missing there. */
function missingCells(row: FeedRow, { room }: Facts): string[] | undefined {
  const words = missingWords(row)
  return words === undefined ? undefined : ['', '', '', room, '', '', '', '', '', words, '', '']
}

function cellsOf(post: FeedPost, { cityOf }: Facts): (string | number)[] {
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
