// Plays links between two servers of the protocol vectors in memory, and writes down every frame they send.
import { verifyBytes } from '#common/identity.ts'
import { canonicalBytes, type Post } from '#common/post.ts'
import { LOCAL } from '#common/post-log.ts'
import type { Side } from '#common/protocol/handshake.ts'
import { timingsFor } from '#common/protocol/heartbeat.ts'
import { Link } from '#common/protocol/link.ts'
import { Turns } from '#common/protocol/turns.ts'
import { makePeer, unconcerned } from './link-by-hand.ts'
import { settle } from './link-world.ts'
import { MemoryLog } from './memory-log.ts'
import { memoryConnection } from './memory-transport.ts'
import { type Line, vectors } from './protocol-vectors.ts'

const { servers, posts, epochs } = vectors
const room = 'frontrange'
const dayMs = 86_400_000
const now = () => 1_767_225_660_000

/** The edge has two posts, the hub one of another city; they meet, a post is written at the edge, and the edge leaves. */
export async function playLink(): Promise<Line[]> {
  const [edge, hub] = [new MemoryLog(room, { now }), new MemoryLog(room, { now })]
  await store(edge, LOCAL, [0, 1])
  await store(hub, servers.other.id, [2])
  const play = new Play(edge, hub)
  await play.start()
  await store(edge, LOCAL, [3])
  await play.deliverAll()
  play.transports.dialler.send('{"t":"ping","n":1}')
  await play.deliverAll()
  play.links.dialler.close(4503, 'the room server stops', 0)
  await play.deliverAll()
  return play.lines()
}

/** The edge stands at the hub's offset 1; 2 and 3 went with the hub's retention, 4 is new. */
export async function playGap(): Promise<Line[]> {
  const [edge, hub] = [new MemoryLog(room, { now }), new MemoryLog(room, { now })]
  await store(hub, servers.other.id, [2, 0, 1])
  await hub.trim(now() + 31 * dayMs)
  await store(hub, servers.other.id, [3])
  const next = { epoch: hub.head.epoch, offset: 1 }
  const cursor = { expected: null, next, under: edge.head.epoch }
  await edge.append({ from: servers.hub.id, posts: [], cursor })
  const play = new Play(edge, hub, { isOneWay: true })
  await play.start()
  return play.lines()
}

/** Two cities whose hub serves both: it brought them one post, each has another; one loses the hub for a while. */
export async function playStandby(): Promise<Line[]> {
  const [edge, other] = [new MemoryLog(room, { now }), new MemoryLog(room, { now })]
  await store(edge, servers.hub.id, [0])
  await store(edge, LOCAL, [1])
  await store(other, servers.hub.id, [0])
  await store(other, LOCAL, [2])
  const play = new Play(edge, other, { acceptor: 'other', standby: true })
  await play.start()
  play.links.dialler.setStandby(false)
  await play.deliverAll()
  play.links.dialler.setStandby(true)
  await play.deliverAll()
  await store(edge, LOCAL, [3])
  play.transports.dialler.send('{"t":"ping","n":1}')
  await play.deliverAll()
  return play.lines()
}

async function store(log: MemoryLog, from: string, indexes: readonly number[]): Promise<void> {
  const chosen = indexes.map(i => posts[i]).filter(vector => vector !== undefined)
  await log.append({ from, posts: chosen.map(({ post, json }) => ({ guid: post.guid, at: post.at, json })) })
}

interface PlayOptions {
  acceptor?: 'hub' | 'other'
  /** Only the edge reads. */
  isOneWay?: boolean
  /** A hub serves both. */
  standby?: boolean
}

/** A proved link: the edge dialled. */
class Play {
  readonly transports
  readonly links: Record<Side, Link>
  readonly #logs: Record<Side, MemoryLog>
  readonly #acceptor: 'hub' | 'other'
  readonly #standby: boolean
  readonly #connection = memoryConnection()
  readonly #lines: Line[] = []

  constructor(
    edge: MemoryLog,
    log: MemoryLog,
    { acceptor = 'hub', isOneWay = false, standby = false }: PlayOptions = {},
  ) {
    this.#logs = { dialler: edge, acceptor: log }
    this.#acceptor = acceptor
    this.#standby = standby
    this.transports = { dialler: this.#connection.dialler, acceptor: this.#connection.acceptor }
    this.links = {
      dialler: this.#end('dialler', servers[acceptor].id, { peerReads: !isOneWay, peerWrites: true }),
      acceptor: this.#end('acceptor', servers.edge.id, { peerReads: true, peerWrites: !isOneWay }),
    }
  }

  async start(): Promise<void> {
    this.links.dialler.start()
    this.links.acceptor.start()
    await this.deliverAll()
  }

  async deliverAll(): Promise<void> {
    for (let moved = true; moved; ) {
      await settle()
      moved = this.#connection.deliver('acceptor')
      await settle()
      moved = this.#connection.deliver('dialler') || moved
    }
  }

  /** Epochs are random; here they are those of the vectors. */
  lines(): Line[] {
    const { dialler, acceptor } = this.#logs
    const fixed = (frame: string) =>
      frame.replaceAll(dialler.head.epoch, epochs.edge).replaceAll(acceptor.head.epoch, epochs[this.#acceptor])
    return this.#lines.map(({ from, frame }) => ({ from, frame: fixed(frame) }))
  }

  #end(side: Side, peerId: string, rights: { peerReads: boolean; peerWrites: boolean }): Link {
    const transport = this.transports[side]
    const send = transport.send.bind(transport)
    transport.send = frame => {
      this.#lines.push({ from: side, frame: frame.toString() })
      send(frame)
    }
    const rooms = [{ log: this.#logs[side], ...rights }]
    const standby = this.#standby
    const link = new Link({
      transport,
      peer: makePeer({ id: peerId }),
      rooms,
      turns: new Turns(1),
      observer: unconcerned,
      timings: timingsFor(20_000),
      verify,
      standby,
    })
    transport.listen(link)
    return link
  }
}

/** At once: on the thread pool the order of frames would be left to chance. */
const verify = (post: Post) => Promise.resolve(verifyBytes(post.origin, canonicalBytes(post), post.sig))
