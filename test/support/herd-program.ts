// Very many light spokes in one process: real TLS, real handshakes, each with its own identity, card and back-off; what they
// store is a cursor and a count. Told what to do and asked how it is over the IPC channel of herd.ts.
import { randomBytes } from 'node:crypto'
import { type Cursor, newEpoch } from '#common/cursor.ts'
import { LinkError } from '#common/errors.ts'
import { type Identity, identityFromPem, newIdentityPem } from '#common/identity.ts'
import { closeCodes, type LinkEnd, linkEnd } from '#common/protocol/close-codes.ts'
import { decodeFrame, encodeFrame } from '#common/protocol/codec.ts'
import type { Frame } from '#common/protocol/frames.ts'
import { greetAsDialler } from '#common/protocol/greet.ts'
import { keepLinked, reconnectTimings } from '#common/protocol/reconnect.ts'
import { type ServerCard, signCard } from '#common/server-card.ts'
import { dial } from '#common/transport/dial.ts'
import { FrameReader } from '#common/transport/frame-reader.ts'
import type { HerdOrder, HerdState } from './herd.ts'

/** As if they had been linked for a minute: an instance that dies in production is an old one. */
const timings = { ...reconnectTimings(60_000), settledMs: 0 }

class LightSpoke {
  readonly #order: HerdOrder
  readonly #identity: Identity = identityFromPem(newIdentityPem())
  readonly #name: string
  readonly #boot = randomBytes(9).toString('base64url')
  readonly #epoch = newEpoch()
  readonly #card: ServerCard
  #cursor: Cursor | null = null
  isLive = false
  posts = 0
  /** Why its links ended or did not come about. */
  readonly ends: string[] = []

  constructor(order: HerdOrder, n: number) {
    this.#order = order
    this.#name = `herd ${n}`
    this.#card = signCard({ id: this.#identity.id, name: this.#name, gateways: [], at: Date.now() }, this.#identity)
  }

  run(signal: AbortSignal): Promise<void> {
    return keepLinked({ live: () => this.#live(signal), onWait: () => {}, signal, timings })
  }

  async #live(signal: AbortSignal): Promise<LinkEnd> {
    let end: LinkEnd
    try {
      end = await this.#link(signal)
    } catch (error) {
      if (!(error instanceof LinkError)) throw error
      end = linkEnd(error.code, error.message, error.code === closeCodes.replaced ? 0 : undefined)
    }
    this.isLive = false
    this.ends.push(`${end.code} ${end.reason}`)
    return end
  }

  async #link(signal: AbortSignal): Promise<LinkEnd> {
    const { port, ca, secret, room } = this.#order
    const transport = await dial({ url: `wss://127.0.0.1:${port}/federation`, ca, clockWrong: false, signal })
    const reader = new FrameReader(transport)
    const who = { identity: this.#identity, name: this.#name, role: 'edge', boot: this.#boot } as const
    const self = { ...who, software: 'herd', secret, now: Date.now }
    try {
      await greetAsDialler(reader, self, { wanted: [{ room, read: true, write: true }] })
    } catch (error) {
      transport.close(1000, 'no link')
      throw error
    }
    const send = (frame: Frame) => transport.send(encodeFrame(frame))
    return new Promise(resolve => {
      const bye = { retryAfterMs: undefined as number | undefined }
      reader.handOver({
        onFrame: text => {
          const frame = decodeFrame(text)
          if (frame?.t === 'bye') bye.retryAfterMs = frame.retryAfterMs
          if (frame !== undefined) this.#onFrame(frame, send)
        },
        onClose: (code, reason) => resolve(linkEnd(code, reason, bye.retryAfterMs)),
      })
      send({ t: 'cards', cards: [{ rooms: [room], card: this.#card }] })
      send({ t: 'resume', n: 1, rooms: { [room]: { cursor: this.#cursor, epoch: this.#epoch, ended: {} } } })
    })
  }

  #onFrame(frame: Frame, send: (frame: Frame) => void): void {
    switch (frame.t) {
      case 'ping':
        return send({ t: 'pong', n: frame.n })
      case 'resume':
        return send({ t: 'start', room: this.#order.room, n: frame.n, epoch: this.#epoch, after: 0, head: 0 })
      case 'offer':
        return send({ ...frame, t: 'want' })
      case 'start':
        this.isLive = true
        this.#cursor = { epoch: frame.epoch, offset: frame.after }
        return
      case 'posts':
        this.posts += frame.posts.length
        this.#cursor = { epoch: frame.epoch, offset: frame.next }
        return send({ t: 'ack', room: frame.room, epoch: frame.epoch, offset: frame.next })
    }
  }
}

function stateOf(spokes: readonly LightSpoke[]): HerdState {
  const ends: Record<string, number> = {}
  for (const end of spokes.flatMap(spoke => spoke.ends)) ends[end] = (ends[end] ?? 0) + 1
  const posts = spokes.map(spoke => spoke.posts)
  return {
    live: spokes.filter(({ isLive }) => isLive).length,
    fewestPosts: Math.min(...posts),
    mostPosts: Math.max(...posts),
    ends,
  }
}

process.once('message', (order: HerdOrder) => {
  const stop = new AbortController()
  const spokes = Array.from({ length: order.spokes }, (_, n) => new LightSpoke(order, order.first + n))
  for (const spoke of spokes) void spoke.run(stop.signal)
  process.on('message', () => process.send?.(stateOf(spokes)))
})
process.once('disconnect', () => process.exit())
