// The registry of an embedded hub: one small file per token, so that the command line can change them while the hub runs, and
// one file each for the spokes seen and for those that wait.
import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Log } from '#common/log.ts'
import { type Cloned, pendingMax, type Registry, type SpokeRecord, spokesAsShown, spokesMax } from './registry.ts'
import { makeFolder, readChecked, stored, syncDirectory, writeWhole } from './small-files.ts'
import { SpokesFile } from './spokes-file.ts'
import { checkNewToken, TokenCache, type TokenRecord, tokenRecordSchema } from './tokens.ts'

const tokenFilePattern = /^[0-9a-f]{64}\.json$/

export interface FileRegistryOptions {
  /** The hub's data_dir; `tokens/`, `spokes.json` and `pending.json` are made inside. */
  dir: string
  log: Log
  /** Unix ms. */
  now?: () => number
}

interface Lists {
  seen: SpokesFile
  pending: SpokesFile
}

export class FileRegistry implements Registry {
  readonly #dir: string
  readonly #log: Log
  readonly #now: () => number
  readonly #lists: Lists
  readonly #cache = new TokenCache(hash => this.#tokenAt(this.#tokenFile(hash)))

  private constructor({ dir, log, now = Date.now }: FileRegistryOptions, lists: Lists) {
    this.#dir = dir
    this.#log = log
    this.#now = now
    this.#lists = lists
  }

  /** Writes nothing but the directories, so the command line may open it beside a running hub. @throws StoreUnavailableError */
  static async open(options: FileRegistryOptions): Promise<FileRegistry> {
    const { dir, log } = options
    await makeFolder(join(dir, 'tokens'), dir)
    const seen = await SpokesFile.open({ path: join(dir, 'spokes.json'), max: spokesMax, log })
    const pending = await SpokesFile.open({ path: join(dir, 'pending.json'), max: pendingMax, log })
    return new FileRegistry(options, { seen, pending })
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

  async spokeSeen(spoke: SpokeRecord): Promise<void> {
    const { seen, pending } = this.#lists
    const { cloned } = seen.get(spoke.id) ?? {}
    seen.set({ ...spoke, ...(cloned && { cloned }) })
    pending.delete(spoke.id)
  }

  async spokeCloned(id: string, cloned: Cloned): Promise<void> {
    const { seen } = this.#lists
    const spoke = seen.get(id)
    if (spoke !== undefined) seen.set({ ...spoke, cloned })
  }

  async spokePending(spoke: SpokeRecord): Promise<void> {
    this.#lists.pending.set(spoke)
  }

  async notPending(id: string): Promise<void> {
    this.#lists.pending.delete(id)
  }

  async forgetSpoke(id: string): Promise<void> {
    this.#lists.seen.delete(id)
    this.#lists.pending.delete(id)
  }

  async spokes(): Promise<SpokeRecord[]> {
    return spokesAsShown(this.#lists.seen.all(), this.#now())
  }

  async pending(): Promise<SpokeRecord[]> {
    return spokesAsShown(this.#lists.pending.all(), this.#now())
  }

  async close(): Promise<void> {
    await Promise.all([this.#lists.seen.close(), this.#lists.pending.close()])
  }

  #tokenFile(hash: string): string {
    return join(this.#dir, 'tokens', `${hash}.json`)
  }

  async #tokenAt(path: string): Promise<TokenRecord | undefined> {
    const record = await readChecked(path, tokenRecordSchema)
    if (record instanceof Error) this.#log.warn({ file: path }, 'A token file cannot be used; revoke it by deleting it')
    return record instanceof Error ? undefined : record
  }
}
