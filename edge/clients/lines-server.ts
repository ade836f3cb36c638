// The lines port: newline-delimited JSON over TCP, for scripts that should need no library.
import { once } from 'node:events'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import type { Log } from '#common/log.ts'
import type { PostWriter } from '#common/post-writer.ts'
import { JoinGuard, type RoomAccess } from './join-rights.ts'
import { LinesSession, type SessionLimits } from './lines-session.ts'

export interface LinesServerOptions {
  host: string
  /** 0 takes any free one. */
  port: number
  rooms: readonly RoomAccess[]
  writer: PostWriter
  log: Log
  limits?: Partial<LinesLimits>
}

export interface LinesLimits extends SessionLimits {
  clientsMax: number
  clientsPerAddressMax: number
}

export interface LinesServer {
  readonly port: number
  /** Clients now. */
  clients(): number
  /** Tells the clients, and resolves when all are gone: in a second. */
  close(): Promise<void>
}

const defaultLimits: LinesLimits = {
  joinMs: 10_000,
  wrongPasswordMs: 1000,
  stallMs: 60_000,
  clientsMax: 256,
  clientsPerAddressMax: 32,
}
const keepAliveMs = 60_000

/** Starts to listen. A web page cannot talk to this port: the first line a browser sends is not JSON, and ends it. */
export async function createLinesServer(options: LinesServerOptions): Promise<LinesServer> {
  const { host, port, rooms, writer, log } = options
  const limits = { ...defaultLimits, ...options.limits }
  const shared = {
    rooms: new Map(rooms.map(access => [access.room, access])),
    writer,
    guard: new JoinGuard(),
    limits,
    log,
  }
  const sessions = new Map<LinesSession, Serving>()

  function serve(socket: Socket): void {
    // 'close' follows, and that is what the session waits for.
    socket.on('error', () => {})
    const address = socket.remoteAddress ?? ''
    const refusal = refusalFor([...sessions.values()], address, limits)
    const session = new LinesSession({ socket, ...shared })
    const done = session.run().finally(() => sessions.delete(session))
    sessions.set(session, { address, done })
    if (refusal !== undefined) session.finish('too_many_clients', refusal)
  }

  // Half open: a script may say that it is done, and still get answers that take their time.
  const connections = { allowHalfOpen: true, noDelay: true, keepAlive: true, keepAliveInitialDelay: keepAliveMs }
  const server = createServer(connections, serve)
  // Those refused stay for a moment to be told; beyond this they are not even told.
  server.maxConnections = limits.clientsMax + limits.clientsPerAddressMax
  server.listen({ host, port })
  await once(server, 'listening')
  return { port: portOf(server), clients: () => sessions.size, close: () => close(server, sessions) }
}

interface Serving {
  address: string
  done: Promise<void>
}

function refusalFor(serving: readonly Serving[], address: string, limits: LinesLimits): string | undefined {
  if (serving.length >= limits.clientsMax) return `${limits.clientsMax} clients are here already; try again later`
  const fromThere = serving.filter(session => session.address === address).length
  if (fromThere < limits.clientsPerAddressMax) return undefined
  return `${fromThere} clients of your address are here already; close one first`
}

async function close(server: Server, sessions: ReadonlyMap<LinesSession, Serving>): Promise<void> {
  server.close()
  for (const session of sessions.keys()) session.finish('restarting', 'the server is restarting; come back in a moment')
  await Promise.all([...sessions.values()].map(({ done }) => done))
}

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port
}
