// How long posts take from their author to another server: what was written when, and when a client of the other server had it.
import { once } from 'node:events'
import WebSocket from 'ws'
import { z } from 'zod'
import { type EdgeProgram, testRoom } from './programs.ts'
import type { Write } from './traffic.ts'

const frameSchema = z.looseObject({ t: z.string(), text: z.string().optional(), origin: z.string().optional() })

/** In ms. */
export interface DeliveryTimes {
  count: number
  p50: number
  p99: number
  max: number
}

export class DeliveryWatch implements AsyncDisposable {
  readonly #begunAt = new Map<string, number>()
  readonly #ms: number[] = []
  readonly #sockets: WebSocket[] = []

  /** Listens as a local client of an edge, to what other cities write. */
  async listenAt(edge: EdgeProgram): Promise<void> {
    const { id } = await edge.status()
    const ws = new WebSocket(`ws://127.0.0.1:${edge.ports.status}/api/v1/live?room=${testRoom}`)
    this.#sockets.push(ws)
    ws.on('error', () => {})
    ws.on('message', data => {
      const { t, text = '', origin } = frameSchema.parse(JSON.parse(data.toString()))
      const begunAt = t === 'post' && origin !== id ? this.#begunAt.get(text) : undefined
      if (begunAt !== undefined) this.#ms.push(performance.now() - begunAt)
    })
    // The first frame says that it listens.
    await once(ws, 'message', { signal: AbortSignal.timeout(30_000) })
  }

  /** A writer whose posts are timed from the first try on, at most `perSecond` of them, however many are under way. */
  timed(write: Write, perSecond: number): Write {
    let nextAt = performance.now()
    return async (text, key) => {
      if (!this.#begunAt.has(text)) {
        nextAt = Math.max(nextAt + 1000 / perSecond, performance.now())
        const waitMs = Math.max(0, nextAt - performance.now())
        await new Promise(resolve => setTimeout(resolve, waitMs))
        this.#begunAt.set(text, performance.now())
      }
      return write(text, key)
    }
  }

  /** Of all posts and all listeners so far. */
  times(): DeliveryTimes {
    const sorted = this.#ms.toSorted((a, b) => a - b)
    const at = (share: number) =>
      Math.round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0)
    return { count: sorted.length, p50: at(0.5), p99: at(0.99), max: at(1) }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const ws of this.#sockets) ws.terminate()
  }
}
