// The cable of a city: TCP relays for all that goes in and out of it, which are cut and mended together.
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'

export class Cable {
  readonly #servers: Server[] = []
  readonly #sockets = new Set<Socket>()
  #isCut = false

  get isCut(): boolean {
    return this.#isCut
  }

  /** Leads to a port of this machine, where nobody need listen yet. Gives the port to connect to instead, on 127.0.0.1. */
  async lead(targetPort: number): Promise<number> {
    const server = createServer(socket => this.#join(socket, targetPort))
    this.#servers.push(server)
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    return (server.address() as AddressInfo).port
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
    for (const server of this.#servers) server.close()
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
