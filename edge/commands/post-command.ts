// `meshcore-room post`: writes a post through the running room server.
import { randomUUID } from 'node:crypto'
import { text } from 'node:stream/consumers'
import { parseArgs } from 'node:util'
import { UsageError } from '#common/program.ts'
import { type CommandIo, callApi, roomOf } from './room-api.ts'

export async function postCommand({ conf, words, print, stdin }: CommandIo): Promise<number> {
  const { values, positionals } = readWords(words)
  const room = roomOf(conf, values.room)
  const body = positionals.length > 0 ? positionals.join(' ') : (await text(stdin)).replace(/\n+$/, '')
  const author = values.author ?? conf.rooms.find(({ federateAs }) => federateAs === room)?.name
  const answer = await callApi(conf, `/api/v1/rooms/${encodeURIComponent(room)}/posts`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'idempotency-key': randomUUID() },
    body: JSON.stringify({ text: body, author }),
  })
  const { guid, offset } = answer as { guid: string; offset: number }
  print(`stored in "${room}" as post ${offset} (${guid})\n`)
  return 0
}

function readWords(words: readonly string[]) {
  try {
    const options = { room: { type: 'string' }, author: { type: 'string' } } as const
    return parseArgs({ args: [...words], options, allowPositionals: true })
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error))
  }
}
