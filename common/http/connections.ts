// The connections of a server: not too many of one address, and an end for those that outlast the server.
import { isIPv6, type Server, type Socket } from 'node:net'
import { isLoopbackAddress } from '../loopback.ts'

const minuteMs = 60_000
/** Client addresses remembered for new connections a minute; then the minute begins anew for all. */
const newcomersMax = 10_000

export interface ConnectionsOptions {
  /** Open at a time, of one client address; default: no limit. */
  perAddress?: number | undefined
  /** New ones a minute, of one client address but this machine's; default: no limit. */
  newPerMinute?: number | undefined
  /** From the begin of `end` until what is still open is cut. */
  closingMs: number
  /** Monotonic ms. */
  now?: () => number
}

export class Connections {
  readonly #o: ConnectionsOptions
  readonly #open = new Set<Socket>()
  readonly #countByAddress = new Map<string, number>()
  /** New connections since `#minuteAt`. */
  readonly #newByAddress = new Map<string, number>()
  #minuteAt = Number.NEGATIVE_INFINITY

  /** Of `server`, from now on. */
  constructor(server: Server, options: ConnectionsOptions) {
    this.#o = options
    server.on('connection', socket => this.#add(socket))
  }

  /**
   * The server closes: clients may end what they are at, for a while. A closing server looks at no deadlines of its own any
   * more, so that a stranger who sends a byte now and then would keep it for ever.
   */
  end(server: Server): void {
    const timer = setTimeout(() => {
      for (const socket of this.#open) socket.destroy()
    }, this.#o.closingMs)
    server.once('close', () => clearTimeout(timer))
  }

  #add(socket: Socket): void {
    const address = clientKey(socket.remoteAddress ?? '')
    const count = this.#countByAddress.get(address) ?? 0
    const isFull = count >= (this.#o.perAddress ?? Number.POSITIVE_INFINITY)
    // Before TLS has begun: that is what costs.
    if (isFull || this.#comesTooOften(address)) return void socket.destroy()
    this.#open.add(socket)
    this.#countByAddress.set(address, count + 1)
    socket.once('close', () => this.#remove(socket, address))
  }

  #comesTooOften(address: string): boolean {
    const { newPerMinute, now = () => performance.now() } = this.#o
    if (newPerMinute === undefined || isLoopbackAddress(address)) return false
    if (now() - this.#minuteAt >= minuteMs || this.#newByAddress.size >= newcomersMax) {
      this.#minuteAt = now()
      this.#newByAddress.clear()
    }
    const count = (this.#newByAddress.get(address) ?? 0) + 1
    this.#newByAddress.set(address, count)
    return count > newPerMinute
  }

  #remove(socket: Socket, address: string): void {
    this.#open.delete(socket)
    const left = (this.#countByAddress.get(address) ?? 1) - 1
    if (left === 0) this.#countByAddress.delete(address)
    else this.#countByAddress.set(address, left)
  }
}

/** Names a client for limits: its address, of IPv6 the first 64 bits, for nobody gets fewer than all behind them. */
export function clientKey(address: string): string {
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, '')
  if (!isIPv6(plain)) return plain
  const [head = '', tail] = plain.split('%')[0]?.split('::') ?? []
  const [before, after] = [head, tail ?? ''].map(part => part.split(':').filter(word => word !== ''))
  const zeros = tail === undefined ? 0 : 8 - (before?.length ?? 0) - (after?.length ?? 0)
  const words = [...(before ?? []), ...Array.from({ length: Math.max(0, zeros) }, () => '0'), ...(after ?? [])]
  return words
    .slice(0, 4)
    .map(word => Number.parseInt(word, 16).toString(16))
    .join(':')
}
