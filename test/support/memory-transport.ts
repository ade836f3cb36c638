// Two ends of a connection in memory. Frames wait until `deliver` is called, so a test decides what arrives and when.
import type { Transport, TransportEvents } from '#common/transport/transport.ts'

class MemoryEnd implements Transport {
  readonly remote = 'memory'
  readonly encrypted = true
  readonly verified = true
  readonly exporter: Uint8Array | undefined
  readonly certificate = undefined
  bytesIn = 0
  bytesOut = 0
  other: MemoryEnd | undefined
  readonly arriving: string[] = []
  readonly pauses: number[] = []
  #events: TransportEvents | undefined
  #closed = false

  constructor(exporter: Uint8Array | undefined) {
    this.exporter = exporter
  }

  listen(events: TransportEvents): void {
    this.#events = events
  }

  send(frame: string | Uint8Array): void {
    const text = typeof frame === 'string' ? frame : Buffer.from(frame).toString()
    this.bytesOut += text.length
    if (!this.#closed) this.other?.arriving.push(text)
  }

  /** The test says when what arrives. */
  pause(ms: number): void {
    this.pauses.push(ms)
  }

  close(code: number, reason: string): void {
    this.end(code, reason)
    this.other?.end(code, reason)
  }

  /** Hands over the oldest frame; false when there is none. */
  deliverOne(): boolean {
    const frame = this.#closed ? undefined : this.arriving.shift()
    if (frame === undefined) return false
    this.bytesIn += frame.length
    this.#events?.onFrame(frame)
    return true
  }

  end(code: number, reason: string): void {
    if (this.#closed) return
    this.#closed = true
    this.arriving.length = 0
    queueMicrotask(() => this.#events?.onClose(code, reason))
  }
}

export interface MemoryConnection {
  dialler: Transport
  acceptor: Transport
  /** Hands over one frame to one side; false when nothing is under way to it. */
  deliver(to: 'dialler' | 'acceptor'): boolean
  /** The cable is pulled: what is under way is lost. */
  cut(): void
}

/** `exporter` of each end; give them different ones to be a man in the middle. */
export function memoryConnection(exporters: { dialler?: Uint8Array; acceptor?: Uint8Array } = {}): MemoryConnection {
  const dialler = new MemoryEnd(exporters.dialler)
  const acceptor = new MemoryEnd(exporters.acceptor)
  dialler.other = acceptor
  acceptor.other = dialler
  return {
    dialler,
    acceptor,
    deliver: to => (to === 'dialler' ? dialler : acceptor).deliverOne(),
    cut: () => dialler.close(1006, 'cut'),
  }
}
