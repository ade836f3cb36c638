// The line to a modem of an island: a TCP port of this machine and, where socat is there, a serial port (a pty) as well.
import { once } from 'node:events'
import { createServer, type Server, type Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { openSerialPort, type SerialPort } from './serial-port.ts'

export interface ModemLineOptions {
  /** Path that the serial port gets; absent: TCP only. */
  serialPort?: string | undefined
  onBytes: (bytes: Uint8Array) => void
}

const unreadBytesMax = 65_536
const listenTriesMax = 50
const listenAgainMs = 200

export class ModemLine {
  readonly #o: ModemLineOptions
  #server: Server | undefined
  #serialPort: SerialPort | undefined
  #host: Socket | undefined
  #tcpPort = 0

  constructor(options: ModemLineOptions) {
    this.#o = options
  }

  /** As an edge's config names it. */
  get port(): string {
    return this.#o.serialPort ?? `tcp://127.0.0.1:${this.#tcpPort}`
  }

  /** Resolves when it can be opened; over TCP it is the same port every time. */
  async plug(): Promise<void> {
    const server = createServer({ noDelay: true }, host => this.#serve(host))
    await listen(server, this.#tcpPort)
    this.#server = server
    const address = server.address()
    this.#tcpPort = typeof address === 'object' ? (address?.port ?? 0) : 0
    if (this.#o.serialPort !== undefined) this.#serialPort = await openSerialPort(this.#o.serialPort, this.#tcpPort)
  }

  async unplug(): Promise<void> {
    await this.#serialPort?.close()
    this.#serialPort = undefined
    this.#host?.destroy()
    const server = this.#server
    this.#server = undefined
    if (server === undefined) return
    server.close()
    await once(server, 'close')
  }

  /** To the host, if there is one. Who does not read loses: a modem has little memory. */
  write(bytes: Uint8Array): void {
    if (this.#host !== undefined && this.#host.writableLength < unreadBytesMax) this.#host.write(bytes)
  }

  /** One host at a time: the newest. */
  #serve(host: Socket): void {
    this.#host?.destroy()
    this.#host = host
    host.on('error', () => {})
    host.on('data', bytes => {
      if (this.#host === host) this.#o.onBytes(bytes)
    })
    host.once('close', () => {
      if (this.#host === host) this.#host = undefined
    })
  }
}

/** While a line is unplugged its port may be that of somebody's connection, for a moment: it is one of those for outgoing ones. */
async function listen(server: Server, port: number): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    try {
      server.listen(port, '127.0.0.1')
      await once(server, 'listening')
      return
    } catch (error) {
      const isTaken = error instanceof Error && 'code' in error && error.code === 'EADDRINUSE'
      if (!isTaken || tries === listenTriesMax) throw error
    }
    await delay(listenAgainMs)
  }
}
