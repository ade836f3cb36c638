// Looks at a database without a hand on it: whether it is sound, its posts beside the process that has it open, and a copy of it.
import { chmod, rm } from 'node:fs/promises'
import { backup, DatabaseSync, type StatementSync } from 'node:sqlite'
import { pathToFileURL } from 'node:url'
import { bytesToGuid } from '../guid.ts'
import { damageOf, pragma, storeError } from './sqlite-db.ts'
import { jsonOf, roomIds } from './sqlite-entries.ts'

/** A writer holds its lock for one commit. */
const lockWaitMs = 5000

/** A post as it is on the wire, and where it stands. */
export interface StoredPost {
  offset: number
  /** Unix ms, the origin's. */
  at: number
  json: string
}

/**
 * What is damaged in the file at `path`, which no process has open; empty when it is sound. Leaves no trace, not even of a lock.
 * @throws Error when this user may not read it
 */
export function quickCheck(path: string): string {
  const url = pathToFileURL(path)
  // Without it SQLite makes files beside the database, of the user who looks.
  url.search = '?immutable=1'
  let db: DatabaseSync | undefined
  try {
    db = new DatabaseSync(url, { readOnly: true })
    const found = String(pragma(db, 'quick_check(1)'))
    return found === 'ok' ? '' : found
  } catch (error) {
    return damageOf(error, path)
  } finally {
    if (db?.isOpen) db.close()
  }
}

/** Reads a shared database (SqliteFile.isShared) beside the process that writes it, or one that no process has open. */
export class SqliteReader {
  readonly #db: DatabaseSync
  readonly #rooms: StatementSync
  readonly #page: StatementSync

  /** @throws Error when there is none, or it cannot be read */
  constructor(path: string) {
    this.#db = openReadOnly(path)
    try {
      this.#rooms = this.#db.prepare('SELECT name, id FROM room ORDER BY name')
      this.#page = this.#db.prepare('SELECT id, guid, at, json FROM post WHERE id > ? AND id < ? ORDER BY id LIMIT ?')
    } catch (error) {
      this.#db.close()
      throw storeError(error)
    }
  }

  /** Names of all rooms. @throws StoreUnavailableError */
  rooms(): string[] {
    return this.#reading(() => [...this.#numbers().keys()])
  }

  /** Posts with an offset above `after`, in order, at most `limit`. @throws StoreUnavailableError */
  readAfter(room: string, after: number, limit: number): StoredPost[] {
    return this.#reading(() => {
      const number = this.#numbers().get(room)
      if (number === undefined) return []
      const rows = this.#page.all(number * roomIds + after, (number + 1) * roomIds, limit)
      return rows.map(({ id, guid, at, json }) => ({
        offset: Number(id) - number * roomIds,
        at: Number(at),
        json: jsonOf(bytesToGuid(guid as Uint8Array), room, String(json)),
      }))
    })
  }

  close(): void {
    if (this.#db.isOpen) this.#db.close()
  }

  #numbers(): Map<string, number> {
    return new Map(this.#rooms.all().map(({ name, id }) => [String(name), Number(id)]))
  }

  #reading<T>(work: () => T): T {
    try {
      return work()
    } catch (error) {
      throw storeError(error)
    }
  }
}

/**
 * Writes a whole copy of the database at `from` to the new file `to`, as it is at one moment, also while a process writes to it.
 * The copy is marked as not closed: whoever opens it begins new epochs, for writes may have followed that it lacks.
 * @throws Error when it cannot be read or written
 */
export async function copyDatabase(from: string, to: string): Promise<void> {
  const db = openReadOnly(from)
  try {
    // All pages in one step: between steps a writer would have it begin anew.
    await backup(db, to, { rate: Number(pragma(db, 'page_count')) + 1_000_000 })
    const copy = new DatabaseSync(to)
    copy.exec('PRAGMA journal_mode = DELETE; UPDATE state SET clean = 0')
    copy.close()
    await chmod(to, 0o640)
  } catch (error) {
    await rm(to, { force: true })
    throw storeError(error)
  } finally {
    db.close()
  }
}

function openReadOnly(path: string): DatabaseSync {
  try {
    return new DatabaseSync(path, { readOnly: true, timeout: lockWaitMs })
  } catch (error) {
    throw new Error(
      `cannot read the database ${path} (${String(error)}): is this the right config, and may this user read it?`,
      {
        cause: error,
      },
    )
  }
}
