// The way in of other servers: a WebSocket, the acceptor's side of the handshake, and a plain word for who is refused.
import type { X509Certificate } from 'node:crypto'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { WebSocket } from 'ws'
import { linkPath } from '../config/conf-values.ts'
import { LinkError, StoreUnavailableError } from '../errors.ts'
import { LineBudget } from '../line-budget.ts'
import type { Log } from '../log.ts'
import { closeCodes } from '../protocol/close-codes.ts'
import { encodeFrame } from '../protocol/codec.ts'
import type { Hello } from '../protocol/frames.ts'
import { type Grant, greetAsAcceptor, ownSelf, type Peer } from '../protocol/greet.ts'
import type { Self } from '../protocol/handshake.ts'
import { SaidLately } from '../said-lately.ts'
import { FrameReader } from '../transport/frame-reader.ts'
import type { Transport } from '../transport/transport.ts'
import { WsTransport } from '../transport/ws-transport.ts'
import { clientKey } from './connections.ts'

export interface LinkRouteOptions {
  self: Self
  log: Log
  /** TLS ends in this process or in a proxy before it. */
  encrypted: boolean
  behindProxy: boolean
  /** Handshakes under way at a time, in all and of one address: a stranger has a place for as long as he says nothing. */
  greetingsMax: number
  greetingsPerAddress?: number
  /** `shown`: the certificate of the other end, if it has any. */
  grant: (hello: Hello, shown: X509Certificate | undefined) => ReturnType<Grant>
  /** Serves a proved server until its link ends. @throws LinkError to refuse it, StoreUnavailableError */
  serve: (reader: FrameReader, peer: Peer) => Promise<unknown>
}

const storeRetryMs = 5000
/** A dialler said goodbye before its proof: it has seen what it came for. */
const leftCode = 1000
/** RFC 6455, 7.1.5: the connection ended without a close frame. */
const lostCode = 1006
const lostWords = 'its own log says why; it may not trust the certificate that it is shown'
const refusalsPerMinute = 30
const refusalsRemembered = 1000

export async function linkRoute(app: FastifyInstance, options: LinkRouteOptions): Promise<void> {
  const { greetingsMax, greetingsPerAddress = greetingsMax, self, serve, log } = options
  const places = new Places(greetingsMax, greetingsPerAddress)
  const complaints = new LineBudget(refusalsPerMinute)
  const lately = new SaidLately(refusalsRemembered)
  const accept = async (reader: FrameReader, address: string): Promise<void> => {
    const grant: Grant = hello => options.grant(hello, reader.transport.certificate)
    try {
      await serve(reader, await places.hold(address, () => greetAsAcceptor(reader, self, grant)))
    } catch (error) {
      const found = refusal(error)
      // It comes back every few seconds until an operator has decided about it.
      const isKnown = found.code === closeCodes.revoked && !lately.isNews(`${clientKey(address)} ${found.message}`)
      refuse(reader.transport, found, (line, isUsual) => {
        if (isKnown) return
        complaints.write(line, text => (isUsual ? log.info(text) : log.warn(text)))
      })
    }
  }
  app.get(linkPath, { websocket: true, config: { rateLimit: false } }, (ws: WebSocket, request: FastifyRequest) => {
    void accept(readerOf(ws, request, options), request.ip)
  })
}

/** Handshakes under way, by address. */
class Places {
  readonly #max: number
  readonly #perAddress: number
  readonly #takenBy = new Map<string, number>()
  #taken = 0

  constructor(max: number, perAddress: number) {
    this.#max = max
    this.#perAddress = perAddress
  }

  /** @throws LinkError 4429 when there is no place */
  async hold<T>(client: string, job: () => Promise<T>): Promise<T> {
    const address = clientKey(client)
    const own = this.#takenBy.get(address) ?? 0
    if (this.#taken >= this.#max || own >= this.#perAddress)
      throw new LinkError(closeCodes.rate, 'too many are linking at once')
    this.#taken += 1
    this.#takenBy.set(address, own + 1)
    try {
      return await job()
    } finally {
      this.#taken -= 1
      const left = (this.#takenBy.get(address) ?? 1) - 1
      if (left === 0) this.#takenBy.delete(address)
      else this.#takenBy.set(address, left)
    }
  }
}

function readerOf(ws: WebSocket, request: FastifyRequest, { encrypted, behindProxy }: LinkRouteOptions): FrameReader {
  const remote = `${request.ip}:${request.socket.remotePort}`
  const { socket } = request.raw
  return new FrameReader(new WsTransport({ ws, socket, remote, encrypted, behindProxy, verified: true }))
}

interface Refusal {
  code: number
  message: string
  told: string
  retryAfterMs?: number | undefined
}

/** `say`: a server that leaves in good order before there is a link has its reasons. */
function refuse(transport: Transport, refusal: Refusal, say: (line: string, isUsual: boolean) => void): void {
  const { code, message, told, retryAfterMs } = refusal
  if (code === leftCode) say(`${transport.remote} did not want to link: ${message}`, true)
  else if (code === lostCode)
    say(`link from ${transport.remote} lost before there was one: ${message || lostWords}`, false)
  else if (message !== ownSelf) say(`link from ${transport.remote} refused: ${message}`, false)
  const reason = told.slice(0, 512)
  transport.send(encodeFrame({ t: 'bye', code, reason, ...(retryAfterMs && { retryAfterMs }) }))
  transport.close(code, told)
}

function refusal(error: unknown): Refusal {
  if (error instanceof LinkError) return error
  if (error instanceof StoreUnavailableError) {
    const message = `the store of this server is away: ${error.message}`
    return { code: closeCodes.draining, message, told: message, retryAfterMs: storeRetryMs }
  }
  const message = `internal error: ${error instanceof Error ? error.message : String(error)}`
  return { code: 1011, message, told: message }
}
