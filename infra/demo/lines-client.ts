// A person's script at the lines port of a city: joins the room, hears every post, and posts itself. One line of JSON each.
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { createInterface } from 'node:readline'
import { z } from 'zod'

const answerDeadlineMs = 15_000

const lineSchema = z.discriminatedUnion('t', [
  z.object({ t: z.literal('joined') }),
  z.object({ t: z.literal('stored'), id: z.string(), guid: z.string() }),
  z.object({ t: z.literal('post'), guid: z.string(), author: z.object({ name: z.string() }), text: z.string() }),
  z.object({ t: z.literal('error'), id: z.string().optional(), message: z.string() }),
])

/** A post as it comes to somebody who listens. */
export interface HeardPost {
  guid: string
  author: string
  text: string
}

export interface LinesClientOptions {
  port: number
  room: string
  /** The author of what is sent. */
  name: string
  onPost: (post: HeardPost) => void
}

export class LinesClient {
  readonly #socket: Socket
  readonly #onPost: (post: HeardPost) => void
  readonly #waitingById = new Map<string, PromiseWithResolvers<string>>()
  #sent = 0

  private constructor(socket: Socket, onPost: (post: HeardPost) => void) {
    this.#socket = socket
    this.#onPost = onPost
    socket.on('error', () => {})
    socket.on('close', () => this.#failAll(new Error('the lines port closed the connection')))
    const lines = createInterface({ input: socket })
    lines.on('line', line => this.#onLine(line))
    lines.on('error', () => {})
  }

  /** Resolves when it has joined: from then on it hears every new post. */
  static async join({ port, room, name, onPost }: LinesClientOptions): Promise<LinesClient> {
    const socket = connect({ host: '127.0.0.1', port, noDelay: true })
    await once(socket, 'connect', { signal: AbortSignal.timeout(answerDeadlineMs) })
    const client = new LinesClient(socket, onPost)
    await client.#ask('joined', { t: 'join', room, name })
    return client
  }

  /** Resolves to the GUID when the post is stored. Any number may be under way. */
  send(text: string): Promise<string> {
    this.#sent += 1
    const id = String(this.#sent)
    return this.#ask(id, { t: 'send', id, text })
  }

  close(): void {
    this.#socket.destroy()
  }

  async #ask(id: string, line: object): Promise<string> {
    const waiting = Promise.withResolvers<string>()
    this.#waitingById.set(id, waiting)
    if (this.#socket.destroyed) this.#failAll(new Error('the connection to the lines port is closed'))
    this.#socket.write(`${JSON.stringify(line)}\n`)
    const timer = setTimeout(() => this.#socket.destroy(), answerDeadlineMs)
    try {
      return await waiting.promise
    } finally {
      clearTimeout(timer)
    }
  }

  #onLine(text: string): void {
    const line = lineSchema.parse(JSON.parse(text))
    if (line.t === 'post') this.#onPost({ guid: line.guid, author: line.author.name, text: line.text })
    else if (line.t === 'error') this.#failAll(new Error(line.message))
    else this.#answered(line.t === 'stored' ? line.id : line.t, line.t === 'stored' ? line.guid : '')
  }

  #answered(id: string, guid: string): void {
    this.#waitingById.get(id)?.resolve(guid)
    this.#waitingById.delete(id)
  }

  #failAll(error: Error): void {
    for (const { reject } of this.#waitingById.values()) reject(error)
    this.#waitingById.clear()
  }
}
