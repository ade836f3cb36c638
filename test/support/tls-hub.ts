// A TLS WebSocket server whose connections a test holds in its hands, and what goes over the wire below them.
import { once } from 'node:events'
import { createServer, type Server } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import type { SecureVersion } from 'node:tls'
import { type WebSocket, WebSocketServer } from 'ws'
import type { CertificatePair } from '#common/certificate.ts'
import { frameBytesMax, subprotocol } from '#common/protocol/frames.ts'
import type { Transport, TransportEvents } from '#common/transport/transport.ts'
import { WsTransport } from '#common/transport/ws-transport.ts'
import { waitFor } from './wait-for.ts'

export interface TlsHubOptions {
  certificate: CertificatePair
  /** Default 127.0.0.1. */
  host?: string
  /** The newest TLS it speaks; default 1.3. */
  maxVersion?: SecureVersion
  behindProxy?: boolean
  /** Takes a connection before anything is read of it; without it what comes is kept in `heard`. */
  onConnection?: (transport: Transport) => void
}

/** Everything a transport has told. */
export class Heard implements TransportEvents {
  readonly frames: string[] = []
  closed: { code: number; reason: string } | undefined
  onFrame(text: string): void {
    this.frames.push(text)
  }
  onClose(code: number, reason: string): void {
    if (this.closed !== undefined) throw new Error('closed twice')
    this.closed = { code, reason }
  }
  /** How the connection ended, when it has. */
  end(): Promise<{ code: number; reason: string }> {
    return waitFor(() => this.closed, { what: 'the connection to end' })
  }
}

export interface Accepted {
  transport: Transport
  heard: Heard
  ws: WebSocket
  /** TLS ends here. */
  socket: Socket
}

export class TlsHub implements AsyncDisposable {
  readonly accepted: Accepted[] = []
  readonly #server: Server
  readonly #sockets = new Set<Socket>()

  private constructor({ certificate, maxVersion, behindProxy = false, onConnection }: TlsHubOptions) {
    this.#server = createServer({ ...certificate, ...(maxVersion !== undefined && { maxVersion }) })
    this.#server.on('connection', (socket: Socket) => this.#sockets.add(socket))
    this.#server.on('tlsClientError', () => {})
    const handleProtocols = () => subprotocol
    const wss = new WebSocketServer({ server: this.#server, maxPayload: frameBytesMax, handleProtocols })
    wss.on('connection', (ws, request) => {
      const { socket } = request
      const transport = new WsTransport({ ws, socket, remote: 'a test', encrypted: true, verified: true, behindProxy })
      const heard = new Heard()
      if (onConnection === undefined) transport.listen(heard)
      else onConnection(transport)
      this.accepted.push({ transport, heard, ws, socket })
    })
  }

  static async start(options: TlsHubOptions): Promise<TlsHub> {
    const hub = new TlsHub(options)
    hub.#server.listen(0, options.host ?? '127.0.0.1')
    await once(hub.#server, 'listening')
    return hub
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  /** The newest connection. */
  connection(): Promise<Accepted> {
    return waitFor(() => this.accepted.at(-1), { what: 'a connection' })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    await new Promise(resolve => this.#server.close(resolve))
  }
}
