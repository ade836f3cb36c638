// The way in of other servers: a WebSocket, the acceptor's side of the handshake, and a plain word for who is refused.
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { WebSocket } from 'ws'
import { LinkError, StoreUnavailableError } from '../errors.ts'
import type { Log } from '../log.ts'
import { closeCodes } from '../protocol/close-codes.ts'
import { encodeFrame } from '../protocol/codec.ts'
import { type Grant, greetAsAcceptor, ownSelf, type Peer } from '../protocol/greet.ts'
import type { Self } from '../protocol/handshake.ts'
import { FrameReader } from '../transport/frame-reader.ts'
import { WsTransport } from '../transport/ws-transport.ts'

export const linkPath = '/federation'

export interface LinkRouteOptions {
  self: Self
  log: Log
  /** TLS ends in this process or in a proxy before it. */
  encrypted: boolean
  behindProxy: boolean
  /** Handshakes under way at a time: a stranger's costs nothing but a place. */
  greetingsMax: number
  grant: Grant
  /** Serves a proved server until its link ends. @throws LinkError to refuse it, StoreUnavailableError */
  serve: (reader: FrameReader, peer: Peer) => Promise<unknown>
}

const storeRetryMs = 5000
/** A dialler said goodbye before its proof: it has seen what it came for. */
const leftCode = 1000

export async function linkRoute(app: FastifyInstance, options: LinkRouteOptions): Promise<void> {
  let greetings = 0
  const greet = async (reader: FrameReader): Promise<Peer> => {
    if (greetings >= options.greetingsMax) throw new LinkError(closeCodes.rate, 'too many are linking at once')
    greetings += 1
    try {
      return await greetAsAcceptor(reader, options.self, options.grant)
    } finally {
      greetings -= 1
    }
  }
  app.get(linkPath, { websocket: true, config: { rateLimit: false } }, (ws: WebSocket, request: FastifyRequest) => {
    void accept(readerOf(ws, request, options), greet, options)
  })
}

function readerOf(ws: WebSocket, request: FastifyRequest, { encrypted, behindProxy }: LinkRouteOptions): FrameReader {
  const remote = `${request.ip}:${request.socket.remotePort}`
  const { socket } = request.raw
  return new FrameReader(new WsTransport({ ws, socket, remote, encrypted, behindProxy, verified: true }))
}

async function accept(
  reader: FrameReader,
  greet: (reader: FrameReader) => Promise<Peer>,
  { serve, log }: LinkRouteOptions,
): Promise<void> {
  const { transport } = reader
  try {
    await serve(reader, await greet(reader))
  } catch (error) {
    const { code, message, retryAfterMs } = refusal(error)
    if (code === leftCode) log.info(`${transport.remote} did not want to link: ${message}`)
    else if (message !== ownSelf) log.warn(`link from ${transport.remote} refused: ${message}`)
    const reason = message.slice(0, 512)
    transport.send(encodeFrame({ t: 'bye', code, reason, ...(retryAfterMs && { retryAfterMs }) }))
    transport.close(code, message)
  }
}

function refusal(error: unknown): { code: number; message: string; retryAfterMs?: number } {
  if (error instanceof LinkError) return { code: error.code, message: error.message }
  if (error instanceof StoreUnavailableError) {
    const message = `the store of this server is away: ${error.message}`
    return { code: closeCodes.draining, message, retryAfterMs: storeRetryMs }
  }
  return { code: 1011, message: `internal error: ${error instanceof Error ? error.message : String(error)}` }
}
