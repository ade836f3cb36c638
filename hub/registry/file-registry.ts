// The registry of an embedded hub: one small file per token, so that the command line can change them while the hub runs, and
// one file for the spokes, which only the running hub writes.
import { randomBytes } from 'node:crypto'
import { chown, mkdir, open, readdir, readFile, rename, rm, stat, unlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { z } from 'zod'
import { StoreUnavailableError } from '#common/errors.ts'
import type { Log } from '#common/log.ts'
import { type Registry, type SpokeRecord, spokeRecordSchema, spokesAsShown, spokesMax } from './registry.ts'
import { checkNewToken, TokenCache, type TokenRecord, tokenRecordSchema } from './tokens.ts'

const tokenFilePattern = /^[0-9a-f]{64}\.json$/
/** Spokes are written at most this often: a report that is lost with the power comes again within a minute. */
const spokesWriteMs = 5000

export interface FileRegistryOptions {
  /** The hub's data_dir; `tokens/` and `spokes.json` are made inside. */
  dir: string
  log: Log
  /** Unix ms. */
  now?: () => number
}

export class FileRegistry implements Registry {
  readonly #dir: string
  readonly #log: Log
  readonly #now: () => number
  readonly #cache = new TokenCache(hash => this.#tokenAt(this.#tokenFile(hash)))
  readonly #spokesById = new Map<string, SpokeRecord>()
  #writeTimer: NodeJS.Timeout | undefined
  #writing: Promise<void> = Promise.resolve()

  private constructor({ dir, log, now = Date.now }: FileRegistryOptions) {
    this.#dir = dir
    this.#log = log
    this.#now = now
  }

  /** Writes nothing but the directories, so the command line may open it beside a running hub. @throws StoreUnavailableError */
  static async open(options: FileRegistryOptions): Promise<FileRegistry> {
    const registry = new FileRegistry(options)
    const tokensDir = join(options.dir, 'tokens')
    await stored(() => mkdir(tokensDir, { recursive: true, mode: 0o700 }))
    await stored(() => giveToOwner(tokensDir, options.dir))
    for (const spoke of await registry.#readSpokes()) registry.#spokesById.set(spoke.id, spoke)
    return registry
  }

  findToken(token: string): Promise<TokenRecord | undefined> {
    return this.#cache.find(token)
  }

  async tokens(): Promise<TokenRecord[]> {
    const files = await stored(() => readdir(join(this.#dir, 'tokens')))
    const records: TokenRecord[] = []
    // One after the other: a thousand files at once would be a thousand descriptors.
    for (const file of files.filter(name => tokenFilePattern.test(name))) {
      const record = await this.#tokenAt(join(this.#dir, 'tokens', file))
      if (record !== undefined) records.push(record)
    }
    return records.sort((a, b) => a.createdAt - b.createdAt)
  }

  async addToken(record: TokenRecord): Promise<void> {
    checkNewToken(record, await this.tokens())
    await writeWhole(this.#tokenFile(record.hash), JSON.stringify(record))
  }

  async removeToken(idOrName: string): Promise<TokenRecord | undefined> {
    const record = (await this.tokens()).find(({ id, name }) => id === idOrName || name === idOrName)
    if (record === undefined) return undefined
    await stored(() => rm(this.#tokenFile(record.hash), { force: true }))
    await stored(() => syncDirectory(join(this.#dir, 'tokens')))
    return record
  }

  spokeSeen(spoke: SpokeRecord): Promise<void> {
    if (!this.#spokesById.has(spoke.id) && this.#spokesById.size >= spokesMax) this.#forgetOldest()
    this.#spokesById.set(spoke.id, spoke)
    this.#writeTimer ??= setTimeout(() => void this.#writeSpokes(), spokesWriteMs)
    return Promise.resolve()
  }

  spokes(): Promise<SpokeRecord[]> {
    return Promise.resolve(spokesAsShown(this.#spokesById.values(), this.#now()))
  }

  /** Writes what is not yet written. */
  async close(): Promise<void> {
    if (this.#writeTimer !== undefined) void this.#writeSpokes()
    await this.#writing
  }

  #tokenFile(hash: string): string {
    return join(this.#dir, 'tokens', `${hash}.json`)
  }

  async #tokenAt(path: string): Promise<TokenRecord | undefined> {
    const record = await readChecked(path, tokenRecordSchema)
    if (record instanceof Error) this.#log.warn({ file: path }, 'A token file cannot be used; revoke it by deleting it')
    return record instanceof Error ? undefined : record
  }

  async #readSpokes(): Promise<SpokeRecord[]> {
    const path = join(this.#dir, 'spokes.json')
    const spokes = await readChecked(path, z.array(spokeRecordSchema).max(spokesMax))
    if (spokes instanceof Error) this.#log.warn({ file: path }, 'The list of spokes cannot be used; it begins anew')
    return spokes instanceof Error || spokes === undefined ? [] : spokes
  }

  #writeSpokes(): Promise<void> {
    clearTimeout(this.#writeTimer)
    this.#writeTimer = undefined
    const write = () => writeWhole(join(this.#dir, 'spokes.json'), JSON.stringify([...this.#spokesById.values()]))
    this.#writing = this.#writing
      .then(write)
      .catch((error: Error) => this.#log.warn({ reason: error.message }, 'The list of spokes could not be written'))
    return this.#writing
  }

  #forgetOldest(): void {
    let oldest: SpokeRecord | undefined
    for (const spoke of this.#spokesById.values())
      if (oldest === undefined || spoke.lastSeenAt < oldest.lastSeenAt) oldest = spoke
    if (oldest !== undefined) this.#spokesById.delete(oldest.id)
  }
}

/** The checked content of a JSON file; undefined when there is no file, an Error when its content is not as it should be. */
async function readChecked<T>(path: string, schema: z.ZodType<T>): Promise<T | undefined | Error> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw unavailable(error)
  }
  try {
    return schema.parse(JSON.parse(text))
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error))
  }
}

/** Replaces a file in one step, mode 0600, on disk when it resolves. @throws StoreUnavailableError */
async function writeWhole(path: string, text: string): Promise<void> {
  const temporary = `${path}.${randomBytes(6).toString('hex')}`
  try {
    const file = await open(temporary, 'wx', 0o600)
    try {
      await file.writeFile(text)
      await giveToOwner(temporary, dirname(path))
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(temporary, path)
    await syncDirectory(dirname(path))
  } catch (error) {
    await unlink(temporary).catch(() => {})
    throw unavailable(error)
  }
}

/** What root makes on the command line must be readable to the user the hub runs as: the owner of its folder. */
async function giveToOwner(path: string, ownedLike: string): Promise<void> {
  if (process.getuid?.() !== 0) return
  const { uid, gid } = await stat(ownedLike)
  await chown(path, uid, gid)
}

/** A file made, renamed or removed stays so only when its directory is on disk too. */
async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r')
  try {
    await directory.sync()
  } finally {
    await directory.close()
  }
}

async function stored<T>(action: () => Promise<T>): Promise<T> {
  try {
    return await action()
  } catch (error) {
    throw unavailable(error)
  }
}

function unavailable(error: unknown): StoreUnavailableError {
  const reason = error instanceof Error ? error.message : String(error)
  return new StoreUnavailableError(`the registry's files cannot be used: ${reason}`, { cause: error })
}
