// Entries of a log as rows of table `post`, and back.
import { bytesToGuid, guidToBytes } from '../guid.ts'
import type { Entry } from '../post-log.ts'
import type { NameNumbers } from './sqlite-names.ts'

/** Post ids of one room: its number * 2^40 + offset. */
export const roomIds = 2 ** 40

/** What turns a room's entries into rows. */
export interface RowContext {
  number: number
  room: string
  names: NameNumbers
}

type EntryRow = [number, Uint8Array, number, number, number, number, number, string]

/** The columns of table `post`, in their order. The names must be interned. */
export function entryToRow(entry: Entry, { number, room, names }: RowContext): EntryRow {
  const { guid, at, json, offset, from, fromEpoch, fromOffset, receivedAt } = entry
  const head = jsonHead(guid, room)
  const rest = json.startsWith(head) ? json.slice(head.length) : json
  const id = number * roomIds + offset
  return [id, guidToBytes(guid), names.number(from), names.number(fromEpoch), fromOffset, at, receivedAt, rest]
}

/** @param row an array of all columns of table `post` */
export function rowToEntry(row: unknown, { number, room, names }: RowContext): Entry {
  const [id, bytes, server, epoch, fromOffset, at, receivedAt, rest] = row as EntryRow
  const guid = bytesToGuid(bytes)
  const json = jsonOf(guid, room, rest)
  const from = names.name(server)
  const fromEpoch = names.name(epoch)
  return { guid, at, json, offset: id - number * roomIds, from, fromEpoch, fromOffset, receivedAt }
}

/** The post as encodePost has it. @param rest column `json` */
export function jsonOf(guid: string, room: string, rest: string): string {
  return rest.startsWith('{') ? rest : jsonHead(guid, room) + rest
}

/** How encodePost begins; left out on disk, where the row tells the same in fewer bytes. */
function jsonHead(guid: string, room: string): string {
  return `{"guid":"${guid}","room":"${room}",`
}
