// The HTTP API of one edge over one kept connection: what a program beside the edge does.
import { Agent, request } from 'node:http'
import type { Status } from '#common/status.ts'

const answerMs = 10_000

interface Answer {
  code: number
  text: string
}

export class EdgeHttp {
  readonly #port: number
  readonly #room: string
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 1 })

  constructor(port: number, room: string) {
    this.#port = port
    this.#room = room
  }

  /** False also while nothing listens. */
  async isReady(): Promise<boolean> {
    const answer = await this.#ask('GET', '/readyz').catch(() => undefined)
    return answer?.code === 200
  }

  /** Undefined while nothing listens. */
  async status(): Promise<Status | undefined> {
    const answer = await this.#ask('GET', '/status').catch(() => undefined)
    return answer === undefined ? undefined : JSON.parse(answer.text)
  }

  /** Writes a post; resolves when it is acknowledged. @throws Error when it is not */
  async post(text: string): Promise<void> {
    const { code, text: answer } = await this.#ask('POST', this.#posts, JSON.stringify({ text, author: 'Bench' }))
    if (code !== 201) throw new Error(`a post was answered with ${code}: ${answer}`)
  }

  /** How many posts a page after `offset` has. @throws Error when it cannot be read */
  async read(offset: number, limit: number): Promise<number> {
    const { code, text } = await this.#ask('GET', `${this.#posts}?after=${offset}&limit=${limit}`)
    if (code !== 200) throw new Error(`a page was answered with ${code}: ${text}`)
    return JSON.parse(text).posts.length
  }

  get #posts(): string {
    return `/api/v1/rooms/${this.#room}/posts`
  }

  #ask(method: 'GET' | 'POST', path: string, body = ''): Promise<Answer> {
    const headers = body === '' ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }
    const where = { host: '127.0.0.1', port: this.#port, agent: this.#agent }
    return new Promise((resolve, reject) => {
      const asked = request({ ...where, method, path, headers, signal: AbortSignal.timeout(answerMs) }, answer => {
        let text = ''
        answer.setEncoding('utf8')
        answer.on('data', chunk => {
          text += chunk
        })
        answer.on('error', reject)
        answer.on('end', () => resolve({ code: answer.statusCode ?? 0, text }))
      })
      asked.on('error', reject)
      asked.end(body)
    })
  }
}
