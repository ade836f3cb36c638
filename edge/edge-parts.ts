// What the parts of an edge share: its rooms on disk, its clock, its name, and who writes posts.
import { randomBytes } from 'node:crypto'
import type { Clock } from '#common/clock.ts'
import type { EdgeConf } from '#common/config/edge-conf.ts'
import type { Log } from '#common/log.ts'
import type { PostLog } from '#common/post-log.ts'
import { PostWriter } from '#common/post-writer.ts'
import type { Self } from '#common/protocol/handshake.ts'
import { LiveLinks } from '#common/protocol/live-links.ts'
import type { SqliteStore } from '#common/sqlite-store.ts'
import { version } from '#common/version.ts'
import { loadIdentity, openStore, startClock } from './local-state.ts'

export interface EdgeParts {
  conf: EdgeConf
  log: Log
  store: SqliteStore
  logs: readonly PostLog[]
  clock: Clock
  self: Self
  links: LiveLinks
  writer: PostWriter
}

/** @throws Error when the database is in use, or a file cannot be written */
export function buildParts(conf: EdgeConf, log: Log): EdgeParts {
  // What arrives while the system says 1970 must not be past its retention once the clock is set.
  const store = openStore(conf, log, () => clock.now())
  const clock = startClock(conf, store, log)
  const identity = loadIdentity(conf.identityPath, log)
  const links = new LiveLinks(log)
  const self: Self = {
    identity,
    name: conf.federation?.serverName ?? conf.rooms[0]?.name ?? 'room',
    role: 'edge',
    software: `meshcore-room/${version}`,
    boot: randomBytes(9).toString('base64url'),
    secret: conf.federation?.secret ?? '',
    now: () => clock.now(),
  }
  const writer = new PostWriter(identity, { stamp: () => clock.stamp(), onVerdict: verdict => links.count(verdict) })
  const logs = conf.rooms.map(room => store.log(room.federateAs))
  return { conf, log, store, logs, clock, self, links, writer }
}
