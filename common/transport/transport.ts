// What carries a link: ordered text frames both ways over one connection, already open.
import type { X509Certificate } from 'node:crypto'

export interface TransportEvents {
  /** A whole text frame. */
  onFrame(text: string): void
  /** Called once, last. `code` as in protocol/close-codes.ts, 1006 when the connection was lost. */
  onClose(code: number, reason: string): void
}

export interface Transport {
  /** Address of the other end, for the log. */
  readonly remote: string
  /** TLS on the way, wherever it ends. */
  readonly encrypted: boolean
  /** RFC 9266 exporter, 32 bytes, where TLS ends in this process; undefined elsewhere. */
  readonly exporter: Uint8Array | undefined
  /** True when the other end's certificate was verified, against a CA or a pin; an acceptor has nothing to verify. */
  readonly verified: boolean
  /** What the other end has shown, where TLS ends in this process; a dialler need not show any. */
  readonly certificate: X509Certificate | undefined
  /** Bytes on the wire so far. */
  readonly bytesIn: number
  readonly bytesOut: number
  /** Must be called once, before frames are needed. */
  listen(events: TransportEvents): void
  /** Sends a frame; frames of one turn of the event loop leave in one write. Ignored after close. */
  send(frame: string | Uint8Array): void
  /** Reads nothing more for so long, from now: what the other end sends fills its own buffers. */
  pause(ms: number): void
  /** Ends the connection; onClose follows, within 5 s whatever the other end does. */
  close(code: number, reason: string): void
}
