// A client of an edge's lines port, as a script would be: joins a room, sends, and waits for what became of it.
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { createInterface } from 'node:readline'
import { z } from 'zod'
import { testRoom } from './programs.ts'

export interface LinesClientOptions {
  /** Default `testRoom`. */
  room?: string
  /** Default "tester". */
  name?: string
  password?: string
}

const answerSchema = z.looseObject({ t: z.string(), id: z.string().optional() })
type Answer = z.infer<typeof answerSchema>

interface Waiting {
  resolve: (answer: Answer) => void
  reject: (error: Error) => void
}

/** Nothing moves for so long while an answer is due: it does not come any more. */
const answerDeadlineMs = 20_000

export class LinesClient implements AsyncDisposable {
  readonly #socket: Socket
  readonly #waiting = new Map<string, Waiting>()
  #sent = 0
  /** Posts that came, those of other clients too. */
  received = 0

  private constructor(socket: Socket) {
    this.#socket = socket
    // Not from each question on: the answers to many under way come one after the other.
    socket.setTimeout(answerDeadlineMs, () => this.#waiting.size > 0 && socket.destroy())
    socket.on('error', () => {})
    socket.on('close', () => this.#fail(new Error('the lines port closed the connection')))
    const lines = createInterface({ input: socket })
    lines.on('line', line => this.#onLine(line))
    // It repeats the errors of the socket.
    lines.on('error', () => {})
  }

  /** Resolves when it has joined. */
  static async connect(
    port: number,
    { room = testRoom, name = 'tester', password }: LinesClientOptions = {},
  ): Promise<LinesClient> {
    const socket = connect({ host: '127.0.0.1', port, noDelay: true })
    await once(socket, 'connect')
    const client = new LinesClient(socket)
    await client.#ask('joined', { t: 'join', room, name, password })
    return client
  }

  /** Resolves when the post is stored. Any number may be under way. */
  async send(text: string, key?: string): Promise<void> {
    this.#sent += 1
    const id = String(this.#sent)
    const answer = await this.#ask(id, { t: 'send', id, text, key })
    if (answer.t !== 'stored') throw new Error(`not stored: ${JSON.stringify(answer)}`)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#socket.closed) return
    const closed = once(this.#socket, 'close')
    this.#socket.destroy()
    await closed
  }

  #ask(id: string, line: object): Promise<Answer> {
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject })
      if (this.#socket.destroyed) this.#fail(new Error('the connection is closed'))
      else this.#socket.write(`${JSON.stringify(line)}\n`)
    })
  }

  #onLine(line: string): void {
    if (line.startsWith('{"t":"post"')) {
      this.received += 1
      return
    }
    const answer = answerSchema.parse(JSON.parse(line))
    const id = answer.id ?? answer.t
    const waiting = this.#waiting.get(id)
    this.#waiting.delete(id)
    if (waiting !== undefined) waiting.resolve(answer)
    else this.#fail(new Error(line))
  }

  #fail(error: Error): void {
    for (const { reject } of this.#waiting.values()) reject(error)
    this.#waiting.clear()
  }
}
