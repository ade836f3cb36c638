// One entry of a room's stream: id `<offset>-0`, one field `e` with `<from> <cursor of its batch> <receivedAt> <post as JSON>`.
import type { Cursor } from '#common/cursor.ts'
import type { Entry } from '#common/post-log.ts'

/** How encodePost() begins: the GUID and the time are cut out where they stand, which is far cheaper than parsing. */
const jsonStart = '{"guid":"'
const guidLength = 36
const atMark = ',"at":'
/** Digits of the greatest safe integer, and the comma. */
const atLengthMax = 17

/** As ioredis gives it from XRANGE and XREVRANGE in their Buffer forms. */
export type StreamEntry = readonly [id: Buffer, fields: readonly Buffer[]]

/** How a post came here. */
export type Came = Pick<Entry, 'from' | 'fromEpoch' | 'fromOffset' | 'receivedAt'>

/** What stands before the JSON of every post of one batch. */
export function recordStart({ from, fromEpoch, fromOffset, receivedAt }: Came): string {
  const cursor = fromEpoch === '' ? null : { epoch: fromEpoch, offset: fromOffset }
  return `${from} ${encodeCursor(cursor)} ${receivedAt} `
}

/** @throws TypeError when the entry is none of ours. */
export function decodeEntry([id, fields]: StreamEntry): Entry {
  const record = fields[1]?.toString('utf8') ?? ''
  const fromEnd = record.indexOf(' ')
  const cursorEnd = record.indexOf(' ', fromEnd + 1)
  const receivedAtEnd = record.indexOf(' ', cursorEnd + 1)
  if (receivedAtEnd === -1) throw new TypeError('an entry of a stream that is no post')
  const json = record.slice(receivedAtEnd + 1)
  const guidStart = jsonStart.length
  const atStart = json.indexOf(atMark) + atMark.length
  const cursor = decodeCursor(record.slice(fromEnd + 1, cursorEnd))
  return {
    guid: json.slice(guidStart, guidStart + guidLength),
    at: Number.parseInt(json.slice(atStart, atStart + atLengthMax), 10),
    json,
    offset: Number.parseInt(id.toString('latin1'), 10),
    from: record.slice(0, fromEnd),
    fromEpoch: cursor?.epoch ?? '',
    fromOffset: cursor?.offset ?? 0,
    receivedAt: Number(record.slice(cursorEnd + 1, receivedAtEnd)),
  }
}

/** A cursor as it is kept: `epoch:offset`; '' is none. */
export function decodeCursor(text: string): Cursor | null {
  const colon = text.indexOf(':')
  return colon === -1 ? null : { epoch: text.slice(0, colon), offset: Number(text.slice(colon + 1)) }
}

export function encodeCursor(cursor: Cursor | null): string {
  return cursor === null ? '' : `${cursor.epoch}:${cursor.offset}`
}
