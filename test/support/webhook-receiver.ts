// An endpoint for webhooks, as somebody else would run it: checks each signature by itself, answers as it is told, remembers what came.
import { createHmac, timingSafeEqual } from 'node:crypto'
import { once } from 'node:events'
import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { CertificatePair } from '#common/certificate.ts'

export interface Received {
  id: string
  /** False: the signature is not ours, or the time is more than 5 minutes off. */
  isSigned: boolean
  headers: IncomingMessage['headers']
  /** The body, parsed. */
  type: string
  webhook: string
  room: string
  epoch: string
  gap?: { from: number; to: number }
  posts: { guid: string; room: string; text: string; offset: number }[]
  alerts: { n: number; kind: string; text: string }[]
  /** What it was answered; 0: nothing. */
  status: number
}

export interface ReceiverOptions {
  /** Key of the signatures. */
  key: Buffer
  /** Speaks TLS with it. */
  tls?: CertificatePair
  /** Default: any that is free. */
  port?: number
}

/** A status, or whatever else is to be done with the response. */
export type Answer = number | ((response: ServerResponse) => void)

const toleranceSeconds = 300

export class WebhookReceiver implements AsyncDisposable {
  /** Everything that came, the oldest first. */
  readonly received: Received[] = []
  /** Default 204. */
  answer: (received: Omit<Received, 'status'>) => Answer = () => 204
  readonly #key: Buffer
  readonly #server: ReturnType<typeof createHttpServer> | ReturnType<typeof createHttpsServer>
  readonly #scheme: string

  private constructor({ key, tls }: ReceiverOptions) {
    const handle = (request: IncomingMessage, response: ServerResponse) => void this.#take(request, response)
    this.#key = key
    this.#scheme = tls === undefined ? 'http' : 'https'
    this.#server = tls === undefined ? createHttpServer(handle) : createHttpsServer(tls, handle)
  }

  static async start(options: ReceiverOptions): Promise<WebhookReceiver> {
    const receiver = new WebhookReceiver(options)
    receiver.#server.listen(options.port ?? 0, '127.0.0.1')
    await once(receiver.#server, 'listening')
    return receiver
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  get url(): string {
    return `${this.#scheme}://localhost:${this.port}/hook?token=hidden`
  }

  /** Those that were answered with 2xx. */
  get accepted(): Received[] {
    return this.received.filter(({ status }) => status >= 200 && status <= 299)
  }

  /** Texts of a room in the order in which they were accepted, repeats included. */
  texts(room: string): string[] {
    return this.accepted.flatMap(({ posts }) => posts.filter(post => post.room === room).map(({ text }) => text))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise(resolve => this.#server.close(resolve))
  }

  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    const body = Buffer.concat(chunks).toString()
    const { headers } = request
    const received = {
      id: String(headers['webhook-id']),
      isSigned: this.#isSigned(headers, body),
      headers,
      ...JSON.parse(body),
    }
    const answer = this.answer(received)
    this.received.push({ ...received, status: typeof answer === 'number' ? answer : 0 })
    if (typeof answer === 'function') return answer(response)
    response.statusCode = answer
    response.end()
  }

  /** As the Standard Webhooks specification has a receiver do it. */
  #isSigned(headers: IncomingMessage['headers'], body: string): boolean {
    const { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signature } = headers
    if (Math.abs(Date.now() / 1000 - Number(timestamp)) > toleranceSeconds) return false
    const expected = Buffer.from(createHmac('sha256', this.#key).update(`${id}.${timestamp}.${body}`).digest('base64'))
    return String(signature)
      .split(' ')
      .map(one => one.split(','))
      .some(([version, text = '']) => {
        const given = Buffer.from(text)
        return version === 'v1' && given.length === expected.length && timingSafeEqual(given, expected)
      })
  }
}
