// The communications log ICS 309 of a room: its fields, one line for each post, and its pages, each with "page n of m".
import { authorWord, missingWords } from './export-text.ts'
import type { FeedPost } from './feed-post.ts'
import type { FeedRow } from './feed-rows.ts'
import { clockText, dateText, type Zone, zoneText } from './feed-words.ts'

/** What people fill in; the numbers are those of the form's boxes. */
export interface LogHeader {
  /** 1. Incident name, and activation number. */
  incident: string
  /** 2. Operational period, Unix ms; null: open. */
  from: number | null
  to: number | null
  /** 3. Radio net name, or position and tactical call. */
  net: string
  /** 4. Radio operator: name and call sign. */
  operator: string
  operatorCall: string
  /** 6. Prepared by: name and call sign. */
  preparedBy: string
  preparedCall: string
}

/** 5. A line of the log. The number of a message is its place in the room's log. */
export interface LogLine {
  key: string
  time: string
  from: string
  fromNumber: string
  to: string
  message: string
}

export interface LogPage {
  number: number
  of: number
  lines: readonly LogLine[]
}

/** Of a message that is shown as it was written. */
const linesMax = 12

/** What is missing in the log behind the post with this offset; 0: before all. */
export interface LogNote {
  key: string
  after: number
  text: string
}

export interface LineOptions {
  zone: Zone
  cityOf: (origin: string) => string
  notes?: readonly LogNote[]
}

/** Of gaps and resets between posts: a log that lacks posts is not to be taken for a whole one. */
export function logNotes(rows: readonly FeedRow[]): LogNote[] {
  let after = 0
  return rows.flatMap((row): LogNote[] => {
    if (row.kind === 'post' && !row.isLost) after = row.post.offset
    const text = missingWords(row)
    return text === undefined ? [] : [{ key: row.key, after, text: `[${text}]` }]
  })
}

/** In the order in which they were written, as such a log is kept; times are those of writing, with the date where it changes. */
export function logLines(posts: readonly FeedPost[], { zone, cityOf, notes = [] }: LineOptions): LogLine[] {
  const written = posts.toSorted((a, b) => a.at - b.at || a.offset - b.offset)
  let date = ''
  const lines = written.flatMap(post => {
    const day = dateText(post.at, zone)
    const time = day === date ? clockText(post.at, zone) : `${day} ${clockText(post.at, zone)}`
    date = day
    const line = {
      ...{ key: post.guid, time, fromNumber: String(post.offset), to: post.room, message: messageOf(post) },
      from: `${authorWord(post)} (${cityOf(post.origin)})`,
    }
    return [line, ...noteLines(notes, post.offset)]
  })
  return [...noteLines(notes, 0), ...lines]
}

function noteLines(notes: readonly LogNote[], behind: number): LogLine[] {
  const here = notes.filter(({ after }) => after === behind)
  return here.map(({ key, text }) => ({ key, time: '', from: '', fromNumber: '', to: '', message: text }))
}

/** Of very many lines, which no sheet could hold, as one. */
function messageOf({ text }: FeedPost): string {
  const lines = text.split('\n')
  return lines.length <= linesMax ? text : lines.filter(line => line.trim() !== '').join(' / ')
}

/** How much a page holds, in lines of text; and the width of a column, in characters. */
export interface PageSize {
  lines: number
  messageWidth: number
  fromWidth: number
}

/** A sheet upright, as large as what A4 and US Letter have in common, in the widest type that a browser may have. */
export const uprightPage: PageSize = { lines: 42, messageWidth: 46, fromWidth: 20 }

/** Of a line of text: what the rule and the blank around a row take. */
const rowSpace = 0.35

/** At least one page, also when there is nothing to log. */
export function logPages(lines: readonly LogLine[], size: PageSize): LogPage[] {
  const pages: LogLine[][] = [[]]
  let left = size.lines
  for (const line of lines) {
    const height = heightOf(line, size)
    if (height > left && (pages.at(-1)?.length ?? 0) > 0) {
      pages.push([])
      left = size.lines
    }
    pages.at(-1)?.push(line)
    left -= height
  }
  return pages.map((page, i) => ({ number: i + 1, of: pages.length, lines: page }))
}

/** Lines of text that the highest cell takes. */
function heightOf({ time, from, message }: LogLine, { messageWidth, fromWidth }: PageSize): number {
  const text = message.split('\n').reduce((sum, part) => sum + wrapped(part, messageWidth), 0)
  return rowSpace + Math.max(text, wrapped(from, fromWidth), time.includes(' ') ? 2 : 1)
}

/** Words are not cut, so a line that is nearly full breaks early; a wide character takes two places. */
function wrapped(text: string, width: number): number {
  let taken = 0
  for (const character of text) taken += (character.codePointAt(0) ?? 0) > 0x2e7f ? 2 : 1
  return Math.max(1, Math.ceil((taken * 1.08) / width))
}

/** The form as text, for a radio message or a mail. Ends with a newline. */
export function logText(
  header: LogHeader,
  lines: readonly LogLine[],
  { zone, now }: { zone: Zone; now: number },
): string {
  const stamp = (at: number | null) => (at === null ? '' : `${dateText(at, zone)} ${clockText(at, zone)}`)
  return [
    'COMMUNICATIONS LOG (ICS 309)',
    `1. Incident: ${header.incident}`,
    `2. Operational period (${zoneText(now, zone)}): from ${stamp(header.from)} to ${stamp(header.to)}`,
    `3. Radio net or position: ${header.net}`,
    `4. Radio operator: ${named(header.operator, header.operatorCall)}`,
    '5. Log: time | from | number | to | message',
    ...lines.map(({ time, from, fromNumber, to, message }) =>
      [time, from, fromNumber, to, message.replace(/[\n\u2028\u2029]/g, ' / ')].join(' | '),
    ),
    `6. Prepared by: ${named(header.preparedBy, header.preparedCall)}`,
    `7. Date and time prepared: ${stamp(now)}`,
    '',
  ].join('\n')
}

/** `Ada Lovelace, N0CALL`. */
export function named(name: string, call: string): string {
  return [name, call].filter(part => part !== '').join(', ')
}
