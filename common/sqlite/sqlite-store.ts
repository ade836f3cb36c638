// All logs of one server in one SQLite database: rooms, their epochs, and what must survive a restart beside them.
import { newEpoch } from '../cursor.ts'
import type { Log } from '../log.ts'
import type { PostLog } from '../post-log.ts'
import { SqliteDb } from './sqlite-db.ts'
import { type LogContext, SqliteLog } from './sqlite-log.ts'
import { sqliteNames } from './sqlite-names.ts'
import {
  prepareLogStatements,
  prepareStoreStatements,
  type RoomRow,
  type StoreStatements,
  storedHead,
} from './sqlite-statements.ts'

const dayMs = 86_400_000
const roomsMax = 1_000
const endedMax = 64
const metaBytesMax = 32_768

export interface SqliteStoreOptions {
  path: string
  retentionDays: number
  log: Log
  /** Bound of each log's tail in memory; default 1 MiB. */
  tailBytes?: number
  /** Most the database may grow to, in bytes; default no bound but the disk. */
  bytesMax?: number
  /** Other processes may read it meanwhile. */
  isShared?: boolean
  /** Unix ms; default the system's clock. */
  now?: () => number
}

/** Small strings kept beside the posts. */
export interface Meta {
  /** @throws StoreUnavailableError */
  get: (key: string) => string | undefined
  /** On disk when it returns. @throws RangeError above 32,768 characters, StoreUnavailableError */
  set: (key: string, value: string) => void
  /** Sets values, and deletes where there is none: all of it or nothing. On disk when it returns. @throws as `set` */
  change: (changes: ReadonlyMap<string, string | undefined>) => void
  /** On disk when it returns. @throws StoreUnavailableError */
  delete: (key: string) => void
  /** All whose key begins with `prefix`, in the order of their keys. @throws StoreUnavailableError */
  entries: (prefix: string) => [key: string, value: string][]
}

export class SqliteStore {
  readonly meta: Meta
  readonly #db: SqliteDb
  readonly #statements: StoreStatements
  readonly #context: LogContext
  readonly #logsByRoom = new Map<string, SqliteLog>()

  /**
   * Opens the database, checks it, and creates it when it is new; a damaged one is moved aside, with an error in the log.
   * Unless the last process closed this very file in order, every room begins a new epoch.
   * @throws Error when another process has it open, or it belongs to another program or a newer version.
   */
  static open(options: SqliteStoreOptions): SqliteStore {
    const db = new SqliteDb(options)
    try {
      return new SqliteStore(options, db)
    } catch (error) {
      db.close()
      throw error
    }
  }

  private constructor({ retentionDays, tailBytes = 1 << 20, log, now = Date.now }: SqliteStoreOptions, db: SqliteDb) {
    this.#db = db
    this.#statements = prepareStoreStatements(db)
    this.meta = sqliteMeta(db)
    const statements = prepareLogStatements(db)
    const savedAt = Number(this.#statements.state.get()?.last_local_at ?? 0)
    this.#context = {
      db,
      statements,
      retentionMs: retentionDays * dayMs,
      tailBytes,
      log,
      now,
      names: sqliteNames(db),
      local: { at: Math.max(savedAt, Number(statements.seen.newestLocalAt.get()?.at ?? 0)) },
    }
    const rooms = this.#begin()
    if (rooms > 0)
      log.warn(
        `The database was not closed in order, or is a copy; ${rooms === 1 ? 'its room begins' : `its ${rooms} rooms begin`} a new epoch`,
      )
  }

  /** Size on disk, the write-ahead log included. */
  get bytes(): number {
    return this.#db.bytes
  }

  /** Why posts cannot be stored; empty when they can. When the last fault is ten seconds old, a look tries again. */
  get fault(): string {
    if (this.#db.isFaultOld) this.#probe()
    return this.#db.fault
  }

  /** Posts accepted and not yet stored. */
  get depth(): number {
    let sum = 0
    for (const log of this.#logsByRoom.values()) sum += log.depth
    return sum
  }

  /**
   * The log of a room, created when new; `retentionDays` where it is not the store's, decided by the first call.
   * @throws RangeError above 1,000 rooms, StoreUnavailableError
   */
  log(room: string, retentionDays?: number): PostLog {
    const known = this.#logsByRoom.get(room)
    if (known !== undefined) return known
    const own = retentionDays === undefined ? {} : { retentionMs: retentionDays * dayMs }
    const log = new SqliteLog({ ...this.#context, ...own }, this.#roomRow(room))
    this.#logsByRoom.set(room, log)
    return log
  }

  /** Names of all rooms, oldest first. @throws StoreUnavailableError */
  rooms(): string[] {
    return this.#db.read(() => this.#statements.roomNames.all()).map(row => String(row.name))
  }

  /** Largest `at` (Unix ms) of all posts ever stored here from LOCAL; 0 before the first. */
  lastLocalAt(): number {
    return this.#context.local.at
  }

  /** Ends in order: the next start keeps the epochs. What is appended afterwards fails with StoreUnavailableError. */
  close(): void {
    if (!this.#db.isOpen) return
    try {
      this.#db.write('FULL', () => this.#statements.setClean.run(1))
    } catch (error) {
      this.#context.log.warn(`The database could not be closed in order: ${String(error)}`)
    }
    this.#db.close()
  }

  /** Writes what stands there already. */
  #probe(): void {
    try {
      this.#db.write('FULL', () => this.#statements.setClean.run(0))
    } catch {
      // The fault stands, with its newest reason.
    }
  }

  /** Marks the database as in use. Gives the number of rooms whose epoch ended because the last use did not. */
  #begin(): number {
    const { state, rooms, setClean, setEpoch, addEnded, dropEnded } = this.#statements
    return this.#db.write('FULL', () => {
      const isAsLeft = state.get()?.clean === 1 && this.#db.isAsClosed
      const renewed = isAsLeft ? [] : rooms.all()
      for (const { id, name, epoch } of renewed) {
        addEnded.run(Number(id), String(epoch), storedHead(this.#context.statements, this.#roomRow(String(name))))
        dropEnded.run(Number(id), Number(id), endedMax)
        setEpoch.run(newEpoch(), Number(id))
      }
      setClean.run(0)
      return renewed.length
    })
  }

  #roomRow(room: string): RoomRow {
    const { room: find, ended } = this.#statements
    return this.#db.read(() => {
      const row = find.get(room) ?? this.#addRoom(room)
      const number = Number(row?.id)
      const ends = ended.all(number).map(end => [String(end.epoch), Number(end.offset)] as const)
      return { number, room, epoch: String(row?.epoch), first: Number(row?.first), ended: new Map(ends) }
    })
  }

  #addRoom(room: string) {
    const { room: find, addRoom, countRooms } = this.#statements
    if (Number(countRooms.get()?.count) >= roomsMax) throw new RangeError(`a store holds at most ${roomsMax} rooms`)
    this.#db.write('FULL', () => addRoom.run(room, newEpoch()))
    return find.get(room)
  }
}

function sqliteMeta(db: SqliteDb): Meta {
  const get = db.prepare('SELECT value FROM meta WHERE key = ?')
  const set = db.prepare('INSERT OR REPLACE INTO meta VALUES (?, ?)')
  const remove = db.prepare('DELETE FROM meta WHERE key = ?')
  const entries = db.prepare('SELECT key, value FROM meta WHERE substr(key, 1, length(?1)) = ?1 ORDER BY key')
  const change = (changes: ReadonlyMap<string, string | undefined>): void => {
    for (const [key, value = ''] of changes)
      if (key.length + value.length > metaBytesMax) throw new RangeError(`meta ${key} is too long`)
    db.write('FULL', () => {
      for (const [key, value] of changes) value === undefined ? remove.run(key) : set.run(key, value)
    })
  }
  return {
    get: key => db.read(() => get.get(key)?.value?.toString()),
    set: (key, value) => change(new Map([[key, value]])),
    change,
    delete: key => void db.write('FULL', () => remove.run(key)),
    entries: prefix => db.read(() => entries.all(prefix).map(({ key, value }) => [String(key), String(value)])),
  }
}
