// The log on SQLite keeps the promises of every log.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { PostLog } from '#common/post-log.ts'
import { SqliteStore } from '#common/sqlite/sqlite-store.ts'
import { type LogUnderTest, postLogContract } from './post-log-contract.ts'
import { copyStore, quiet, room } from './sqlite-files.ts'

const retentionDays = 7
async function open(): Promise<LogUnderTest> {
  const folder = mkdtempSync(join(tmpdir(), 'sqlite-log-'))
  let files = 0
  const newPath = () => join(folder, `room-${files++}.db`)
  let path = newPath()
  const opened: SqliteStore[] = []
  const openStore = (): PostLog => {
    const store = SqliteStore.open({ path, retentionDays, log: quiet })
    opened.push(store)
    return store.log(room)
  }
  const openCopy = (from: string): PostLog => {
    path = newPath()
    copyStore(from, path)
    return openStore()
  }
  return {
    log: openStore(),
    retentionDays,
    close: async () => {
      for (const store of opened) store.close()
      rmSync(folder, { recursive: true })
    },
    restart: async () => {
      opened.pop()?.close()
      return openStore()
    },
    crash: async () => openCopy(path),
    wipe: async () => {
      path = newPath()
      return openStore()
    },
    snapshot: async () => {
      const copy = newPath()
      copyStore(path, copy)
      return async () => openCopy(copy)
    },
  }
}

postLogContract('on SQLite', open)
