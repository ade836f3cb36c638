// Asks the HTTP API of a hub or a city, every request with a deadline.
import { request as httpRequest } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { z } from 'zod'
import { type Status, statusSchema } from '#common/status.ts'
import { rooms } from './conf.ts'

const deadlineMs = 10_000
const pageLimit = 500

const postSchema = z.object({
  guid: z.string(),
  origin: z.string(),
  at: z.number(),
  author: z.object({ name: z.string(), key: z.string().optional() }),
  source: z.string(),
  text: z.string(),
  offset: z.number(),
})
const pageSchema = z.object({ posts: z.array(postSchema), head: z.int() })
const storedSchema = z.object({ guid: z.string() })

/** A post as the API gives it. */
export type HeldPost = z.infer<typeof postSchema>

export interface ApiOptions {
  /** As `https://127.0.0.1:8443`. */
  url: string
  /** PEM of the authority, for https. */
  ca: string
  /** Hubs want one; a city trusts this machine. */
  token?: string
}

export class Api {
  readonly #o: ApiOptions

  constructor(options: ApiOptions) {
    this.#o = options
  }

  /** Whether the path answers 200. */
  async has(path: string): Promise<boolean> {
    return (await this.#ask('GET', path)).status === 200
  }

  async status(): Promise<Status> {
    return statusSchema.parse(await this.#json('GET', '/status'))
  }

  /** Resolves to the GUID when the post is stored. */
  async post(room: string, author: string, text: string): Promise<string> {
    return storedSchema.parse(await this.#json('POST', `/api/v1/rooms/${room}/posts`, { author, text })).guid
  }

  /** All posts of all rooms. */
  async allPosts(): Promise<HeldPost[]> {
    return (await Promise.all(rooms.map(room => this.posts(room)))).flat()
  }

  /** All posts of the room that there are now, the oldest first; of those that are written meanwhile there may be no end. */
  async posts(room: string): Promise<HeldPost[]> {
    const all: HeldPost[] = []
    let goal: number | undefined
    for (;;) {
      const path = `/api/v1/rooms/${room}/posts?after=${all.at(-1)?.offset ?? 0}&limit=${pageLimit}`
      const { posts, head } = pageSchema.parse(await this.#json('GET', path))
      goal ??= head
      all.push(...posts)
      if (posts.length === 0 || (all.at(-1)?.offset ?? 0) >= goal) return all
    }
  }

  async #json(method: 'GET' | 'POST', path: string, body?: object): Promise<unknown> {
    const { status, text } = await this.#ask(method, path, body)
    if (status >= 300) throw new Error(`${this.#o.url}${path} answered ${status}: ${text}`)
    return JSON.parse(text)
  }

  #ask(method: 'GET' | 'POST', path: string, body?: object): Promise<{ status: number; text: string }> {
    const { url, ca, token } = this.#o
    const headers = {
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
    }
    const options = { method, headers, signal: AbortSignal.timeout(deadlineMs) }
    return new Promise((resolve, reject) => {
      const target = new URL(path, url)
      const request =
        target.protocol === 'https:' ? httpsRequest(target, { ...options, ca }) : httpRequest(target, options)
      request.on('error', reject)
      request.on('response', response => {
        let text = ''
        response.setEncoding('utf8')
        response.on('error', reject)
        response.on('data', chunk => {
          text += chunk
        })
        response.on('end', () => resolve({ status: response.statusCode ?? 0, text }))
      })
      request.end(body === undefined ? undefined : JSON.stringify(body))
    })
  }
}
