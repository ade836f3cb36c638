// A TCP relay that tests put in front of a server, to unplug the cable, to let it hang, and to count what goes through.
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'

type State = 'open' | 'cut' | 'stalled'

/** A TCP port, or the path of a unix socket. */
export type RelayTarget =
  | {
      port: number
      /** Default 127.0.0.1. */
      host?: string
    }
  | { path: string }

export class Relay implements AsyncDisposable {
  readonly #target: RelayTarget
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  #state: State = 'open'
  #bytesUp = 0
  #bytesDown = 0
  #accepted = 0

  private constructor(target: RelayTarget) {
    this.#target = target
    this.#server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, socket => this.#onClient(socket))
  }

  static async start(target: RelayTarget): Promise<Relay> {
    const relay = new Relay(target)
    relay.#server.listen(0, '127.0.0.1')
    await once(relay.#server, 'listening')
    return relay
  }

  /** Where to connect to, on 127.0.0.1. */
  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  /** Bytes that came from clients, so far. */
  get bytesUp(): number {
    return this.#bytesUp
  }

  /** Bytes that came from the target, so far. */
  get bytesDown(): number {
    return this.#bytesDown
  }

  /** Connections made to it so far, the refused ones included. */
  get accepted(): number {
    return this.#accepted
  }

  /** Resets every connection, and every new one, until `heal`. */
  cut(): void {
    this.#state = 'cut'
    for (const socket of this.#sockets) reset(socket)
  }

  /** Keeps connections open, new ones too, and moves nothing until `heal`: a network that swallows packets. */
  stall(): void {
    this.#state = 'stalled'
    for (const socket of this.#sockets) socket.pause()
  }

  /** Works again; what had piled up in stalled connections moves on. */
  heal(): void {
    this.#state = 'open'
    for (const socket of this.#sockets) socket.resume()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.cut()
    await new Promise(resolve => this.#server.close(resolve))
  }

  #onClient(client: Socket): void {
    this.#accepted += 1
    client.on('error', () => {})
    if (this.#state === 'cut') {
      client.resetAndDestroy()
      return
    }
    const upstream = connect({ host: '127.0.0.1', ...this.#target, allowHalfOpen: true, noDelay: true })
    client.setNoDelay(true)
    this.#carry(client, upstream, bytes => {
      this.#bytesUp += bytes
    })
    this.#carry(upstream, client, bytes => {
      this.#bytesDown += bytes
    })
  }

  #carry(from: Socket, to: Socket, count: (bytes: number) => void): void {
    this.#sockets.add(from)
    from.on('data', chunk => {
      count(chunk.length)
      if (to.write(chunk)) return
      from.pause()
      to.once('drain', () => this.#resume(from))
    })
    from.on('end', () => to.end())
    from.on('error', () => reset(to))
    from.on('close', () => this.#sockets.delete(from))
    this.#resume(from)
  }

  #resume(socket: Socket): void {
    if (this.#state === 'open') socket.resume()
    else socket.pause()
  }
}

/** Only TCP can say that it was no good end. */
function reset(socket: Socket): void {
  if (socket.remoteFamily === undefined) socket.destroy()
  else socket.resetAndDestroy()
}

/** A relay to `target` on a free port; ends with `await using`. */
export function startRelay(target: RelayTarget): Promise<Relay> {
  return Relay.start(target)
}
