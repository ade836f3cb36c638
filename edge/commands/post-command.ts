// `meshcore-room post`: writes a post through the running room server.
import { randomUUID } from 'node:crypto'
import { text } from 'node:stream/consumers'
import { parseWords } from '#common/program.ts'
import { type CommandIo, callApi, roomOf } from './room-api.ts'

export async function postCommand({ conf, words, print, stdin }: CommandIo): Promise<number> {
  const options = { room: { type: 'string' }, author: { type: 'string' } } as const
  const { values, positionals } = parseWords(words, { options, allowPositionals: true })
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
