// A man in the middle: ends TLS with a certificate of its own, reads and may change every frame, and encrypts it again.
import { once } from 'node:events'
import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import WebSocket, { WebSocketServer } from 'ws'
import type { CertificatePair } from '#common/certificate.ts'
import { subprotocol } from '#common/protocol/frames.ts'

export interface TlsRelayOptions {
  /** Of the server that is to be impersonated, on 127.0.0.1. */
  target: { port: number }
  certificate: CertificatePair
  /** What becomes of a frame; `up` is the way to the target. Default: nothing. */
  rewrite?: (frame: string, way: 'up' | 'down') => string
}

export class TlsRelay implements AsyncDisposable {
  readonly #options: TlsRelayOptions
  readonly #server: Server
  readonly #sockets = new Set<WebSocket>()
  /** Frames seen so far, before they were changed. */
  readonly seen: { way: 'up' | 'down'; frame: string }[] = []

  private constructor(options: TlsRelayOptions) {
    this.#options = options
    this.#server = createServer(options.certificate)
    const handleProtocols = () => subprotocol
    const upgrades = new WebSocketServer({ server: this.#server, handleProtocols, perMessageDeflate: false })
    upgrades.on('connection', client => this.#onClient(client))
  }

  static async start(options: TlsRelayOptions): Promise<TlsRelay> {
    const relay = new TlsRelay(options)
    relay.#server.listen(0, '127.0.0.1')
    await once(relay.#server, 'listening')
    return relay
  }

  /** Where to connect to, on 127.0.0.1. */
  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.terminate()
    this.#server.closeAllConnections()
    await new Promise(resolve => this.#server.close(resolve))
  }

  #onClient(client: WebSocket): void {
    const url = `wss://127.0.0.1:${this.#options.target.port}/federation`
    const upstream = new WebSocket(url, subprotocol, { rejectUnauthorized: false, perMessageDeflate: false })
    const opened = once(upstream, 'open')
    opened.catch(() => client.terminate())
    this.#carry(client, 'up', frame => void opened.then(() => upstream.send(frame)))
    this.#carry(upstream, 'down', frame => client.send(frame))
    client.on('close', (code, reason) => void opened.then(() => upstream.close(closeCode(code), reason)))
    upstream.on('close', (code, reason) => client.close(closeCode(code), reason))
  }

  #carry(from: WebSocket, way: 'up' | 'down', pass: (frame: string) => void): void {
    this.#sockets.add(from)
    from.on('error', () => {})
    from.on('message', data => {
      const frame = data.toString()
      this.seen.push({ way, frame })
      pass(this.#options.rewrite?.(frame, way) ?? frame)
    })
  }
}

/** Codes that stand for "no close frame came" cannot be sent. */
function closeCode(code: number): number {
  return code === 1005 || code === 1006 ? 1001 : code
}
