// One SQLite file in the hands of one process: opens it or sets a damaged one aside, and runs transactions on it.
import { chmodSync, chownSync, existsSync, mkdirSync, readFileSync, renameSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync, type StatementSync } from 'node:sqlite'
import { StoreUnavailableError } from '../errors.ts'
import type { Log } from '../log.ts'
import { markClosed, takeMark } from './sqlite-mark.ts'

/** FULL survives a power failure; NORMAL may lose the newest commits to one, all of them together. */
export type Durability = 'FULL' | 'NORMAL'

/** A commit writes whole pages, and a live post changes four of them: small pages wear the SD card least. */
const pageBytes = 512
const cacheKib = 2048
/** Length of the write-ahead log at which its pages are written to the database, each once. */
const checkpointBytes = 1 << 20
/** "MCFD": tells our files from other programs' databases. */
const applicationId = 0x4d434644
const schemaVersion = 1
const lockWaitMs = 500

/** Primary result codes, https://sqlite.org/rescode.html */
const code = { busy: 5, ioerr: 10, corrupt: 11, full: 13, cantopen: 14, notadb: 26, readonly: 8 }
const plainReasons: Readonly<Record<number, string>> = {
  [code.busy]: 'the database is locked by another process',
  [code.readonly]: 'the database cannot be written',
  [code.ioerr]: 'the disk does not read or write',
  [code.corrupt]: 'the database is damaged; the next start sets it aside',
  [code.full]: 'the disk is full',
  [code.cantopen]: 'the database cannot be opened',
}

/** So long a fault is reported after the last failed write: a tiny write may fit where posts do not. */
const faultStandsMs = 10_000

export interface SqliteFile {
  path: string
  log: Log
  /** Most the database may grow to; default no bound but the disk. */
  bytesMax?: number | undefined
  /** Other processes may read it meanwhile (sqlite-look.ts), which costs some memory and time. */
  isShared?: boolean | undefined
}

export class SqliteDb {
  #fault = ''
  #faultedAt = 0
  readonly #inode: number
  readonly #log: Log
  readonly #path: string
  readonly #db: DatabaseSync
  readonly #lock: DatabaseSync | undefined
  /** The very file that was last closed here, and no copy in its place. */
  readonly isAsClosed: boolean
  readonly #begin: StatementSync
  readonly #commit: StatementSync
  #durability: Durability = 'FULL'

  /**
   * Opens or creates the file. One that is damaged, or no database, is moved to `<path>.damaged-<time>` and replaced.
   * @throws Error when another process has it open, or when it belongs to another program or a newer version.
   */
  constructor({ path, log, bytesMax, isShared = false }: SqliteFile) {
    this.#path = path
    mkdirSync(dirname(path), { recursive: true })
    this.#log = log
    this.#lock = isShared ? takeLock(path) : undefined
    try {
      this.isAsClosed = takeMark(path)
      this.#db = openSound(path, log, isShared)
    } catch (error) {
      this.#lock?.close()
      throw error
    }
    this.#inode = statSync(path).ino
    if (bytesMax !== undefined) this.#db.exec(`PRAGMA max_page_count = ${Math.ceil(bytesMax / pageBytes)}`)
    this.#begin = this.#db.prepare('BEGIN IMMEDIATE')
    this.#commit = this.#db.prepare('COMMIT')
  }

  /** Size on disk, the write-ahead log included. */
  get bytes(): number {
    const sizes = ['', '-wal'].map(end => statSync(this.#path + end, { throwIfNoEntry: false })?.size ?? 0)
    return sizes.reduce((sum, size) => sum + size, 0)
  }

  /** Why posts cannot be stored, as of the last seconds; empty when they can. */
  get fault(): string {
    return this.#isGone() ? this.#goneFault() : this.#fault
  }

  /** A fault is old enough to look whether it has passed. */
  get isFaultOld(): boolean {
    return this.#fault !== '' && performance.now() - this.#faultedAt > faultStandsMs
  }

  get isOpen(): boolean {
    return this.#db.isOpen
  }

  prepare(sql: string): StatementSync {
    return this.#db.prepare(sql)
  }

  /** A statement whose rows are arrays: quicker to read many. */
  prepareArrays(sql: string): StatementSync {
    const statement = this.#db.prepare(sql)
    statement.setReturnArrays(true)
    return statement
  }

  /** Runs `work`, which only reads. @throws StoreUnavailableError */
  read<T>(work: () => T): T {
    try {
      return work()
    } catch (error) {
      throw storeError(error)
    }
  }

  /** Runs `work` in one transaction: all of it is stored, or nothing. @throws StoreUnavailableError */
  write<T>(durability: Durability, work: () => T): T {
    try {
      if (this.#isGone()) throw new StoreUnavailableError(this.#goneFault())
      if (this.#durability !== durability) {
        this.#db.exec(`PRAGMA synchronous = ${durability}`)
        this.#durability = durability
      }
      this.#begin.run()
      const result = work()
      this.#commit.run()
      if (performance.now() - this.#faultedAt > faultStandsMs) this.#fault = ''
      return result
    } catch (error) {
      this.#rollBack()
      const fault = storeError(error)
      if (fault instanceof StoreUnavailableError) this.#faulted(fault.message)
      throw fault
    }
  }

  close(): void {
    this.#db.close()
    markClosed(this.#path)
    this.#lock?.close()
  }

  #faulted(reason: string): void {
    if (this.#fault === '') this.#log.error(`Posts cannot be stored: ${reason}`)
    this.#fault = reason
    this.#faultedAt = performance.now()
  }

  /** What is written to a file without a name is lost with the process. */
  #isGone(): boolean {
    return statSync(this.#path, { throwIfNoEntry: false })?.ino !== this.#inode
  }

  #goneFault(): string {
    return `the database ${this.#path} was deleted or replaced while in use: stop, put it back, start`
  }

  #rollBack(): void {
    try {
      if (this.#db.isTransaction) this.#db.exec('ROLLBACK')
    } catch {
      // SQLite has rolled back by itself; the first error is the one to tell.
    }
  }
}

/** An error of SQLite as a StoreUnavailableError in plain words; any other error unchanged. */
export function storeError(error: unknown): unknown {
  if (!(error instanceof Error) || !('code' in error)) return error
  if (error.code === 'ERR_INVALID_STATE') return new StoreUnavailableError('the store is closed', { cause: error })
  const reason = plainReasons[resultCode(error) ?? -1]
  return reason === undefined ? error : new StoreUnavailableError(`${reason} (${error.message})`, { cause: error })
}

/** SQLite's primary result code; undefined when the error is none of SQLite. */
function resultCode(error: unknown): number | undefined {
  const known = error instanceof Error && 'errcode' in error && typeof error.errcode === 'number'
  return known ? Number(error.errcode) & 0xff : undefined
}

/**
 * Where others may read beside us, SQLite's own lock would let in a second writer, too. This one stands on a file beside the
 * database, which stays empty, and goes with the process. @throws Error when another process has it
 */
function takeLock(path: string): DatabaseSync {
  const lockPath = `${path}.lock`
  let lock: DatabaseSync | undefined
  try {
    lock = new DatabaseSync(lockPath, { timeout: lockWaitMs })
    lock.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE')
    chmodSync(lockPath, 0o640)
    giveToOwner(lockPath)
    return lock
  } catch (error) {
    lock?.close()
    throw new Error(damageOf(error, path), { cause: error })
  }
}

/** What root makes by a command must be open to the user that the program runs as: the owner of its folder. */
function giveToOwner(path: string): void {
  if (process.getuid?.() !== 0) return
  const { uid, gid } = statSync(dirname(path))
  chownSync(path, uid, gid)
}

function openSound(path: string, log: Log, isShared: boolean): DatabaseSync {
  const fault = tryOpen(path, isShared)
  if (fault instanceof DatabaseSync) return fault
  const aside = `${path}.damaged-${new Date().toISOString().replaceAll(/[-:.]/g, '')}`
  for (const end of ['', '-wal', '-shm']) {
    if (statSync(path + end, { throwIfNoEntry: false }) !== undefined) renameSync(path + end, aside + end)
  }
  log.error(
    `The database ${path} is damaged (${fault}). It was moved to ${aside}; a new one begins, and links refill it.`,
  )
  const fresh = tryOpen(path, isShared)
  if (fresh instanceof DatabaseSync) return fresh
  throw new Error(`cannot create the database ${path}: ${fresh}`)
}

/** The open database, or what is damaged in it. */
function tryOpen(path: string, isShared: boolean): DatabaseSync | string {
  let db: DatabaseSync | undefined
  try {
    const isNew = !existsSync(path)
    db = new DatabaseSync(path, { timeout: lockWaitMs })
    // It holds what people wrote, and passwords set by radio. SQLite gives the files beside it the same rights.
    if (isNew) chmodSync(path, 0o640)
    if (isNew && isShared) giveToOwner(path)
    configure(db, isShared)
    const found = pragma(db, 'quick_check(1)')
    if (found === 'ok') ensureSchema(db, path)
    else db.close()
    return found === 'ok' ? db : String(found)
  } catch (error) {
    if (db?.isOpen) db.close()
    return damageOf(error, path)
  }
}

/** What is damaged, when that is the reason why the database cannot be opened; throws for any other. */
export function damageOf(error: unknown, path: string): string {
  const primary = resultCode(error)
  if (primary === undefined) throw error
  if (primary === code.busy) throw new Error(`the database ${path} is in use by another process`, { cause: error })
  if (primary === code.corrupt || primary === code.notadb) return String(error)
  throw new Error(`cannot open the database ${path} (${String(error)}): may this user write it, and its folder?`, {
    cause: error,
  })
}

function configure(db: DatabaseSync, isShared: boolean): void {
  // Exclusive before the first access: the lock is the kernel's, goes with the process, and there is no -shm file.
  db.exec(`PRAGMA locking_mode = ${isShared ? 'NORMAL' : 'EXCLUSIVE'};
    PRAGMA page_size = ${pageBytes};
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    PRAGMA wal_autocheckpoint = ${Math.floor(checkpointBytes / pageBytes)};
    PRAGMA journal_size_limit = ${4 * checkpointBytes};
    PRAGMA cache_size = -${cacheKib};
    PRAGMA temp_store = MEMORY`)
}

function ensureSchema(db: DatabaseSync, path: string): void {
  const version = pragma(db, 'user_version')
  const tables = db.prepare('SELECT count(*) AS count FROM sqlite_schema').get()?.count
  if (version === 0 && tables === 0) {
    const schema = readFileSync(new URL('sqlite-log.sql', import.meta.url), 'utf8')
    db.exec(`BEGIN IMMEDIATE; ${schema};
      PRAGMA application_id = ${applicationId}; PRAGMA user_version = ${schemaVersion}; COMMIT`)
    return
  }
  if (pragma(db, 'application_id') !== applicationId)
    throw new Error(`the database ${path} belongs to another program; choose another path`)
  if (version !== schemaVersion)
    throw new Error(`the database ${path} has version ${version}, this program knows ${schemaVersion}`)
}

export function pragma(db: DatabaseSync, name: string): unknown {
  return Object.values(db.prepare(`PRAGMA ${name}`).get() ?? {})[0]
}
