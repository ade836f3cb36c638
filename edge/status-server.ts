// The edge's HTTP port: status for everybody on the LAN, posts for programs on this machine and for token holders.
import type { AddressInfo } from 'node:net'
import type { Alerts } from '#common/alerts/alerts.ts'
import { consoleRoutes } from '#common/console/console-routes.ts'
import { createSessions } from '#common/console/session-routes.ts'
import { alertsRoutes } from '#common/http/alerts-routes.ts'
import { healthRoutes } from '#common/http/health-routes.ts'
import { createHttpServer } from '#common/http/http-server.ts'
import { createLiveRoute } from '#common/http/live-route.ts'
import { type NetworkSource, networkRoutes } from '#common/http/network-routes.ts'
import type { RoomDirectory } from '#common/http/room-directory.ts'
import { roomRoutes } from '#common/http/room-routes.ts'
import type { Status } from '#common/status.ts'
import { version } from '#common/version.ts'
import { edgeFamilies } from './edge-metrics.ts'
import type { EdgeParts } from './edge-parts.ts'
import type { KnownPeers } from './links/known-peers.ts'
import { peerRoutes } from './links/peer-routes.ts'
import { roomAdminRoutes } from './room-admin-routes.ts'
import { tokenHolder } from './token-holder.ts'

export interface StatusServer {
  readonly port: number
  /** Live WebSocket clients now. */
  clients(): number
  close(): Promise<void>
}

export interface StatusServerSources {
  status: () => Status | Promise<Status>
  known: KnownPeers | undefined
  alerts: Alerts
  network: NetworkSource
}

/** Undefined when the config turns it off. @throws Error when the port is in use */
export async function startStatusServer(
  { conf, self, logs, writer, settings, log }: EdgeParts,
  { status, known, alerts, network }: StatusServerSources,
): Promise<StatusServer | undefined> {
  if (conf.status === undefined) return undefined
  const app = await createHttpServer({ log })
  const rooms: RoomDirectory = {
    names: () => logs.map(({ room }) => room),
    get: name => logs.find(({ room }) => room === name),
    title: name => conf.rooms.find(({ federateAs }) => federateAs === name)?.name,
  }
  const { access, plugin: sessionRoutes } = createSessions({
    server: { id: self.identity.id, name: self.name, role: 'edge', version },
    findToken: async token => tokenHolder(token, conf.clients),
    trustsMachine: true,
    log,
  })
  const live = createLiveRoute({ rooms, access, log })
  await app.register(healthRoutes, { status, families: edgeFamilies, access })
  await app.register(sessionRoutes)
  await app.register(roomRoutes, { rooms, writer, access, source: 'client' })
  await app.register(roomAdminRoutes, { settings, access })
  await app.register(peerRoutes, { known, access })
  await app.register(alertsRoutes, { alerts, access })
  await app.register(networkRoutes, { access, rooms, source: network })
  await app.register(live.plugin)
  await app.register(consoleRoutes)
  await app.listen(conf.status)
  const { port } = app.server.address() as AddressInfo
  return { port, clients: live.clients, close: () => app.close() }
}
