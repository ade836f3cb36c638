// A TLS connection made for load: one read buffer for all, and the writes of one turn of the event loop joined into one.
import { readFileSync } from 'node:fs'
import { connect as connectTcp, type Socket } from 'node:net'
import {
  type ConnectionOptions,
  connect as connectTls,
  createSecureContext,
  type SecureContext,
  type TLSSocket,
} from 'node:tls'
import type { Access } from '../broker.ts'

/** Gets the unread bytes and the time they came (performance.now()); returns how many it used up, and keeps none of them. */
export type Parse = (bytes: Buffer, at: number) => number

const contexts = new Map<string, SecureContext>()
/** Bytes are parsed before the next are read, so one buffer does for every connection. */
const readBuffer = Buffer.alloc(64 * 1024)

export class Wire {
  readonly #socket: TLSSocket
  /** A parser that knows how many bytes its next unit has says so here, and is not called before they are there. */
  need = 0
  #pending: (Buffer | (() => Buffer))[] = []
  #held: Buffer[] = []
  #heldBytes = 0
  #parse: Parse = () => 0

  private constructor(options: ConnectionOptions) {
    const callback = (bytesRead: number) => {
      this.#onBytes(readBuffer.subarray(0, bytesRead))
      return true
    }
    const withRead = { ...options, servername: 'localhost', onread: { buffer: readBuffer, callback } }
    this.#socket = connectTls(withRead)
    // Over a socket that was open before, Node gives no onread.
    if (options.socket !== undefined) this.#socket.on('data', bytes => this.#onBytes(bytes))
  }

  /** Connects over TLS. With `helloFirst`, the broker's first clear bytes are awaited before TLS begins. */
  static async open(access: Access, helloFirst = false): Promise<Wire> {
    const secureContext = contextFor(access.caFile)
    const { port } = access
    const place = helloFirst ? { socket: await afterHello(port) } : { host: '127.0.0.1', port }
    const wire = new Wire({ ...place, secureContext })
    const socket = wire.#socket
    await new Promise<void>((resolve, reject) => {
      socket.once('error', reject)
      socket.once('secureConnect', resolve)
    })
    socket.setNoDelay(true)
    return wire
  }

  /** RFC 9266 exporter of this connection, 32 bytes. */
  get exporter(): Buffer {
    return this.#socket.exportKeyingMaterial(32, 'EXPORTER-Channel-Binding', Buffer.alloc(0))
  }

  /** `onClose` is called once when the connection ends for whatever reason, a parser's error among them. */
  listen(parse: Parse, onClose: (error?: Error) => void): void {
    this.#parse = parse
    let failure: Error | undefined
    this.#socket.on('error', error => {
      failure = error
    })
    this.#socket.once('close', () => onClose(failure))
  }

  /** Sends at the end of this turn; a function is called then, to join what the turn has brought. */
  write(bytes: Buffer | (() => Buffer)): void {
    if (this.#pending.push(bytes) === 1) setImmediate(() => this.#flush())
  }

  close(): Promise<void> {
    if (this.#socket.destroyed) return Promise.resolve()
    const closed = new Promise<void>(resolve => this.#socket.once('close', () => resolve()))
    this.#flush()
    this.#socket.end(() => this.#socket.destroy())
    return closed
  }

  #onBytes(chunk: Buffer): void {
    const bytes = this.#held.length === 0 ? chunk : this.#joined(chunk)
    if (bytes === undefined) return
    this.need = 0
    try {
      const used = this.#parse(bytes, performance.now())
      this.#hold(bytes.subarray(used))
    } catch (error) {
      process.stderr.write(`link ends: ${String(error)}\n`)
      this.#socket.destroy(error instanceof Error ? error : new Error(String(error)))
    }
  }

  /** All that is unread, or undefined when it is less than needed: joined once, not with every chunk. */
  #joined(chunk: Buffer): Buffer | undefined {
    if (this.#heldBytes + chunk.length < this.need) {
      this.#hold(chunk)
      return undefined
    }
    const bytes = Buffer.concat([...this.#held, chunk])
    this.#held = []
    this.#heldBytes = 0
    return bytes
  }

  #hold(bytes: Buffer): void {
    if (bytes.length === 0) return
    this.#held.push(Buffer.from(bytes))
    this.#heldBytes += bytes.length
  }

  #flush(): void {
    const pending = this.#pending
    this.#pending = []
    if (pending.length === 0 || this.#socket.destroyed) return
    const parts = pending.map(part => (typeof part === 'function' ? part() : part))
    const first = parts[0]
    this.#socket.write(parts.length === 1 && first !== undefined ? first : Buffer.concat(parts))
  }
}

function afterHello(port: number): Promise<Socket> {
  const socket = connectTcp(port, '127.0.0.1')
  return new Promise((resolve, reject) => {
    socket.once('error', reject)
    socket.once('data', () => {
      socket.pause()
      resolve(socket)
    })
  })
}

function contextFor(caFile: string): SecureContext {
  const known = contexts.get(caFile)
  if (known !== undefined) return known
  const context = createSecureContext({ ca: readFileSync(caFile) })
  contexts.set(caFile, context)
  return context
}
