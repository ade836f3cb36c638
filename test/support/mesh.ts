// Cities that are each other's peers, each on a machine of a small internet, and what tests ask of them all together.
import assert from 'node:assert/strict'
import { isLinked, waitForStored } from './link-status.ts'
import { NetWorld } from './net-world.ts'
import {
  type EdgeProgram,
  type HubOptions,
  type HubProgram,
  placeOfEdge,
  placeOfHub,
  type ServerProgram,
  startEdge,
  startHub,
} from './programs.ts'
import { merged, type TomlTable } from './toml.ts'
import { waitFor } from './wait-for.ts'

/** By city, the others that it dials. */
export type Graph = Readonly<Record<string, readonly string[]>>

export interface MeshOptions {
  graph: Graph
  /** With a hub, to which every city has a link. */
  hub?: HubOptions
  behindNat?: readonly string[]
  /** Changes to the config of the cities. */
  conf?: TomlTable
}

/** What takes a minute in real life takes a few seconds. */
const quick = { federation: { ping_seconds: 2, reconnect_max_seconds: 1, takeover_seconds: 1 } }
const hubName = 'hub'
/** Cities started at a time: each takes a core for a second. */
const startedAtOnce = 3
const linkDeadlineMs = 60_000

export function cityNames(count: number): string[] {
  return Array.from({ length: count }, (_, i) => `City ${i + 1}`)
}

/** Everybody dials everybody. */
export function fullMesh(names: readonly string[]): Graph {
  return Object.fromEntries(names.map(name => [name, names.filter(other => other !== name)]))
}

/** Neighbours dial each other, the last and the first too. */
export function ring(names: readonly string[]): Graph {
  const at = (i: number) => names.at(i % names.length) ?? ''
  return Object.fromEntries(names.map((name, i) => [name, [at(i - 1), at(i + 1)]]))
}

/** Neighbours dial each other. */
export function line(names: readonly string[]): Graph {
  return Object.fromEntries(
    names.map((name, i) => [name, [...names.slice(Math.max(0, i - 1), i), ...names.slice(i + 1, i + 2)]]),
  )
}

export class Mesh implements AsyncDisposable {
  readonly world: NetWorld
  readonly hub: HubProgram | undefined
  readonly cities: readonly EdgeProgram[]
  readonly #graph: Graph
  readonly #stack: AsyncDisposableStack

  private constructor(parts: Pick<Mesh, 'world' | 'hub' | 'cities'>, graph: Graph, stack: AsyncDisposableStack) {
    this.world = parts.world
    this.hub = parts.hub
    this.cities = parts.cities
    this.#graph = graph
    this.#stack = stack
  }

  /** Resolves when all programs run and all links are there. */
  static async start(options: MeshOptions): Promise<Mesh> {
    await using stack = new AsyncDisposableStack()
    const { graph, hub: hubOptions, behindNat = [] } = options
    const names = Object.keys(graph)
    const world = stack.use(await NetWorld.open([...(hubOptions ? [hubName] : []), ...names], { behindNat }))
    const hub = hubOptions && stack.use(await startQuickHub(world, hubOptions))
    const cities: EdgeProgram[] = []
    for (let i = 0; i < names.length; i += startedAtOnce) {
      const started = names.slice(i, i + startedAtOnce).map(name => startCity(world, name, options))
      for (const outcome of await Promise.allSettled(started)) {
        if (outcome.status === 'rejected') throw outcome.reason
        cities.push(stack.use(outcome.value))
      }
    }
    const mesh = new Mesh({ world, hub, cities }, graph, stack.move())
    try {
      await mesh.linked()
      return mesh
    } catch (error) {
      await mesh[Symbol.asyncDispose]()
      throw error
    }
  }

  city(name: string): EdgeProgram {
    const city = this.cities.find(city => city.name === name)
    assert.ok(city, `no city "${name}"`)
    return city
  }

  /** The hub, if there is one, and all cities. */
  get servers(): ServerProgram[] {
    return this.hub ? [this.hub, ...this.cities] : [...this.cities]
  }

  /** Whom a city has links with when nothing is cut. */
  neighbours(name: string): string[] {
    const dialledBy = Object.keys(this.#graph).filter(other => this.#graph[other]?.includes(name))
    const hub = this.hub ? [hubName] : []
    return [...new Set([...hub, ...(this.#graph[name] ?? []), ...dialledBy])].toSorted()
  }

  /** How many pairs of cities are linked when nothing is cut. */
  get pairs(): number {
    const ends = this.cities.reduce(
      (sum, { name }) => sum + this.neighbours(name).filter(other => other !== hubName).length,
      0,
    )
    return ends / 2
  }

  /** Waits until every city is linked with all its neighbours that are not in `without`, and with nobody else. */
  async linked({
    without = [],
    deadlineMs = linkDeadlineMs,
  }: {
    without?: readonly string[]
    deadlineMs?: number
  } = {}): Promise<void> {
    for (const city of this.cities) {
      if (without.includes(city.name)) continue
      const expected = this.neighbours(city.name).filter(name => !without.includes(name))
      await waitForLinksWith(city, expected, deadlineMs)
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack[Symbol.asyncDispose]()
  }
}

/** Waits until a server is linked with exactly these. */
export async function waitForLinksWith(
  server: ServerProgram,
  names: readonly string[],
  deadlineMs = linkDeadlineMs,
): Promise<void> {
  const linked = async () => {
    const { peers } = await server.status()
    const now = peers.filter(isLinked).map(({ name }) => name)
    if (now.toSorted().join() !== names.toSorted().join()) throw new Error(`linked with ${now.join(', ') || 'nobody'}`)
    return true
  }
  await server.waitUntil(linked, { what: `links with ${names.join(', ')}`, deadlineMs })
}

/**
 * All servers come to hold these posts and nothing else, each once; then a post of the last server follows them everywhere, so
 * that what should not come had its time to come. Resolves to the texts there are now.
 */
export async function expectAlike(
  servers: readonly ServerProgram[],
  texts: readonly string[],
  deadlineMs = 120_000,
): Promise<string[]> {
  const endsAt = Date.now() + deadlineMs
  for (const server of servers) await waitForStored(server, texts.length, endsAt - Date.now())
  const last = servers.at(-1)
  assert.ok(last)
  const marker = `marker ${texts.length} of ${last.name}`
  await last.post(marker)
  const all = [...texts, marker].toSorted()
  for (const server of servers) await waitForStored(server, all.length, 60_000)
  const logs = await Promise.all(servers.map(server => server.posts()))
  const guids = logs[0]?.map(({ guid }) => guid).toSorted()
  for (const [i, posts] of logs.entries()) {
    const name = servers[i]?.name
    assert.equal(new Set(posts.map(({ guid }) => guid)).size, posts.length, `a GUID is twice at ${name}`)
    assert.deepEqual(
      posts.map(({ guid }) => guid).toSorted(),
      guids,
      `${name} has other posts than ${servers[0]?.name}`,
    )
    assert.deepEqual(posts.map(({ text }) => text).toSorted(), all, `other texts at ${name}`)
  }
  return all
}

export interface Crossed {
  /** Posts that went over links, all directions together. */
  sent: number
  /** How many of them the other end had already. */
  duplicates: number
}

/** What crossed links since the programs started. */
export async function crossed(servers: readonly ServerProgram[]): Promise<Crossed> {
  const counts = await Promise.all(servers.map(async server => (await server.status()).messages))
  const sum = (of: 'sent' | 'duplicates') => counts.reduce((total, messages) => total + messages[of], 0)
  return { sent: sum('sent'), duplicates: sum('duplicates') }
}

/** One post per city, written at the same moment. */
export async function postFromAll(cities: readonly ServerProgram[], what: string): Promise<string[]> {
  const texts = cities.map(({ name }) => `${what} from ${name}`)
  await Promise.all(cities.map((city, i) => city.post(texts[i] ?? '')))
  return texts
}

/** Waits until nothing that a city has is still to be acknowledged by whom it is linked with. */
export async function waitForAllSent(servers: readonly ServerProgram[]): Promise<void> {
  for (const server of servers) {
    const toSend = async () => (await server.status()).peers.flatMap(({ rooms }) => rooms.map(room => room.toSend ?? 0))
    await waitFor(toSend, {
      what: `all posts of ${server.name} to be sent`,
      deadlineMs: 90_000,
      until: counts => counts.every(count => count === 0),
    })
  }
}

async function startQuickHub(world: NetWorld, options: HubOptions): Promise<HubProgram> {
  const conf =
    typeof options.conf === 'string' ? options.conf : merged({ limits: { ping_seconds: 2 } }, options.conf ?? {})
  return startHub({ name: hubName, at: world.node(hubName), ...options, conf })
}

function startCity(world: NetWorld, name: string, { graph, hub, conf = {} }: MeshOptions): Promise<EdgeProgram> {
  const peers = (graph[name] ?? []).map(other => ({ name: other, ...placeOfEdge(world.node(other)) }))
  const hubs = hub ? [placeOfHub(world.node(hubName))] : []
  return startEdge({ name, at: world.node(name), peers, hubs, conf: merged(quick, conf) })
}
