// Speaks to the HTTP API of a program under test, every request with a deadline.
import { request as httpRequest } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { z } from 'zod'
import { type Status, statusSchema } from '#common/status.ts'

export interface ApiClientOptions {
  /** As `https://127.0.0.1:8443`. */
  baseUrl: string
  /** PEM of the authority, for https. */
  ca?: string
  /** Asked for before the first request that needs one; without it none is sent. */
  token?: () => Promise<string>
  /** Default 30 s. */
  deadlineMs?: number
}

export interface Request {
  method?: 'GET' | 'POST' | 'DELETE'
  path: string
  body?: unknown
  headers?: Readonly<Record<string, string>>
  deadlineMs?: number
}

export interface Answer {
  status: number
  text: string
}

const apiPostSchema = z.looseObject({
  guid: z.string(),
  room: z.string(),
  origin: z.string(),
  at: z.number(),
  author: z.object({ name: z.string(), key: z.string().optional() }),
  source: z.string(),
  text: z.string(),
  offset: z.number(),
  receivedAt: z.number(),
})
export type ApiPost = z.infer<typeof apiPostSchema>
const postsPageSchema = z.object({ posts: z.array(apiPostSchema), epoch: z.string(), head: z.number() })

export interface PostOptions {
  room: string
  /** Default "tester". */
  author?: string | { name: string; key: string }
  idempotencyKey?: string
}

const pageLimit = 500
const pagesMax = 2000

export class ApiClient {
  readonly #options: ApiClientOptions
  #token: Promise<string> | undefined

  constructor(options: ApiClientOptions) {
    this.#options = options
  }

  /** Any request, without a token. Rejects when no answer comes; every status is an answer. */
  send({ method = 'GET', path, body, headers = {}, deadlineMs }: Request): Promise<Answer> {
    const { baseUrl, ca, deadlineMs: usualMs = 30_000 } = this.#options
    const url = new URL(path, baseUrl)
    const text = body === undefined ? undefined : JSON.stringify(body)
    const type = text === undefined ? {} : { 'content-type': 'application/json' }
    const signal = AbortSignal.timeout(deadlineMs ?? usualMs)
    const options = {
      method,
      headers: { ...type, ...headers },
      signal,
      agent: false,
      ...(ca === undefined ? {} : { ca }),
    }
    return new Promise((resolve, reject) => {
      const request = url.protocol === 'https:' ? httpsRequest(url, options) : httpRequest(url, options)
      request.on('error', reject)
      request.on('response', response => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.on('error', reject)
        response.on('end', () => resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString() }))
      })
      request.end(text)
    })
  }

  async status(): Promise<Status> {
    return statusSchema.parse(JSON.parse((await this.send({ path: '/status' })).text))
  }

  /** True when the path answers 200; a server that does not answer is false too. */
  async isOk(path: '/livez' | '/readyz'): Promise<boolean> {
    return this.send({ path, deadlineMs: 10_000 }).then(
      answer => answer.status === 200,
      () => false,
    )
  }

  /** Posts and resolves when the post is stored there. */
  async post(
    text: string,
    { room, author = 'tester', idempotencyKey }: PostOptions,
  ): Promise<{ guid: string; offset: number }> {
    const headers = idempotencyKey === undefined ? {} : { 'idempotency-key': idempotencyKey }
    const answer = await this.#json({ method: 'POST', path: postsPath(room), body: { text, author }, headers })
    return z.object({ guid: z.string(), offset: z.number() }).parse(answer)
  }

  /** All posts of a room, the oldest first, from `after` on. In a room that is written to they never end: those there are now. */
  async posts(room: string, after = 0): Promise<ApiPost[]> {
    const all: ApiPost[] = []
    let goal: number | undefined
    for (let page = 0; page < pagesMax; page += 1) {
      const last = all.at(-1)?.offset ?? after
      const path = `${postsPath(room)}?after=${last}&limit=${pageLimit}`
      const { posts, head } = postsPageSchema.parse(await this.#json({ path }))
      goal ??= head
      all.push(...posts)
      if (posts.length === 0 || (all.at(-1)?.offset ?? 0) >= goal) return all
    }
    throw new Error(`room ${room} has more than ${pagesMax * pageLimit} posts`)
  }

  /** What a path answers to the token of the tests; rejects unless that is a success. */
  get(path: string): Promise<unknown> {
    return this.#json({ path })
  }

  async #json(request: Request): Promise<unknown> {
    const headers = { ...request.headers, ...(await this.#authorization()) }
    const { status, text } = await this.send({ ...request, headers })
    if (status < 200 || status > 299) throw new Error(`${request.path} answered ${status}: ${text.slice(0, 500)}`)
    return JSON.parse(text)
  }

  async #authorization(): Promise<Record<string, string>> {
    const { token } = this.#options
    if (token === undefined) return {}
    this.#token ??= token().catch(error => {
      // Whoever asks again may have more luck.
      this.#token = undefined
      throw error
    })
    return { authorization: `Bearer ${await this.#token}` }
  }
}

function postsPath(room: string): string {
  return `/api/v1/rooms/${encodeURIComponent(room)}/posts`
}
