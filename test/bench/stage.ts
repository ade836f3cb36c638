// What scenarios are written with: spokes, authors that keep a window of posts in flight, and the interval that is measured.
import { generateKeyPairSync } from 'node:crypto'
import { type Identity, identityFromPem } from '#common/identity.ts'
import type { Access, BenchPost, Client, Spoke, SpokeOptions, Usage } from './broker.ts'
import type { Figures, Order, Params } from './control.ts'
import { Tally } from './deadline.ts'
import { makePosts } from './posts.ts'

export type Scenario = (stage: Stage, params: Params) => Promise<Figures>

/** Posts an author has unacked at most: what fits into our link's window. */
const windowPosts = 256
const handshakesAtOnce = 50
const writeMs = 180_000

export class Stage {
  /** True when authors would get their own posts back. */
  readonly echoes: boolean
  readonly order: (ask: Order) => Promise<Usage>
  readonly access: Access
  readonly #client: Client
  #spokes = 0

  constructor(client: Client, access: Access, order: (ask: Order) => Promise<Usage>) {
    this.#client = client
    this.access = access
    this.echoes = client.echoes
    this.order = order
  }

  /** @throws Error when the broker has no edge */
  get edge(): NonNullable<Access['edge']> {
    if (this.access.edge === undefined) throw new Error('this broker has no edge')
    return this.access.edge
  }

  spoke(options: SpokeOptions): Spoke {
    const { port, ports = [port] } = this.access
    const turn = this.#spokes++ % ports.length
    return this.#client.spoke({ ...this.access, port: ports[turn] ?? port }, options)
  }

  /** Runs `work` and adds the CPU that broker and generator used meanwhile, of one core each. */
  async measure(posts: number, work: () => Promise<Figures>): Promise<Figures> {
    const before = await this.order('usage')
    const own = process.cpuUsage()
    const startAt = performance.now()
    const figures = await work()
    const ms = performance.now() - startAt
    const { user, system } = process.cpuUsage(own)
    const after = await this.order('usage')
    const brokerMs = after.cpuMs - before.cpuMs
    return {
      ...figures,
      ...(after.redisCommands !== undefined && redisFigures(before, after, posts)),
      brokerCpuMicrosPerPost: (brokerMs * 1000) / posts,
      brokerCpuPercent: (brokerMs / ms) * 100,
      generatorCpuPercent: ((user + system) / 1000 / ms) * 100,
    }
  }
}

function redisFigures(before: Usage, after: Usage, posts: number): Figures {
  return {
    redisCallsPerPost: ((after.redisCalls ?? 0) - (before.redisCalls ?? 0)) / posts,
    redisCommandsPerPost: ((after.redisCommands ?? 0) - (before.redisCommands ?? 0)) / posts,
  }
}

export function newIdentity(): Identity {
  const { privateKey } = generateKeyPairSync('ed25519')
  return identityFromPem(privateKey.export({ type: 'pkcs8', format: 'pem' }).toString())
}

export function roomNames(count: number): string[] {
  return Array.from({ length: count }, (_, i) => `bench-${i}`)
}

/** Publishes its posts with a window in flight. Its owner calls acked() for every ack. */
export class Author {
  readonly #spoke: Spoke
  readonly #posts: readonly BenchPost[]
  #next = 0
  #acked = 0

  constructor(spoke: Spoke, posts: readonly BenchPost[]) {
    this.#spoke = spoke
    this.#posts = posts
  }

  start(): void {
    this.#fill()
  }

  acked(): void {
    this.#acked += 1
    this.#fill()
  }

  #fill(): void {
    while (this.#next - this.#acked < windowPosts) {
      const post = this.#posts[this.#next]
      if (post === undefined) return
      this.#next += 1
      this.#spoke.publish(post)
    }
  }
}

/** Connects many spokes, some at a time. */
export async function connectAll(spokes: readonly Spoke[]): Promise<void> {
  for (let i = 0; i < spokes.length; i += handshakesAtOnce)
    await Promise.all(spokes.slice(i, i + handshakesAtOnce).map(spoke => spoke.connect()))
}

/** A spoke of its own writes `count` posts into the rooms; resolves with it when all are acknowledged. */
export async function writeAll(stage: Stage, rooms: readonly string[], count: number): Promise<void> {
  const identity = newIdentity()
  const acks = new Tally()
  const onAck = (_seq: number, at: number) => {
    acks.add(at)
    author.acked()
  }
  const spoke = stage.spoke({ name: 'author', identity, rooms, follows: false, onDelivery: () => {}, onAck })
  const author = new Author(spoke, makePosts({ identity, rooms, count, firstSeq: 0 }))
  await spoke.connect()
  author.start()
  await acks.reach(count, writeMs, 'acks')
}

/** The value below which `share` (0 to 1) of the samples lie; sorts them in place. */
export function quantile(samples: Float64Array, share: number): number {
  samples.sort()
  return samples[Math.min(samples.length - 1, Math.floor(samples.length * share))] ?? Number.NaN
}
