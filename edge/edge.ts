// One edge, put together from its config: the rooms of its city on disk, its clients, its link to the hub.
import type { EdgeConf } from '#common/config/edge-conf.ts'
import type { RadioConf } from '#common/config/radio-conf.ts'
import type { Log } from '#common/log.ts'
import type { PostLog } from '#common/post-log.ts'
import { statusOf } from '#common/room-status.ts'
import type { PeerStatus, RadioStatus, Status } from '#common/status.ts'
import { startTrimming } from '#common/trimming.ts'
import { version } from '#common/version.ts'
import type { Apps } from './clients/apps.ts'
import type { RoomAccess } from './clients/join-rights.ts'
import { createLinesServer, type LinesServer } from './clients/lines-server.ts'
import { EdgeAlerts } from './edge-alerts.ts'
import { buildParts, type EdgeParts } from './edge-parts.ts'
import { openLinks } from './links/edge-links.ts'
import { EdgeNetwork } from './network/edge-network.ts'
import type { OnAir } from './on-air.ts'
import { reportSource } from './report/report-source.ts'
import { startReports } from './report/start-reports.ts'
import type { RoomSettings } from './room-settings.ts'
import { type StatusServer, startStatusServer } from './status-server.ts'

export interface RunningEdge {
  stop(): Promise<void>
}

/** @throws Error when the database or a port is in use, or a file cannot be written */
export async function startEdge(conf: EdgeConf, log: Log): Promise<RunningEdge> {
  const parts = buildParts(conf, log)
  const ends: End[] = []
  const stop = async () => {
    await Promise.all(ends.map(end => end()))
    parts.ownCard.stop()
    parts.keptCards.stop()
    parts.store.close()
  }
  try {
    await startAll(parts, ends)
    return { stop }
  } catch (error) {
    // A database that is left open begins a new epoch, and every other server asks for everything again.
    await stop()
    throw error
  }
}

/** Ends something that was started. */
type End = () => unknown

async function startAll(parts: EdgeParts, ends: End[]): Promise<void> {
  const { conf, log, logs, self } = parts
  const lines = await startLines(parts)
  ends.push(() => lines?.close())
  // Most of it is of no use without a radio: it is loaded where there is one.
  const onAir = conf.radio && (await startRadio(parts, conf.radio))
  ends.push(() => onAir?.stop())
  const apps = await startApps(parts, onAir)
  ends.push(() => apps?.close())
  const startedAt = performance.now()
  const links = await openLinks(parts)
  ends.push(() => links?.stop())
  const status = () =>
    edgeStatus(parts, {
      absent: links?.absent() ?? [],
      live: http?.clients() ?? 0,
      lines: lines?.clients() ?? 0,
      apps: apps?.clients(),
      radio: onAir?.status(),
      startedAt,
    })
  const source = reportSource({ parts, onAir, absent: () => links?.absent() ?? [], startedAt })
  const network = new EdgeNetwork({ parts, source, status, onAir, hubId: () => links?.hub()?.peer.id })
  const edgeAlerts = new EdgeAlerts(parts, () => network.cities())
  edgeAlerts.start()
  ends.push(() => edgeAlerts.stop())
  const { alerts } = edgeAlerts
  const http: StatusServer | undefined = await startStatusServer(parts, {
    status,
    known: links?.known,
    alerts,
    network,
  })
  ends.push(() => http?.close())
  // Of two clocks that disagree the earlier one says what is old: what was dropped does not come back.
  ends.push(startTrimming({ logs: () => logs, now: () => Math.min(Date.now(), parts.clock.now()), log }))
  ends.push(startReports({ parts, onAir, links, source }), network.start())
  parts.certificates.start()
  ends.push(() => parts.certificates.stop())
  links?.start()
  log.info(
    `Room server "${self.name}" ${version} serves ${logs.map(({ room }) => room).join(', ')} (id ${self.identity.id})`,
  )
}

async function startRadio(parts: EdgeParts, conf: RadioConf): Promise<OnAir> {
  if (conf.driver === 'companion') return (await import('./gateway/gateway.ts')).startGateway(parts, conf)
  return (await import('./on-air.ts')).startOnAir(parts, conf)
}

async function startLines({ conf, logs, settings, writer, log }: EdgeParts): Promise<LinesServer | undefined> {
  const { linesHost, linesPort } = conf.clients
  if (linesPort === 0) return undefined
  const rooms = logs.flatMap(postLog => {
    const ofRoom = settings.get(postLog.room)
    return ofRoom === undefined ? [] : [accessTo(postLog, ofRoom)]
  })
  return createLinesServer({ host: linesHost, port: linesPort, rooms, writer, log })
}

/** The passwords are read when somebody joins: they may change. */
function accessTo(log: PostLog, settings: RoomSettings): RoomAccess {
  return {
    room: log.room,
    log,
    allowReadOnly: settings.allowReadOnly,
    get adminPassword() {
      return settings.adminPassword
    },
    get guestPassword() {
      return settings.guestPassword
    },
  }
}

/** Loaded where there are any. */
async function startApps(parts: EdgeParts, onAir: OnAir | undefined): Promise<Apps | undefined> {
  if (parts.conf.clients.apps.length === 0) return undefined
  return (await import('./clients/apps.ts')).startApps(parts, onAir)
}

interface StatusExtras {
  absent: PeerStatus[]
  live: number
  lines: number
  apps: number | undefined
  radio: RadioStatus | undefined
  startedAt: number
}

async function edgeStatus(
  { self, links, servers, logs, settings, store, clock, certificate }: EdgeParts,
  { absent, live, lines, apps, radio, startedAt }: StatusExtras,
): Promise<Status> {
  const status = await statusOf({
    self,
    links,
    servers,
    logs,
    absent,
    reasons: store.fault === '' ? [] : [store.fault],
    toStore: store.depth,
    systemOffMs: clock.systemOffMs,
    certificate,
    clients: apps === undefined ? { live, lines } : { live, lines, apps },
    startedAt,
  })
  const rooms = status.rooms.map(room => ({ ...room, settings: settingsStatus(settings.get(room.room)) }))
  return { ...status, rooms, ...(radio !== undefined && { radio }) }
}

function settingsStatus(settings: RoomSettings | undefined): Status['rooms'][number]['settings'] {
  const report = settings?.report()
  return report && { ...report, blocked: report.blocked.length }
}
