// The port of one user of MeshCore apps: to an app it is a companion radio on WiFi.
import { once } from 'node:events'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import type { Log } from '#common/log.ts'
import { AppCompanion, type AppCompanionParts } from './app-companion.ts'
import { AppSession, type AppSessionLimits } from './app-session.ts'

export interface AppServerOptions {
  host: string
  /** 0 takes any free one. */
  port: number
  /** All but what belongs to one connection. */
  companion: Omit<AppCompanionParts, 'say' | 'address'>
  log: Log
  limits?: Partial<AppSessionLimits>
}

export interface AppServer {
  readonly port: number
  /** Is an app here now? */
  isUsed(): boolean
  /** Resolves when all connections are gone: in a second. */
  close(): Promise<void>
}

const defaultLimits: AppSessionLimits = { firstMs: 10_000, idleMs: 12 * 3_600_000, stallMs: 60_000 }
/** The app, one that takes its place, and some that never say what they are. */
const connectionsMax = 8
const keepAliveMs = 60_000

/** Starts to listen. A radio has one app: the newest one fences the one before, as soon as it has said its first command. */
export async function createAppServer(options: AppServerOptions): Promise<AppServer> {
  const { host, port, companion, log } = options
  const limits = { ...defaultLimits, ...options.limits }
  const { name } = companion.user
  const sessions = new Map<AppSession, Promise<void>>()
  let current: { session: AppSession; address: string } | undefined

  function serve(socket: Socket): void {
    // 'close' follows, and that is what the session waits for.
    socket.on('error', () => {})
    const address = socket.remoteAddress ?? ''
    const session: AppSession = new AppSession({
      socket,
      companion: say => new AppCompanion({ ...companion, say, address }),
      onFirst: () => {
        const instead = current === undefined ? {} : { insteadOf: current.address }
        log.info({ user: name, address, ...instead }, 'a MeshCore app connected')
        current?.session.finish()
        current = { session, address }
      },
      limits,
      log,
    })
    const done = session.run().finally(() => {
      sessions.delete(session)
      if (current?.session === session) current = undefined
    })
    sessions.set(session, done)
  }

  const server = createServer({ noDelay: true, keepAlive: true, keepAliveInitialDelay: keepAliveMs }, serve)
  server.maxConnections = connectionsMax
  server.listen({ host, port })
  await once(server, 'listening')
  return { port: portOf(server), isUsed: () => current !== undefined, close: () => close(server, sessions) }
}

async function close(server: Server, sessions: ReadonlyMap<AppSession, Promise<void>>): Promise<void> {
  server.close()
  for (const session of sessions.keys()) session.finish()
  await Promise.all(sessions.values())
}

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port
}
