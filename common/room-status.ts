// The parts of GET /status that hub and edge share: rooms, queues, clocks.
import { type CertificateFacts, certificateStatus } from './certificate-facts.ts'
import { withLag } from './peer-lag.ts'
import type { PostLog } from './post-log.ts'
import type { Self } from './protocol/handshake.ts'
import type { LiveLinks } from './protocol/live-links.ts'
import type { ServerDirectory } from './server-directory.ts'
import type { PeerStatus, Status } from './status.ts'
import { version } from './version.ts'

export interface StatusParts {
  self: Self
  links: LiveLinks
  servers: ServerDirectory
  logs: readonly PostLog[]
  /** Peers that should be linked and are not. */
  absent: readonly PeerStatus[]
  /** Why the server, or a part of it, is not ready; empty when all is well. */
  reasons: readonly string[]
  /** Default: there are no reasons. */
  ready?: boolean
  toStore: number
  systemOffMs: number
  /** Of this server, where it takes in peers. */
  certificate?: CertificateFacts | undefined
  clients: Status['clients']
  /** Of a hub. */
  jobs?: Status['jobs']
  webhooks?: Status['webhooks']
  /** performance.now() of the start. */
  startedAt: number
}

export async function statusOf({
  self,
  links,
  servers,
  logs,
  absent,
  reasons,
  ready = reasons.length === 0,
  toStore,
  systemOffMs,
  certificate: facts,
  clients,
  jobs,
  webhooks,
  startedAt,
}: StatusParts): Promise<Status> {
  const now = self.now()
  const peers = await withLag([...links.peers(now), ...absent], logs, now)
  const certificate = certificateStatus(facts, now)
  return {
    name: self.name,
    role: self.role,
    id: self.identity.id,
    version,
    uptimeSeconds: Math.floor((performance.now() - startedAt) / 1000),
    clock: { now: new Date(now).toISOString(), systemOffMs },
    ready,
    reasons: [...reasons],
    ...(certificate !== null && { certificate }),
    peers,
    traffic: links.traffic(),
    slowedMs: links.slowedMs(),
    servers: servers.status(),
    refusedCards: links.refusedCards,
    rooms: logs.map(({ room, head: { epoch, first, head } }) => ({
      room,
      epoch,
      first,
      head,
      stored: head - first + 1,
    })),
    messages: links.messages(),
    queues: {
      toStore,
      toSend: postsToSend(peers),
    },
    clients,
    ...(jobs && { jobs }),
    ...(webhooks && { webhooks }),
    gaps: [...links.gaps],
  }
}

/** Posts that wait for links: what a link that stands by could send goes over the hub. */
export function postsToSend(peers: readonly PeerStatus[]): number {
  const shipping = peers.filter(({ state }) => state !== 'standby')
  return shipping.flatMap(({ rooms }) => rooms).reduce((sum, { toSend }) => sum + (toSend ?? 0), 0)
}
