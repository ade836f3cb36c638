// The port of one user of MeshCore apps, over a room in memory.
import type { TestContext } from 'node:test'
import { createLog } from '#common/log.ts'
import { AppAuthors } from '#edge/clients/app-authors.ts'
import { deskWithoutRadio } from '#edge/clients/app-desk.ts'
import type { Positions } from '#edge/clients/app-inbox.ts'
import type { AppRoom, AppUser } from '#edge/clients/app-room.ts'
import { createAppServer } from '#edge/clients/app-server.ts'
import type { AppSessionLimits } from '#edge/clients/app-session.ts'
import { JoinGuard } from '#edge/clients/join-rights.ts'
import { identityFromSeed } from '#edge/radio/crypto.ts'
import { RoomSeconds } from '#edge/room-server/room-seconds.ts'
import type { SettingsConf } from '#edge/room-settings.ts'
import { MeshcoreApp } from './meshcore-app.ts'
import { type RoomAndWriter, roomAndWriter } from './room-and-writer.ts'
import { roomSettings } from './room-settings.ts'

export interface AppPortOptions {
  conf?: Partial<SettingsConf>
  limits?: Partial<AppSessionLimits>
  /** Where users stand, to go on from. */
  seconds?: Map<string, number>
  room?: RoomAndWriter
  /** Lines of the log. */
  lines?: string[]
}

const keys = [1, 2].map(seed => identityFromSeed(new Uint8Array(32).fill(seed)).publicKey)
export const [roomPublicKey = new Uint8Array(), userPublicKey = new Uint8Array()] = keys
/** Id of another server, whose name is City B. */
export const otherCity = 'B'.repeat(43)

/** The room: admin password `master`, guest password `hello`; the user: Ada. */
export async function startAppPort(t: TestContext, options: AppPortOptions = {}) {
  const { conf, limits, seconds = new Map<string, number>(), room = roomAndWriter(), lines = [] } = options
  const { log, writer } = room
  const settings = roomSettings({ adminPassword: 'master', guestPassword: 'hello', ...conf })
  const known = {
    log,
    name: 'City A',
    publicKey: roomPublicKey,
    settings,
    position: { latitude: 50.94, longitude: 6.96 },
    seconds: new RoomSeconds(log),
    authors: new AppAuthors(log, writer.origin),
  }
  const aside = { federation: () => 'no link', uptimeSeconds: () => 77, now: () => Date.now() }
  const appRoom: AppRoom = { ...known, desk: deskWithoutRadio(known, aside) }
  const user: AppUser = { name: 'Ada', publicKey: userPublicKey, key: Buffer.from(userPublicKey).toString('hex') }
  const positions: Positions = { get: name => seconds.get(name), set: (name, second) => seconds.set(name, second) }
  const companion = {
    user,
    rooms: [appRoom],
    positions,
    context: { origin: writer.origin, cityOf: (id: string) => (id === otherCity ? 'City B' : undefined) },
    writer,
    guard: new JoinGuard(),
    radio: undefined,
    now: () => Date.now(),
    ticks: () => performance.now(),
    uptimeSeconds: () => 77,
    log: createLog({ json: false, write: line => lines.push(line) }),
  }
  const server = await createAppServer({
    host: '127.0.0.1',
    port: 0,
    companion,
    log: companion.log,
    ...(limits && { limits }),
  })
  t.after(() => server.close())
  const open = () => MeshcoreApp.open(server.port)
  return { ...room, server, settings, seconds, open, key: roomPublicKey }
}
