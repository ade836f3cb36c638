// `meshcore-room tail`: the last posts of a room, and then every new one.
import WebSocket from 'ws'
import { parseWords, UsageError } from '#common/program.ts'
import { baseUrl, type CommandIo, callApi, roomOf } from './room-api.ts'

interface ShownPost {
  at: number
  author: { name: string }
  text: string
  offset: number
}

/** Resolves when `signal` aborts. @throws Error when the server goes away */
export async function tailCommand({ conf, words, print }: CommandIo, signal: AbortSignal): Promise<number> {
  const { room: asked, count } = readWords(words)
  const room = roomOf(conf, asked)
  const page = await callApi(conf, `/api/v1/rooms/${encodeURIComponent(room)}/posts?limit=${Math.max(1, count)}`)
  const { posts, epoch, head } = page as { posts: ShownPost[]; epoch: string; head: number }
  for (const post of count > 0 ? posts : []) print(postLine(post))
  const { apiToken } = conf.clients
  const query = new URLSearchParams({ room, after: String(posts.at(-1)?.offset ?? head), epoch })
  const ws = new WebSocket(`${baseUrl(conf).replace('http', 'ws')}/api/v1/live?${query}`, {
    headers: apiToken === undefined ? {} : { authorization: `Bearer ${apiToken}` },
  })
  signal.addEventListener('abort', () => ws.close(), { once: true })
  ws.on('message', data => {
    const frame = JSON.parse(data.toString())
    if (frame.t === 'post') print(postLine(frame))
    if (frame.t === 'gap') print(`… ${frame.to - frame.from + 1} posts are no longer kept …\n`)
  })
  await new Promise<void>((resolve, reject) => {
    ws.once('error', error => (signal.aborted ? resolve() : reject(error)))
    ws.once('close', () => (signal.aborted ? resolve() : reject(new Error('the room server went away'))))
  })
  return 0
}

function postLine({ at, author, text }: ShownPost): string {
  const time = new Date(at).toISOString().slice(0, 19).replace('T', ' ')
  return `${time}  ${author.name}: ${text.replaceAll('\n', '\n                     ')}\n`
}

function readWords(words: readonly string[]): { room: string | undefined; count: number } {
  const options = { room: { type: 'string' }, count: { type: 'string', short: 'n', default: '10' } } as const
  const { room, count } = parseWords(words, { options }).values
  if (!/^\d{1,3}$/.test(count) || Number(count) > 500) throw new UsageError('-n takes a number from 0 to 500')
  return { room, count: Number(count) }
}
