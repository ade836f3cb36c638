// A small world of logs and links in memory, driven step by step: for simulations of what no machine can be made to do on demand.
import { newGuid } from '#common/guid.ts'
import { LOCAL } from '#common/post-log.ts'
import { timingsFor } from '#common/protocol/heartbeat.ts'
import { Link } from '#common/protocol/link.ts'
import { Turns } from '#common/protocol/turns.ts'
import { makePeer, unconcerned } from './link-by-hand.ts'
import { MemoryLog, type MemorySnapshot } from './memory-log.ts'
import { type MemoryConnection, memoryConnection } from './memory-transport.ts'

export interface Server {
  id: string
  role: 'hub' | 'edge'
  log: MemoryLog
  snapshots: MemorySnapshot[]
  /** It says that a hub serves it. */
  standby: boolean
  /** Do its resumes ask to be offered posts before they are shipped? A hub's always do. */
  wantsOffers: boolean
  /** Posts it has shipped, over all its links. */
  texts: number
}

export interface Cable {
  a: Server
  b: Server
  connection: MemoryConnection | undefined
  /** Of the connection: that of `a` first. */
  links: Link[]
  /** Frames with posts over this cable, by all its connections. */
  shipped: number
}

/** `hub`: the servers that have a cable to one more server, the hub. */
export interface WorldPlan {
  count: number
  cables: readonly (readonly [number, number])[]
  hub?: readonly number[] | undefined
}

const turns = new Turns(4)
const timings = timingsFor(20_000)

export class World {
  readonly servers: Server[]
  readonly cables: Cable[]
  /** Posts that crossed one connection twice in one direction. */
  readonly twice: string[] = []
  /** Why links ended that nobody cut: one end took the other for a liar. */
  readonly faults: string[] = []
  #at = Date.now()

  constructor({ count, cables, hub }: WorldPlan) {
    const edges = Array.from({ length: count }, (_, i) => makeServer(i, 'edge'))
    this.servers = hub === undefined ? edges : [...edges, makeServer(count, 'hub')]
    const all = [...cables, ...(hub ?? []).map(i => [i, count] as const)]
    this.cables = all.map(([a, b]) => ({
      a: this.server(a),
      b: this.server(b),
      connection: undefined,
      links: [],
      shipped: 0,
    }))
  }

  get edges(): Server[] {
    return this.servers.filter(({ role }) => role === 'edge')
  }

  get hubCables(): Cable[] {
    return this.cables.filter(({ b }) => b.role === 'hub')
  }

  server(i: number): Server {
    const server = this.servers[i % this.servers.length]
    if (server === undefined) throw new Error('a world needs servers')
    return server
  }

  cable(i: number): Cable {
    const cable = this.cables[i % this.cables.length]
    if (cable === undefined) throw new Error('a world needs cables')
    return cable
  }

  async post(server: Server, count = 1): Promise<void> {
    for (let i = 0; i < count; i++) {
      const guid = newGuid()
      const at = ++this.#at
      const post = {
        guid,
        room: 'main',
        origin: server.id,
        at,
        author: { name: 'x' },
        source: 'client',
        text: guid,
        sig: 'A'.repeat(86),
      }
      await server.log.append({ from: LOCAL, posts: [{ guid, at, json: JSON.stringify(post) }] })
    }
  }

  async plug(cable: Cable): Promise<void> {
    if (cable.connection !== undefined) return
    const { a, b } = cable
    const connection = memoryConnection()
    this.#watch(cable, a, connection.dialler)
    this.#watch(cable, b, connection.acceptor)
    cable.connection = connection
    cable.links = [linkEnd([a, b], connection.dialler), linkEnd([b, a], connection.acceptor)]
    for (const link of cable.links) link.start()
    void Promise.all(cable.links.map(link => link.ended)).then(ends => {
      this.faults.push(...ends.filter(({ code }) => code !== 1006).map(({ reason }) => reason))
      if (cable.connection === connection) cable.connection = undefined
    })
    await settle()
  }

  async cut(cable: Cable): Promise<void> {
    cable.connection?.cut()
    cable.connection = undefined
    await settle()
  }

  /** An edge says on all its links whether a hub serves it; a hub never does. */
  async setStandby(server: Server, on: boolean): Promise<void> {
    if (server.role === 'hub') return
    server.standby = on
    for (const { a, b, links, connection } of this.cables) {
      if (connection !== undefined && a === server) links[0]?.setStandby(on)
      if (connection !== undefined && b === server) links[1]?.setStandby(on)
    }
    await settle()
  }

  /** Lets up to `frames` frames through, in one direction. */
  async deliver(cable: Cable, to: 'dialler' | 'acceptor', frames: number): Promise<void> {
    for (let i = 0; i < frames && cable.connection?.deliver(to); i++) await settle()
  }

  /** The hub serves all servers that have a cable to it: they need their peers no more. Ends when all is at rest. */
  async healWithHub(): Promise<void> {
    for (const cable of this.cables) await this.plug(cable)
    const served = new Set(this.hubCables.map(({ a }) => a))
    for (const edge of this.edges) await this.setStandby(edge, served.has(edge))
    await this.rest()
  }

  /** The hub is gone, everything else is plugged in, and everybody needs its peers. Ends when all is at rest. */
  async healWithoutHub(): Promise<void> {
    const hubCables = new Set(this.hubCables)
    for (const cable of this.cables) await (hubCables.has(cable) ? this.cut(cable) : this.plug(cable))
    for (const edge of this.edges) await this.setStandby(edge, false)
    await this.rest()
  }

  /** Lets everything through that is under way, and what comes of it. */
  async rest(): Promise<void> {
    for (let round = 0; round < 10_000; round++) {
      const moved = this.cables.map(deliverAll).includes(true)
      await settle()
      if (!moved) return
    }
    throw new Error('the world does not come to rest')
  }

  /** Counts what one end of a connection ships. */
  #watch(cable: Cable, server: Server, transport: MemoryConnection['dialler']): void {
    const crossed = new Set<string>()
    const send = transport.send.bind(transport)
    transport.send = text => {
      const guids = shippedGuids(text.toString())
      if (guids.length > 0) cable.shipped += 1
      server.texts += guids.length
      this.twice.push(...guids.filter(guid => crossed.has(guid)))
      for (const guid of guids) crossed.add(guid)
      send(text)
    }
  }
}

function makeServer(i: number, role: Server['role']): Server {
  const id = String.fromCharCode(65 + i).repeat(43)
  const log = new MemoryLog('main', { tailBytes: 2000 })
  return { id, role, log, snapshots: [], standby: false, wantsOffers: role === 'hub', texts: 0 }
}

function shippedGuids(text: string): string[] {
  if (!text.startsWith('{"t":"posts"')) return []
  return (JSON.parse(text) as { posts: { guid: string }[] }).posts.map(({ guid }) => guid)
}

/** True when anything was under way. */
function deliverAll({ connection }: Cable): boolean {
  let moved = false
  while (connection?.deliver('dialler') || connection?.deliver('acceptor')) moved = true
  return moved
}

/** GUIDs of a log in its order. */
export async function guidsOf({ log }: Pick<Server, 'log'>): Promise<string[]> {
  return (await log.readAfter(0, 100_000)).map(entry => entry.guid)
}

/** Lets every promise that can go on do so. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 4; i++) await new Promise(resolve => setImmediate(resolve))
}

function linkEnd([self, other]: [Server, Server], transport: MemoryConnection['dialler']): Link {
  const peer = makePeer({ id: other.id, name: other.id.slice(0, 1), role: other.role, windowBytes: 65_536 })
  const { standby } = self
  const rooms = [{ log: self.log, peerReads: true, peerWrites: true }]
  const verify = () => Promise.resolve(true)
  const wantsOffers = () => self.wantsOffers
  const shared = { turns, timings, observer: unconcerned, verify }
  const link = new Link({ ...shared, transport, peer, rooms, standby, wantsOffers })
  transport.listen(link)
  return link
}
