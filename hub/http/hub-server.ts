// The HTTP(S) server of a hub instance: the way in of spokes, the API, and what operators ask.
import type { CertificateFacts } from '#common/certificate-facts.ts'
import type { HubConf } from '#common/config/hub-conf.ts'
import { consoleRoutes } from '#common/console/console-routes.ts'
import { createSessions } from '#common/console/session-routes.ts'
import { alertsRoutes } from '#common/http/alerts-routes.ts'
import { healthRoutes } from '#common/http/health-routes.ts'
import { createHttpServer } from '#common/http/http-server.ts'
import { createLiveRoute } from '#common/http/live-route.ts'
import { networkRoutes } from '#common/http/network-routes.ts'
import { roomRoutes } from '#common/http/room-routes.ts'
import type { Log } from '#common/log.ts'
import type { OwnCard } from '#common/own-card.ts'
import { PostWriter } from '#common/post-writer.ts'
import { frameBytesMax } from '#common/protocol/frames.ts'
import type { Self } from '#common/protocol/handshake.ts'
import { timingsFor } from '#common/protocol/heartbeat.ts'
import { LinkLimits } from '#common/protocol/link-limits.ts'
import type { LiveLinks } from '#common/protocol/live-links.ts'
import { Turns } from '#common/protocol/turns.ts'
import { version } from '#common/version.ts'
import type { HubNetwork } from '../network/hub-network.ts'
import type { SpokeGate } from '../spokes/spoke-gate.ts'
import { spokeRoute } from '../spokes/spoke-route.ts'
import type { Spokes } from '../spokes/spokes.ts'
import { spokesRoutes } from '../spokes/spokes-routes.ts'
import type { HubStore } from '../store/hub-store.ts'
import type { RunningUpkeep } from '../upkeep/start-upkeep.ts'
import { webhooksRoutes } from '../webhooks/webhooks-routes.ts'
import { hubFamilies } from './hub-metrics.ts'
import { hubRooms } from './hub-rooms.ts'
import { hubReadiness, hubStatus } from './hub-status.ts'

const pagesAtOnce = 4
const otherConnectionsMax = 2000

export interface HubServerParts {
  conf: HubConf
  log: Log
  store: HubStore
  self: Self
  links: LiveLinks
  spokes: Spokes
  gate: SpokeGate
  ownCard: OwnCard
  certificate: CertificateFacts | undefined
  upkeep: RunningUpkeep
  network: HubNetwork
}

/** With all its routes; the caller lets it listen. */
export async function createHubServer(parts: HubServerParts) {
  const { conf, log, store, self, links, spokes, gate, ownCard, certificate, upkeep, network } = parts
  const { tls, limits } = conf
  const connectionsMax = limits.maxLinks + otherConnectionsMax
  const { behindProxy } = conf
  const app = await createHttpServer({ log, behindProxy, frameBytesMax, connectionsMax, ...(tls && { tls }) })
  const rooms = hubRooms(store)
  const writer = new PostWriter(self.identity, {
    stamp: () => store.nextAt(Date.now()),
    onVerdict: verdict => links.count(verdict),
  })
  const { access, plugin: sessionRoutes } = hubSessions(parts)
  const live = createLiveRoute({ rooms, access, log })
  const startedAt = performance.now()
  await app.register(healthRoutes, {
    access,
    families: hubFamilies,
    readiness: () => hubReadiness({ links, store }),
    status: async () =>
      hubStatus({
        ...{ self, store, links, certificate, startedAt },
        servers: ownCard.directory,
        liveClients: live.clients(),
        refusedSpokes: { clones: spokes.clonesRefused, notAllowed: gate.refusals },
        jobs: await upkeep.facts.status(),
        webhooks: await upkeep.webhooks.status(),
      }),
  })
  await app.register(sessionRoutes)
  await app.register(roomRoutes, { rooms, writer, access, source: 'console' })
  await app.register(networkRoutes, { rooms, access, source: network.source })
  await app.register(live.plugin)
  await app.register(consoleRoutes)
  await app.register(alertsRoutes, { alerts: upkeep.alerts, access })
  await app.register(webhooksRoutes, { webhooks: upkeep.webhooks, access })
  await app.register(spokesRoutes, { store, enrol: conf.enrol, gate, log, access })
  await app.register(spokeRoute, {
    self,
    store,
    spokes,
    gate,
    links,
    ownCard,
    log,
    turns: new Turns(pagesAtOnce),
    timings: timingsFor(limits.pingMs),
    encrypted: tls !== undefined || behindProxy,
    behindProxy,
    limits: new LinkLimits(limits.rates),
    roomsMax: limits.maxRooms,
    linksMax: limits.maxLinks,
    onReport: (id, report) => network.reports.hear(id, report),
  })
  return app
}

function hubSessions({ store, self, log }: HubServerParts) {
  const { name, identity } = self
  return createSessions({
    server: { id: identity.id, name, role: 'hub', version },
    findToken: async token => {
      const record = await store.registry.findToken(token)
      return record && { role: record.role, who: record.name }
    },
    trustsMachine: false,
    log,
  })
}
