// The rights of an embedded hub's spokes: one small file each, so that the command line changes them beside the running hub,
// and one that is another after every change.
import { randomBytes } from 'node:crypto'
import { readdir, readFile, rm } from 'node:fs/promises'
import { basename, join } from 'node:path'
import type { Log } from '#common/log.ts'
import { oneByOne } from '#common/one-by-one.ts'
import { makeFolder, readChecked, stored, syncDirectory, writeWhole } from '../registry/small-files.ts'
import { damagedRights, rightsMax, type SpokeRights, spokeRightsSchema, tooManyRights } from './rights.ts'
import type { RightsStore } from './rights-store.ts'

const filePattern = /^[0-9a-f]{64}\.json$/
const versionFile = 'version'

export class FileRights implements RightsStore {
  readonly losesWrites = false
  readonly #dir: string
  readonly #log: Log
  readonly #inTurn = oneByOne()

  private constructor(dir: string, log: Log) {
    this.#dir = dir
    this.#log = log
  }

  /** `dir`: the hub's data_dir; `rights/` is made inside. @throws StoreUnavailableError */
  static async open({ dir, log }: { dir: string; log: Log }): Promise<FileRights> {
    const path = join(dir, 'rights')
    await makeFolder(path, dir)
    return new FileRights(path, log)
  }

  async version(): Promise<string> {
    const path = join(this.#dir, versionFile)
    return stored(() => readFile(path, 'utf8').catch(noFile))
  }

  async all(): Promise<SpokeRights[]> {
    const records: SpokeRights[] = []
    // One after the other: thousands of files at once would be thousands of descriptors.
    for (const file of await this.#files()) {
      const record = await this.#read(join(this.#dir, file))
      if (record !== undefined) records.push(record)
    }
    return records
  }

  /** By the API one after the other; of the command line and the API at the same moment the later one counts. */
  update(id: string, change: (before: SpokeRights | undefined) => SpokeRights): Promise<SpokeRights> {
    return this.#inTurn(() => this.#update(id, change))
  }

  async #update(id: string, change: (before: SpokeRights | undefined) => SpokeRights): Promise<SpokeRights> {
    const path = this.#fileOf(id)
    const before = await this.#read(path)
    const after = change(before)
    if (before === undefined && (await this.#files()).length >= rightsMax) throw tooManyRights()
    await writeWhole(path, JSON.stringify(after))
    await this.#changed()
    return after
  }

  async remove(record: SpokeRights): Promise<void> {
    const path = this.#fileOf(record.id)
    if ((await this.#read(path))?.at !== record.at) return
    await stored(() => rm(path, { force: true }))
    await stored(() => syncDirectory(this.#dir))
    await this.#changed()
  }

  /** Ids are told apart by upper and lower case, files are not everywhere. */
  #fileOf(id: string): string {
    return join(this.#dir, `${Buffer.from(id, 'base64url').toString('hex')}.json`)
  }

  async #files(): Promise<string[]> {
    const files = await stored(() => readdir(this.#dir))
    return files.filter(name => filePattern.test(name))
  }

  async #read(path: string): Promise<SpokeRights | undefined> {
    const record = await readChecked(path, spokeRightsSchema)
    if (!(record instanceof Error)) return record
    const id = Buffer.from(basename(path, '.json'), 'hex').toString('base64url')
    this.#log.warn(
      { file: path, spoke: id },
      'A file with the rights of a spoke is damaged: it is refused until somebody decides again',
    )
    return damagedRights(id)
  }

  #changed(): Promise<void> {
    return writeWhole(join(this.#dir, versionFile), randomBytes(9).toString('base64url'))
  }
}

function noFile(error: unknown): string {
  if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return ''
  throw error
}
