// A connection for blocking reads to whichever node of a cluster serves a slot; found anew when the slot or the node is gone.
import type { Redis } from 'ioredis'
import type { BusConnection } from './bus-reader.ts'
import type { ClusterNodePlace } from './redis-connections.ts'

/** A node sends us on to another at most so often in one read: while a slot moves they may not agree. */
const movesMax = 3

export interface SlotReaderParts {
  /** Dials a node when it is first used, and not again. */
  connect: (node: ClusterNodePlace) => Redis
  /** Nodes of the cluster that may be asked, as known now: any of them says which one serves the slot. */
  nodes: () => readonly ClusterNodePlace[]
  /** A connection was made, or one that served was lost. */
  onChange: () => void
}

export class SlotReader implements BusConnection {
  readonly #parts: SlotReaderParts
  #node: ClusterNodePlace | undefined
  #redis: Redis | undefined
  #place = ''
  #asked = 0
  #isClosed = false

  constructor(parts: SlotReaderParts) {
    this.#parts = parts
  }

  get isConnected(): boolean {
    return this.#redis?.status === 'ready'
  }

  /** The node that has the slot, or had it last, for people; empty before one is found. */
  get place(): string {
    return this.#place
  }

  /** @throws Error: asked again, it asks another node. */
  async read(command: string, args: readonly (string | number)[]): Promise<unknown> {
    for (let moves = 0; ; moves += 1) {
      const redis = this.#redis ?? (await this.#dial())
      try {
        const reply = await redis.call(command, [...args])
        this.#place = placeOf(this.#node)
        return reply
      } catch (error) {
        const node = movedTo(error, this.#node)
        if (node !== undefined) this.#place = placeOf(node)
        this.#leave(redis, node)
        this.#parts.onChange()
        if (node === undefined || moves >= movesMax) throw error
      }
    }
  }

  close(): void {
    this.#isClosed = true
    this.#redis?.disconnect()
  }

  async #dial(): Promise<Redis> {
    if (this.#isClosed) throw new Error('closed')
    this.#node ??= this.#next()
    if (this.#node === undefined) throw new Error('no node of the cluster is known')
    const redis = this.#parts.connect(this.#node)
    redis.on('error', () => {})
    this.#redis = redis
    try {
      await redis.connect()
    } catch (error) {
      this.#leave(redis, undefined)
      throw error
    }
    // A blocking read answers late: until then the one that was asked is taken for the right one.
    if (this.#place === '') this.#place = placeOf(this.#node)
    this.#parts.onChange()
    return redis
  }

  #leave(redis: Redis, node: ClusterNodePlace | undefined): void {
    redis.disconnect()
    this.#redis = undefined
    this.#node = node
  }

  /** One after the other: the first of a list may be the one that is dead. */
  #next(): ClusterNodePlace | undefined {
    const nodes = this.#parts.nodes()
    this.#asked += 1
    return nodes[this.#asked % Math.max(1, nodes.length)]
  }
}

function placeOf(node: ClusterNodePlace | undefined): string {
  return node === undefined ? '' : `${node.host}:${node.port}`
}

/** Where a node says that the slot is now; it leaves the host out when it is its own. */
export function movedTo(error: unknown, asked: ClusterNodePlace | undefined): ClusterNodePlace | undefined {
  const [, host = '', port] = /^MOVED \d+ (.*):(\d+)$/.exec(error instanceof Error ? error.message : '') ?? []
  if (port === undefined) return undefined
  return { host: host === '' ? (asked?.host ?? '') : host, port: Number(port) }
}
