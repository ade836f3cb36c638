// A small world of logs and links in memory, driven step by step: for simulations of what no machine can be made to do on demand.
import { newGuid } from '#common/guid.ts'
import { LOCAL } from '#common/post-log.ts'
import type { Peer } from '#common/protocol/greet.ts'
import { timingsFor } from '#common/protocol/heartbeat.ts'
import { Link, type LinkObserver } from '#common/protocol/link.ts'
import { Turns } from '#common/protocol/turns.ts'
import { MemoryLog, type MemorySnapshot } from './memory-log.ts'
import { type MemoryConnection, memoryConnection } from './memory-transport.ts'

export interface Server {
  id: string
  log: MemoryLog
  snapshots: MemorySnapshot[]
}

interface Cable {
  a: Server
  b: Server
  connection: MemoryConnection | undefined
}

const observer: LinkObserver = {
  verdicts: () => {},
  refused: () => {},
  refusedCard: () => {},
  gap: () => {},
  caughtUp: () => {},
}
const turns = new Turns(4)
const timings = timingsFor(20_000)

export class World {
  readonly servers: Server[]
  readonly cables: Cable[]
  #at = Date.now()

  constructor(count: number, cables: readonly (readonly [number, number])[]) {
    this.servers = Array.from({ length: count }, (_, i) => ({
      id: String.fromCharCode(65 + i).repeat(43),
      log: new MemoryLog('main', { tailBytes: 2000 }),
      snapshots: [],
    }))
    this.cables = cables.map(([a, b]) => ({ a: this.server(a), b: this.server(b), connection: undefined }))
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
    const connection = memoryConnection()
    cable.connection = connection
    const ends = [linkEnd(cable.a, cable.b, connection.dialler), linkEnd(cable.b, cable.a, connection.acceptor)]
    for (const link of ends) link.start()
    void Promise.all(ends.map(link => link.ended)).then(() => {
      if (cable.connection === connection) cable.connection = undefined
    })
    await settle()
  }

  async cut(cable: Cable): Promise<void> {
    cable.connection?.cut()
    cable.connection = undefined
    await settle()
  }

  /** Lets up to `frames` frames through, in one direction. */
  async deliver(cable: Cable, to: 'dialler' | 'acceptor', frames: number): Promise<void> {
    for (let i = 0; i < frames && cable.connection?.deliver(to); i++) await settle()
  }

  /** Plugs everything in and lets everything through. */
  async heal(): Promise<void> {
    for (const cable of this.cables) await this.plug(cable)
    for (let round = 0; round < 10_000; round++) {
      const moved = this.cables.map(deliverAll).includes(true)
      await settle()
      if (!moved) return
    }
    throw new Error('the world does not come to rest')
  }
}

/** True when anything was under way. */
function deliverAll({ connection }: Cable): boolean {
  let moved = false
  while (connection?.deliver('dialler') || connection?.deliver('acceptor')) moved = true
  return moved
}

/** GUIDs of a log in its order. */
export async function guidsOf({ log }: Server): Promise<string[]> {
  return (await log.readAfter(0, 100_000)).map(entry => entry.guid)
}

/** Lets every promise that can go on do so. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 4; i++) await new Promise(resolve => setImmediate(resolve))
}

function linkEnd(self: Server, other: Server, transport: MemoryConnection['dialler']): Link {
  const peer: Peer = {
    id: other.id,
    name: other.id.slice(0, 1),
    role: 'edge',
    software: '',
    boot: '',
    rooms: [],
    clockOffMs: 0,
    latencyMs: 1,
    windowBytes: 65_536,
    standby: false,
  }
  const rooms = [{ log: self.log, peerReads: true, peerWrites: true }]
  const link = new Link({ transport, peer, rooms, turns, timings, observer, verify: () => Promise.resolve(true) })
  transport.listen(link)
  return link
}
