// `meshcore-room rf`, `block`, `unblock`, `blocked`: what is set of a room while it runs, over the running server's API.
import { oneLine } from '#common/log.ts'
import { parseWords, UsageError } from '#common/program.ts'
import type { SettingsReport } from '../room-settings.ts'
import { type CommandIo, callApi, roomOf } from './room-api.ts'

type Change = { rf: boolean } | { block: string } | { unblock: string }

/** `rf [--room ROOM] [on|off]`: the kill switch; without a word it says how it stands. */
export async function rfCommand(io: CommandIo): Promise<number> {
  const { room, word } = readWords(io)
  if (word !== undefined && word !== 'on' && word !== 'off') throw new UsageError('rf takes "on" or "off"')
  const { rf } = await settings(io, room, word === undefined ? undefined : { rf: word === 'on' })
  io.print(`room "${room}" is ${rf ? 'on' : 'off'} the air\n`)
  return 0
}

/** `block [--room ROOM] KEY`. Ends a session of that node at once. */
export async function blockCommand(io: CommandIo): Promise<number> {
  return change(io, who => ({ block: who }))
}

/** `unblock [--room ROOM] KEY`, as it was blocked. */
export async function unblockCommand(io: CommandIo): Promise<number> {
  return change(io, who => ({ unblock: who }))
}

export async function blockedCommand(io: CommandIo): Promise<number> {
  const { room, word } = readWords(io)
  if (word !== undefined) throw new UsageError(`"blocked" takes no "${word}"; see --help`)
  tellBlocked(io, room, await settings(io, room))
  return 0
}

async function change(io: CommandIo, changeFor: (who: string) => Change): Promise<number> {
  const { room, word } = readWords(io)
  if (word === undefined) throw new UsageError('say who: 8 to 64 hex digits of a key, or "name:Some Name"')
  tellBlocked(io, room, await settings(io, room, changeFor(word)))
  return 0
}

function tellBlocked({ print }: CommandIo, room: string, { blocked }: SettingsReport): void {
  if (blocked.length === 0) print(`nobody is blocked in room "${room}"\n`)
  else print(`blocked in room "${room}":\n${blocked.map(entry => `  ${oneLine(entry)}\n`).join('')}`)
}

async function settings({ conf }: CommandIo, room: string, wanted?: Change): Promise<SettingsReport> {
  const path = `/api/v1/rooms/${encodeURIComponent(room)}/settings`
  const headers = { 'content-type': 'application/json' }
  const init = wanted === undefined ? {} : { method: 'PATCH', headers, body: JSON.stringify(wanted) }
  return (await callApi(conf, path, init)) as SettingsReport
}

/** A name of several words needs no quotes. */
function readWords({ conf, words }: CommandIo): { room: string; word: string | undefined } {
  const options = { room: { type: 'string' } } as const
  const { values, positionals } = parseWords(words, { options, allowPositionals: true })
  return { room: roomOf(conf, values.room), word: positionals.length === 0 ? undefined : positionals.join(' ') }
}
