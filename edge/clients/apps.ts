// MeshCore apps of the configured users, over IP: the rooms they see, and a port for each.
import type { EdgeParts } from '../edge-parts.ts'
import { linksLine } from '../links/links-line.ts'
import type { OnAir } from '../on-air.ts'
import { storedPositions } from './app-inbox.ts'
import { appRoom, appUser } from './app-room.ts'
import { type AppServer, createAppServer } from './app-server.ts'
import { JoinGuard } from './join-rights.ts'

export interface Apps {
  /** Connected now. */
  clients(): number
  close(): Promise<void>
}

/** `onAir`: where there is a radio. @throws Error when a key cannot be read or made, or a port is in use */
export async function startApps(parts: EdgeParts, onAir: OnAir | undefined): Promise<Apps> {
  const { conf, logs, settings, writer, store, texts, links, clock, log } = parts
  const { origin } = writer
  const now = () => clock.now()
  const uptimeSeconds = () => Math.round(process.uptime())
  const aside = { federation: () => linksLine(links.peers()), uptimeSeconds, now }
  const rooms = conf.rooms.flatMap(room => {
    const postLog = logs.find(one => one.room === room.federateAs)
    const ofRoom = settings.get(room.federateAs)
    if (postLog === undefined || ofRoom === undefined) return []
    return [appRoom(room, { postLog, settings: ofRoom, origin, desk: onAir?.desk?.(room.federateAs), aside, log })]
  })
  const shared = {
    rooms,
    writer,
    guard: new JoinGuard(),
    context: texts,
    radio: conf.radio?.driver === 'kiss' ? conf.radio : undefined,
    now,
    ticks: () => performance.now(),
    uptimeSeconds,
    log,
  }
  const running: AppServer[] = []
  for (const app of conf.clients.apps) {
    const user = appUser(app, log)
    const companion = { ...shared, user, positions: storedPositions(store.meta, user.key) }
    running.push(await createAppServer({ host: app.host, port: app.port, companion, log }))
  }
  return {
    clients: () => running.filter(server => server.isUsed()).length,
    close: async () => {
      await Promise.all(running.map(server => server.close()))
    },
  }
}
