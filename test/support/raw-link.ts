// A server in the hands of a test: the real handshake with a hub or an edge, and after it every frame by hand.
// Of itself it only answers pings and acknowledges posts.
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import type { Socket } from 'node:net'
import WebSocket from 'ws'
import { type Cursor, newEpoch } from '#common/cursor.ts'
import { newGuid } from '#common/guid.ts'
import { type Identity, identityFromPem, newIdentityPem } from '#common/identity.ts'
import { type Post, signPost } from '#common/post.ts'
import { decodeFrame, encodeFrame } from '#common/protocol/codec.ts'
import {
  type Frame,
  type FrameName,
  type FrameOf,
  frameBytesMax,
  postsPerFrameMax,
  subprotocol,
} from '#common/protocol/frames.ts'
import { greetAsDialler, type Peer } from '#common/protocol/greet.ts'
import { FrameReader } from '#common/transport/frame-reader.ts'
import { WsTransport } from '#common/transport/ws-transport.ts'
import { testAuthority } from './certificates.ts'
import { testRoom, testSecret } from './programs.ts'
import { waitFor } from './wait-for.ts'

export interface RawLinkOptions {
  /** Of a hub on 127.0.0.1, or of a relay to it. */
  port: number
  /** The address it comes from, of this machine; default 127.0.0.1. */
  from?: string
  /** Further ones of the request. */
  headers?: Readonly<Record<string, string>>
  /** Default: a new one. */
  identity?: Identity
  name?: string
  /** Default: a new one. */
  boot?: string
  /** Default: `testSecret`. */
  secret?: string
  /** Default: `testRoom` alone. */
  rooms?: readonly string[]
  /** Unix ms; default the system's clock. */
  now?: () => number
}

export interface RawSocket {
  ws: WebSocket
  reader: FrameReader
}

const openDeadlineMs = 30_000
const framesKept = 10_000
/** Frames under way: far inside the window, whatever the posts are. */
const framesAhead = 4

/** A WebSocket to a TLS server on which nothing was said yet. */
export async function openRawSocket(
  port: number,
  { from, headers }: Pick<RawLinkOptions, 'from' | 'headers'> = {},
): Promise<RawSocket> {
  const ws = new WebSocket(`wss://127.0.0.1:${port}/federation`, subprotocol, {
    ca: testAuthority().cert,
    ...(from !== undefined && { localAddress: from }),
    ...(headers !== undefined && { headers }),
    perMessageDeflate: false,
    maxPayload: frameBytesMax,
    handshakeTimeout: openDeadlineMs,
  })
  let socket: Socket | undefined
  ws.once('upgrade', response => {
    socket = response.socket
  })
  await once(ws, 'open')
  if (socket === undefined) throw new Error('no socket')
  const transport = new WsTransport({ ws, socket, remote: `port ${port}`, encrypted: true, verified: true })
  return { ws, reader: new FrameReader(transport) }
}

export class RawLink implements AsyncDisposable {
  readonly ws: WebSocket
  readonly peer: Peer
  readonly identity: Identity
  /** The newest frames that came. */
  readonly frames: Frame[] = []
  /** How the connection ended. */
  ended: { code: number; reason: string } | undefined
  readonly epoch = newEpoch()
  /** False: posts that come stay unacknowledged. */
  takesPosts = true
  #sent = 0
  #acked = 0

  private constructor({ ws, reader }: RawSocket, peer: Peer, identity: Identity) {
    this.ws = ws
    this.peer = peer
    this.identity = identity
    reader.handOver({
      onFrame: text => this.#onFrame(text),
      onClose: (code, reason) => {
        this.ended = { code, reason }
      },
    })
  }

  /** Connects and proves itself. @throws LinkError when it is refused */
  static async connect(options: RawLinkOptions): Promise<RawLink> {
    const { port, rooms = [testRoom], name = 'raw', secret = testSecret, now = Date.now } = options
    const { identity = identityFromPem(newIdentityPem()), boot = randomBytes(9).toString('base64url') } = options
    const socket = await openRawSocket(port, options)
    const wanted = rooms.map(room => ({ room, read: true, write: true }))
    const self = { identity, name, role: 'edge', software: 'test', boot, secret, now } as const
    try {
      return new RawLink(socket, await greetAsDialler(socket.reader, self, { wanted }), identity)
    } catch (error) {
      socket.ws.terminate()
      throw error
    }
  }

  send(frame: Frame): void {
    this.ws.send(encodeFrame(frame))
  }

  /** The first frame of that name, of those that came and those to come within 30 s, for which `isIt`. */
  waitForFrame<T extends FrameName>(name: T, isIt: (frame: FrameOf<T>) => boolean = () => true): Promise<FrameOf<T>> {
    const named = (frame: Frame): frame is FrameOf<T> => frame.t === name
    return waitFor(() => this.frames.filter(named).find(isIt), { what: `a "${name}" frame` })
  }

  /** Says where it stands in the log of the other end, and resolves when the other end goes on from there. */
  async follow(cursor: Cursor | null = null, room = testRoom): Promise<void> {
    this.send({ t: 'resume', n: 1, rooms: { [room]: { cursor, epoch: this.epoch, ended: {} } } })
    await this.waitForFrame('start', frame => frame.room === room)
  }

  /** A post of this server. */
  post(text: string, changes: Partial<Omit<Post, 'sig'>> = {}): Post {
    const author = { name: 'raw' }
    const post = { guid: newGuid(), room: testRoom, origin: this.identity.id, at: Date.now(), author, text }
    return signPost({ ...post, source: 'client', ...changes }, this.identity)
  }

  /** Ships posts, or what is to look like posts, into `testRoom`. Resolves when all are acknowledged; fails after 30 s without an ack, or with the link. */
  async ship(posts: readonly unknown[]): Promise<void> {
    const { n } = await this.waitForFrame('resume')
    if (this.#sent === 0)
      this.send({ t: 'start', room: testRoom, n, epoch: this.epoch, after: 0, head: this.#sent + posts.length })
    for (let i = 0; i < posts.length; i += postsPerFrameMax) {
      await this.#ackedUpTo(this.#sent - framesAhead * postsPerFrameMax)
      this.#sendPosts(posts.slice(i, i + postsPerFrameMax))
    }
    await this.#ackedUpTo(this.#sent)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.ws.terminate()
    await waitFor(() => this.ended, { what: 'the raw link to end' })
  }

  #sendPosts(posts: readonly unknown[]): void {
    const after = this.#sent
    this.#sent += posts.length
    this.send({ t: 'posts', room: testRoom, epoch: this.epoch, after, next: this.#sent, posts: [...posts] })
  }

  async #ackedUpTo(offset: number): Promise<void> {
    const ended = () => `${this.ended?.code} ${this.ended?.reason}`
    await waitFor(() => this.#acked >= offset || this.ended !== undefined, { what: `an ack of ${offset}` })
    if (this.#acked < offset) throw new Error(`the link ended with ${ended()} before ${offset} was acknowledged`)
  }

  #onFrame(text: string): void {
    const frame = decodeFrame(text)
    if (frame === undefined) return
    if (frame.t === 'ack') this.#acked = frame.offset
    if (frame.t === 'ping') this.send({ t: 'pong', n: frame.n })
    if (frame.t === 'posts' && this.takesPosts)
      this.send({ t: 'ack', room: frame.room, epoch: frame.epoch, offset: frame.next })
    this.frames.push(frame)
    if (this.frames.length > framesKept) this.frames.splice(0, framesKept / 2)
  }
}
