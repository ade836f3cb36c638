// What an edge finds on its own disk when it starts: the database, the identity, and how late it must be.
import { X509Certificate } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { Clock } from '#common/clock.ts'
import type { EdgeConf } from '#common/config/edge-conf.ts'
import { makeDataFolder } from '#common/data-folder.ts'
import { type Identity, identityFromPem, newIdentityPem } from '#common/identity.ts'
import type { Log } from '#common/log.ts'
import { SqliteStore } from '#common/sqlite/sqlite-store.ts'
import { releasedAt } from '#common/version.ts'

/** Rooms that are no longer in the config. */
const otherRoomsRetentionDays = 30

/** `now` gives the time of what arrives, in Unix ms. @throws Error when another process has the database open */
export function openStore({ storagePath, rooms }: EdgeConf, log: Log, now: () => number): SqliteStore {
  makeDataFolder(dirname(storagePath), 'storage.path')
  const store = SqliteStore.open({ path: storagePath, retentionDays: otherRoomsRetentionDays, log, now })
  for (const { federateAs, retentionDays } of rooms) store.log(federateAs, retentionDays)
  return store
}

/** The server's key; made, and kept for ever, at the first start. @throws Error when the file is no Ed25519 key */
export function loadIdentity(path: string, log: Log): Identity {
  if (!existsSync(path)) {
    makeDataFolder(dirname(path), 'federation.identity')
    writeFileSync(path, newIdentityPem(), { mode: 0o600, flag: 'wx' })
    log.info(`A new identity was made: ${path}; keep a copy, and never run it on two machines`)
  }
  return identityFromPem(readFileSync(path, 'utf8'))
}

/** A clock that is no earlier than the last post made here, the first day of our certificate, and this release. */
export function startClock(conf: EdgeConf, store: SqliteStore, log: Log): Clock {
  const cert = conf.federation?.tls?.cert
  const certifiedAt = cert === undefined ? 0 : Date.parse(new X509Certificate(cert).validFrom)
  const clock = new Clock({ floorAt: Math.max(store.lastLocalAt(), certifiedAt, releasedAt) })
  if (clock.systemOffMs !== 0) {
    const from = new Date(clock.now()).toISOString()
    log.warn(
      `the system clock is wrong (${new Date().toISOString()}): posts are stamped from ${from} on until another server or NTP sets it`,
    )
  }
  return clock
}
