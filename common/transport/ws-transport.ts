// A transport over a WebSocket: the one of the `ws` library, from either side, with one write per turn of the event loop.
import type { X509Certificate } from 'node:crypto'
import type { Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import type WebSocket from 'ws'
import { closeCodes } from '../protocol/close-codes.ts'
import type { Transport, TransportEvents } from './transport.ts'

/** The other end may leave this much unread, acks and pongs included, before it is let go. */
const unreadBytesMax = 2 * 1024 * 1024
/** And so many frames, for the smallest takes hundreds of bytes while it waits; it is looked at once in so many. */
const unreadFramesMax = 16_384
const framesPerLook = 64
const closeTimeoutMs = 5000
/** Probably nobody is there to say goodbye, and the next link waits for the end of this one. */
const deadTimeoutMs = 250

export interface WsTransportOptions {
  ws: WebSocket
  /** The socket below it. */
  socket: Socket
  remote: string
  encrypted: boolean
  verified: boolean
  /** A proxy ends the other end's TLS: the exporter of this connection is not theirs. */
  behindProxy?: boolean
}

export class WsTransport implements Transport {
  readonly remote: string
  readonly encrypted: boolean
  readonly exporter: Uint8Array | undefined
  readonly verified: boolean
  readonly certificate: X509Certificate | undefined
  readonly #ws: WebSocket
  readonly #socket: Socket
  #corked = false
  /** Frames sent so far, and of those how many have surely left. */
  #sent = 0
  #left = 0
  /** Why we let go of it, where the WebSocket only knows that it is gone. */
  #fault: { code: number; reason: string } | undefined
  #closeTimer: NodeJS.Timeout | undefined
  /** While it is paused; monotonic ms. */
  #pauseTimer: NodeJS.Timeout | undefined
  #pausedUntil = 0

  constructor({ ws, socket, remote, encrypted, verified, behindProxy = false }: WsTransportOptions) {
    this.#ws = ws
    this.#socket = socket
    this.remote = remote
    this.encrypted = encrypted
    this.verified = verified
    const tls = socket instanceof TLSSocket && !behindProxy ? socket : undefined
    this.exporter = tls && tlsExporter(tls)
    this.certificate = tls?.getPeerX509Certificate()
    socket.setNoDelay(true)
  }

  get bytesIn(): number {
    return this.#socket.bytesRead
  }

  get bytesOut(): number {
    return this.#socket.bytesWritten
  }

  listen(events: TransportEvents): void {
    this.#ws.on('message', (data, binary) => {
      if (binary) this.close(closeCodes.protocol, 'binary frames are not spoken here')
      else events.onFrame(data.toString())
    })
    // What was heard breaks the rules of WebSockets; the other end is told so, and `close` follows.
    this.#ws.on('error', error => this.#broken(error))
    this.#ws.once('close', (code, reason) => {
      clearTimeout(this.#closeTimer)
      clearTimeout(this.#pauseTimer)
      const end = this.#fault ?? { code, reason: reason.toString() }
      events.onClose(end.code, end.reason)
    })
  }

  send(frame: string | Uint8Array): void {
    if (this.#ws.readyState !== this.#ws.OPEN) return
    const isUnread = this.#socket.writableLength > unreadBytesMax || this.#sent - this.#left > unreadFramesMax
    if (isUnread) return this.#giveUp()
    if (!this.#corked) {
      this.#corked = true
      this.#socket.cork()
      process.nextTick(() => this.#uncork())
    }
    this.#sent += 1
    const sent = this.#sent
    if (sent % framesPerLook !== 0) return this.#ws.send(frame, { binary: false })
    this.#ws.send(frame, { binary: false }, () => {
      this.#left = sent
    })
  }

  pause(ms: number): void {
    if (this.#ws.readyState !== this.#ws.OPEN) return
    this.#pausedUntil = performance.now() + ms
    this.#ws.pause()
    this.#pauseTimer ??= setTimeout(() => this.#resume(), ms).unref()
  }

  #resume(): void {
    const left = this.#pausedUntil - performance.now()
    this.#pauseTimer = left > 1 ? setTimeout(() => this.#resume(), left).unref() : undefined
    if (this.#pauseTimer === undefined) this.#ws.resume()
  }

  close(code: number, reason: string): void {
    if (this.#ws.readyState === this.#ws.CLOSED || this.#closeTimer !== undefined) return
    // The other end's goodbye must be heard.
    this.#pausedUntil = 0
    this.#ws.resume()
    this.#endSoon(code === closeCodes.dead ? deadTimeoutMs : closeTimeoutMs)
    this.#ws.close(sendableCode(code), cutReason(reason))
  }

  /** Whatever the other end does. */
  #endSoon(ms = closeTimeoutMs): void {
    this.#closeTimer ??= setTimeout(() => this.#ws.terminate(), ms).unref()
  }

  #broken(error: Error & { code?: string }): void {
    const code = error.code === 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH' ? closeCodes.tooBig : closeCodes.protocol
    this.#fault ??= { code, reason: error.message }
    this.#endSoon()
  }

  #uncork(): void {
    this.#corked = false
    this.#socket.uncork()
  }

  #giveUp(): void {
    this.#fault ??= { code: closeCodes.tooBig, reason: 'does not read what it is sent' }
    this.#ws.terminate()
  }
}

/** RFC 9266: the exporter that names this very TLS connection. */
function tlsExporter(socket: TLSSocket): Uint8Array {
  return socket.exportKeyingMaterial(32, 'EXPORTER-Channel-Binding', Buffer.alloc(0))
}

/** Some codes must not be sent (RFC 6455, section 7.4.1), and the other end may have told us to end with any. */
function sendableCode(code: number): number {
  const isOwn = code >= 4000 && code <= 4999
  return isOwn || [1000, 1001, 1011].includes(code) ? code : 1000
}

/** A close frame carries at most 123 bytes of reason (RFC 6455, section 5.5). */
function cutReason(reason: string): string {
  const bytes = Buffer.from(reason)
  return bytes.length <= 123
    ? reason
    : bytes
        .subarray(0, 120)
        .toString()
        .replace(/\uFFFD$/, '')
}
