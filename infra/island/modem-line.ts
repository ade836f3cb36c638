// The line to a modem of an island: a TCP port of this machine and, where socat is there, a serial port (a pty) as well.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { rm } from 'node:fs/promises'
import { createServer, type Server, type Socket } from 'node:net'

export interface ModemLineOptions {
  /** Path that the serial port gets; absent: TCP only. */
  serialPort?: string | undefined
  onBytes: (bytes: Uint8Array) => void
}

const unreadBytesMax = 65_536
const plugDeadlineMs = 10_000

export class ModemLine {
  readonly #o: ModemLineOptions
  #server: Server | undefined
  #socat: ChildProcess | undefined
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
    const server = createServer({ noDelay: true }, host => this.#serve(host)).listen(this.#tcpPort, '127.0.0.1')
    await once(server, 'listening')
    this.#server = server
    const address = server.address()
    this.#tcpPort = typeof address === 'object' ? (address?.port ?? 0) : 0
    if (this.#o.serialPort !== undefined) this.#socat = await serialPort(this.#o.serialPort, this.#tcpPort)
  }

  async unplug(): Promise<void> {
    await this.#endSocat()
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

  async #endSocat(): Promise<void> {
    const socat = this.#socat
    this.#socat = undefined
    if (socat === undefined || socat.exitCode !== null || socat.signalCode !== null) return
    const gone = once(socat, 'exit')
    socat.kill('SIGKILL')
    await gone
  }
}

/** The TCP port under the name of a serial port, as long as this process lives. */
async function serialPort(path: string, tcpPort: number): Promise<ChildProcess> {
  await rm(path, { force: true })
  const args = ['-d', '-d', `pty,raw,echo=0,link=${path}`, `tcp:127.0.0.1:${tcpPort}`]
  const socat = spawn('socat', args, { stdio: ['ignore', 'ignore', 'pipe'] })
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  let text = ''
  // Read to its end: socat must not die of a full or closed pipe.
  socat.stderr.on('data', chunk => {
    text = `${text}${chunk}`.slice(-4096)
    if (text.includes('starting data transfer loop')) resolve()
  })
  socat.stderr.on('end', () => reject(new Error(`socat has ended: ${text}`)))
  socat.on('error', reject)
  const timer = setTimeout(() => reject(new Error(`no serial port at ${path}: ${text}`)), plugDeadlineMs)
  try {
    await promise
    return socat
  } catch (error) {
    socat.kill('SIGKILL')
    throw error
  } finally {
    clearTimeout(timer)
  }
}
