// What this edge says of itself, to its hub and to who asks it: its rooms, its radio, its links.
import { daysLeft } from '#common/certificate-facts.ts'
import type { PostLog } from '#common/post-log.ts'
import { postsToSend } from '#common/room-status.ts'
import type { ReportedLink, ReportedRoom, ReportedSelf } from '#common/spoke-report.ts'
import type { PeerStatus } from '#common/status.ts'
import type { EdgeParts } from '../edge-parts.ts'
import type { OnAir } from '../on-air.ts'
import type { ReportSource } from './report-sender.ts'

export interface ReportSourceOptions {
  parts: EdgeParts
  onAir: OnAir | undefined
  /** Servers of the config that are not linked now. */
  absent: () => readonly PeerStatus[]
  /** performance.now() of the start. */
  startedAt: number
}

export function reportSource(options: ReportSourceOptions): ReportSource {
  const { parts } = options
  return {
    rooms: hubId => Promise.all(parts.logs.map(log => reportedRoom(log, hubId, options))),
    self: () => reportedSelf(options),
  }
}

/** @throws StoreUnavailableError */
async function reportedRoom(
  log: PostLog,
  hubId: string | undefined,
  { parts, onAir }: ReportSourceOptions,
): Promise<ReportedRoom> {
  const { room } = log
  const consolePosts = onAir?.consolePosts(room)
  return {
    room,
    stored: hubId === undefined ? null : await log.cursorOf(hubId),
    rf: consolePosts === undefined ? null : (parts.settings.get(room)?.isOnAir ?? null),
    members: onAir?.desk?.(room)?.members().length ?? 0,
    air: (await consolePosts?.states()) ?? [],
  }
}

function reportedSelf({ parts, onAir, absent, startedAt }: ReportSourceOptions): ReportedSelf {
  const { conf, clock, certificate, store, links } = parts
  const now = clock.now()
  return {
    uptimeSeconds: Math.floor((performance.now() - startedAt) / 1000),
    systemOffMs: clock.systemOffMs,
    position: conf.rooms.find(({ position }) => position !== undefined)?.position ?? null,
    certificateDays: certificate === undefined ? null : daysLeft(certificate, now),
    toStore: store.depth,
    radio: onAir === undefined ? null : onAir.reported(),
    links: reportedLinks([...links.peers(now), ...absent()]),
  }
}

/** Hubs first. One that was never reached has no id yet, and nobody could know it by another name. */
function reportedLinks(peers: readonly PeerStatus[]): ReportedLink[] {
  return peers
    .filter(({ id }) => id !== '')
    .toSorted((a, b) => Number(b.role === 'hub') - Number(a.role === 'hub'))
    .map(peer => {
      const { id, name, role, state, latencyMs } = peer
      return { id, name, role, state, latencyMs: latencyMs && Math.round(latencyMs), toSend: postsToSend([peer]) }
    })
}
