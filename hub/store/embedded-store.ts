// The store of a hub without Redis: one instance, one SQLite database and a few files in data_dir.
import { join } from 'node:path'
import { alertsInMeta } from '#common/alerts/alerts-in-meta.ts'
import { makeDataFolder } from '#common/data-folder.ts'
import { type KeptCards, keepCards } from '#common/kept-cards.ts'
import type { Log } from '#common/log.ts'
import type { PostLog } from '#common/post-log.ts'
import { MemoryGuardStore } from '#common/protocol/link-guard.ts'
import { type Meta, SqliteStore } from '#common/sqlite/sqlite-store.ts'
import { FileRegistry } from '../registry/file-registry.ts'
import { FileAudit } from '../rights/file-audit.ts'
import { FileRights } from '../rights/file-rights.ts'
import { startJobsInProcess } from '../upkeep/jobs-in-process.ts'
import { trafficInMeta } from '../upkeep/traffic-in-meta.ts'
import type { HubStore } from './hub-store.ts'
import type { Notes } from './notes.ts'

const tailBytes = 4 * 1024 * 1024
/** Every room says its own. */
const daysIfUnsaid = 30
const identityKey = 'identity'
/** In data_dir. */
export const databaseName = 'hub.db'

export interface EmbeddedOptions {
  dir: string
  /** Of a room, in days. */
  retentionDays: (room: string) => number
  log: Log
}

/** @throws Error when another process has the database open */
export async function openEmbeddedStore({ dir, retentionDays, log }: EmbeddedOptions): Promise<HubStore> {
  makeDataFolder(dir, 'data_dir', 0o700)
  const path = join(dir, databaseName)
  const store = SqliteStore.open({ path, retentionDays: daysIfUnsaid, tailBytes, log, isShared: true })
  const open = (room: string) => store.log(room, retentionDays(room))
  const registry = await FileRegistry.open({ dir, log })
  const rights = await FileRights.open({ dir, log })
  const logsByRoom = new Map<string, PostLog>(store.rooms().map(room => [room, open(room)]))
  let lastAt = store.lastLocalAt()
  let cards: KeptCards | undefined
  return {
    get ready() {
      return store.fault === ''
    },
    get reason() {
      return store.fault
    },
    registry,
    rights,
    audit: new FileAudit(dir),
    guardStore: new MemoryGuardStore(),
    notes: notesIn(store.meta, 'note'),
    reports: notesIn(store.meta, 'report'),
    samples: notesIn(store.meta, 'sample'),
    alerts: alertsInMeta(store.meta),
    traffic: trafficInMeta(store.meta),
    get depth() {
      return store.depth
    },
    openLogs: () => [...logsByRoom.values()],
    log: async room => {
      const opened = open(room)
      logsByRoom.set(room, opened)
      return opened
    },
    rooms: async () => [...logsByRoom.keys()],
    nextAt: async now => {
      lastAt = Math.max(now, lastAt + 1)
      return lastAt
    },
    identityPem: async candidate => {
      if (store.meta.get(identityKey) === undefined) store.meta.set(identityKey, candidate)
      return store.meta.get(identityKey) ?? candidate
    },
    // A single instance has only its own links, and those it ends itself.
    publishFence: async () => {},
    onFence: () => {},
    // The command line cannot call to it: the version is a small file.
    onRights: () => {},
    keepCards: async directory => {
      cards = keepCards(directory, store.meta, log)
    },
    startJobs: async (jobs, runner) => startJobsInProcess(jobs, runner),
    close: async () => {
      cards?.stop()
      await registry.close()
      store.close()
    },
  }
}

function notesIn(meta: Meta, kind: string): Notes {
  const keyOf = (key: string) => `${kind}:${key}`
  const all = (prefix: string) => meta.entries(keyOf(prefix))
  return {
    get: async key => meta.get(keyOf(key)),
    all: async prefix => new Map(all(prefix).map(([key, text]) => [key.slice(keyOf('').length), text])),
    getMany: async keys => {
      const texts = keys.map(key => [key, meta.get(keyOf(key))] as const)
      return new Map(texts.flatMap(([key, text]) => (text === undefined ? [] : [[key, text]])))
    },
    set: async (key, text) => meta.set(keyOf(key), text),
    setMany: async texts => meta.change(new Map([...texts].map(([key, text]) => [keyOf(key), text]))),
    remove: async (...keys) => meta.change(new Map(keys.map(key => [keyOf(key), undefined]))),
  }
}
