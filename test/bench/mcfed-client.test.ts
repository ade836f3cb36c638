// The light client of our protocol against the real link code: it publishes, is acknowledged, follows, and goes on after a break.
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { WebSocketServer } from 'ws'
import { subprotocol } from '#common/protocol/frames.ts'
import { greetAsAcceptor } from '#common/protocol/greet.ts'
import { timingsFor } from '#common/protocol/heartbeat.ts'
import { Link } from '#common/protocol/link.ts'
import type { LinkObserver } from '#common/protocol/link-options.ts'
import { Turns } from '#common/protocol/turns.ts'
import { FrameReader } from '#common/transport/frame-reader.ts'
import { WsTransport } from '#common/transport/ws-transport.ts'
import { MemoryLog } from '#test/support/memory-log.ts'
import type { Access } from './broker.ts'
import { makeCerts } from './certs.ts'
import { mcfedClient } from './clients/mcfed.ts'
import { Tally } from './deadline.ts'
import { makePosts } from './posts.ts'
import { newIdentity } from './stage.ts'

const room = 'bench-0'
const waitMs = 10_000

/** A hub without its surroundings: TLS, WebSocket, handshake, link, one log in memory. */
class SmallHub {
  readonly log = new MemoryLog(room)
  readonly access: Access
  readonly #server: Server
  readonly #sockets: WebSocketServer

  private constructor(server: Server, access: Access) {
    this.#server = server
    this.#sockets = new WebSocketServer({ server, path: '/federation', handleProtocols: () => subprotocol })
    this.access = access
  }

  static async start(dir: string): Promise<SmallHub> {
    const certs = makeCerts(dir)
    const server = createServer({ cert: readFileSync(certs.cert), key: readFileSync(certs.key) })
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    const address = server.address()
    assert(address !== null && typeof address === 'object')
    const access = { port: address.port, caFile: certs.ca, secret: randomBytes(32).toString('hex') }
    const hub = new SmallHub(server, access)
    const identity = newIdentity()
    hub.#sockets.on('connection', (ws, request) => {
      const options = { ws, socket: request.socket, remote: 'spoke', encrypted: true, verified: true }
      hub.#accept(new FrameReader(new WsTransport(options)), identity).catch(() => ws.terminate())
    })
    return hub
  }

  async #accept(reader: FrameReader, identity: ReturnType<typeof newIdentity>): Promise<void> {
    const { secret } = this.access
    const self = { identity, name: 'small', role: 'hub' as const, software: 'test', boot: 'one', secret, now: Date.now }
    const peer = await greetAsAcceptor(reader, self, hello => hello.rooms)
    const granted = peer.rooms[0]
    const rooms = [{ log: this.log, peerReads: granted?.read ?? false, peerWrites: granted?.write ?? false }]
    const link = new Link({
      transport: reader.transport,
      peer,
      rooms,
      turns: new Turns(4),
      observer,
      timings: timingsFor(20_000),
    })
    reader.handOver(link)
    link.start()
  }

  stop(): Promise<void> {
    for (const ws of this.#sockets.clients) ws.terminate()
    this.#server.closeAllConnections()
    return new Promise(resolve => this.#server.close(() => resolve()))
  }
}

const observer: LinkObserver = {
  verdicts: () => {},
  refused: (_link, reason) => assert.fail(reason),
  refusedCard: (_link, reason) => assert.fail(reason),
  refusedReport: (_link, reason) => assert.fail(reason),
  gap: () => {},
  gapTold: () => {},
  caughtUp: () => {},
}

function newSpoke(hub: SmallHub, name: string, follows: boolean) {
  const identity = newIdentity()
  const acks: number[] = []
  const deliveries: number[] = []
  const acked = new Tally()
  const delivered = new Tally()
  const spoke = mcfedClient.spoke(hub.access, {
    name,
    identity,
    rooms: [room],
    follows,
    onAck: (seq, at) => {
      acks.push(seq)
      acked.add(at)
    },
    onDelivery: (seq, at) => {
      deliveries.push(seq)
      delivered.add(at)
    },
  })
  return { spoke, identity, acks, deliveries, acked, delivered }
}

test('posts are acknowledged, reach the other spoke once and in order, also after it was away', async t => {
  const dir = mkdtempSync(join(tmpdir(), 'bench-client-'))
  const hub = await SmallHub.start(dir)
  t.after(async () => {
    await hub.stop()
    rmSync(dir, { recursive: true })
  })
  const author = newSpoke(hub, 'author', true)
  const reader = newSpoke(hub, 'reader', true)
  await author.spoke.connect()
  await reader.spoke.connect()
  const posts = makePosts({ identity: author.identity, rooms: [room], count: 300, firstSeq: 0 })
  for (const post of posts.slice(0, 150)) author.spoke.publish(post)
  await reader.delivered.reach(150, waitMs, 'first half')
  await reader.spoke.disconnect()
  for (const post of posts.slice(150)) author.spoke.publish(post)
  await author.acked.reach(300, waitMs, 'acks')
  await reader.spoke.connect()
  await reader.delivered.reach(300, waitMs, 'second half')
  const inOrder = posts.map(post => post.seq)
  assert.deepEqual(reader.deliveries, inOrder)
  assert.deepEqual(author.acks, inOrder)
  assert.deepEqual(author.deliveries, [], 'an author does not get its own posts')
  assert.equal(hub.log.head.head, 300)
  await reader.spoke.disconnect()
  await author.spoke.disconnect()
})

test('a wrong secret gets no link', async t => {
  const dir = mkdtempSync(join(tmpdir(), 'bench-client-'))
  const hub = await SmallHub.start(dir)
  t.after(async () => {
    await hub.stop()
    rmSync(dir, { recursive: true })
  })
  const stranger = mcfedClient.spoke(
    { ...hub.access, secret: randomBytes(32).toString('hex') },
    { name: 'stranger', identity: newIdentity(), rooms: [room], follows: true, onAck: () => {}, onDelivery: () => {} },
  )
  await assert.rejects(stranger.connect(), /wrong federation secret/)
})
