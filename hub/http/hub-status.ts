// What GET /status of a hub instance says.
import type { CertificateFacts } from '#common/certificate-facts.ts'
import type { Self } from '#common/protocol/handshake.ts'
import type { LiveLinks } from '#common/protocol/live-links.ts'
import { statusOf } from '#common/room-status.ts'
import type { ServerDirectory } from '#common/server-directory.ts'
import type { JobStatus, Status, WebhookStatus } from '#common/status.ts'
import type { HubStore } from '../store/hub-store.ts'

/** A balancer sends nobody any more. */
const drainingReason = 'this instance is about to stop'

export interface HubStatusParts {
  self: Self
  store: HubStore
  links: LiveLinks
  servers: ServerDirectory
  liveClients: number
  /** Of this server; undefined behind a proxy. */
  certificate: CertificateFacts | undefined
  refusedSpokes: NonNullable<Status['refusedSpokes']>
  jobs: JobStatus[]
  webhooks: WebhookStatus[]
  startedAt: number
}

/** `reasons`: why this instance is not ready, or what part of its store is away; empty when all is well. */
export function hubReadiness({ links, store }: Pick<HubStatusParts, 'links' | 'store'>) {
  const reasons = [...(links.isDraining ? [drainingReason] : []), ...(store.reason === '' ? [] : [store.reason])]
  return { ready: store.ready && !links.isDraining, reasons }
}

export async function hubStatus(parts: HubStatusParts): Promise<Status> {
  const { self, store, links, servers, liveClients, certificate, jobs, webhooks, startedAt } = parts
  const status = await statusOf({
    self,
    links,
    servers,
    logs: store.openLogs(),
    absent: [],
    ...hubReadiness(parts),
    toStore: store.depth,
    systemOffMs: 0,
    certificate,
    clients: { live: liveClients, lines: 0 },
    jobs,
    webhooks,
    startedAt,
  })
  return { ...status, refusedSpokes: parts.refusedSpokes }
}
