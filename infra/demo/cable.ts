// The cable between a city and the hub: a TCP relay that can be cut and mended.
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'

export class Cable {
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  #isCut = false

  /** Leads to this port of this machine. */
  constructor(targetPort: number) {
    this.#server = createServer(socket => this.#join(socket, targetPort))
  }

  get isCut(): boolean {
    return this.#isCut
  }

  /** Gives the port to connect to, on 127.0.0.1. */
  async start(): Promise<number> {
    this.#server.listen(0, '127.0.0.1')
    await once(this.#server, 'listening')
    return (this.#server.address() as AddressInfo).port
  }

  /** Ends every connection, and every new one at once. */
  cut(): void {
    this.#isCut = true
    for (const socket of this.#sockets) socket.resetAndDestroy()
  }

  mend(): void {
    this.#isCut = false
  }

  stop(): void {
    this.cut()
    this.#server.close()
  }

  #join(near: Socket, targetPort: number): void {
    near.on('error', () => {})
    if (this.#isCut) return void near.resetAndDestroy()
    const far = connect({ host: '127.0.0.1', port: targetPort, noDelay: true })
    near.setNoDelay(true)
    far.on('error', () => near.resetAndDestroy())
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      this.#sockets.add(socket)
      socket.pipe(other)
      socket.once('close', () => {
        this.#sockets.delete(socket)
        other.destroy()
      })
    }
  }
}
