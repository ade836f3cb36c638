// A list of spokes in memory and in one file, which only the running hub writes while it runs.
import { z } from 'zod'
import type { Log } from '#common/log.ts'
import { type SpokeRecord, spokeRecordSchema } from './registry.ts'
import { readChecked, writeWhole } from './small-files.ts'

/** It is written at most this often: a report that is lost with the power comes again within a minute. */
const writeMs = 5000

export interface SpokesFileOptions {
  path: string
  /** Beyond so many the one not seen for longest is forgotten. */
  max: number
  log: Log
}

export class SpokesFile {
  readonly #o: SpokesFileOptions
  readonly #byId = new Map<string, SpokeRecord>()
  #timer: NodeJS.Timeout | undefined
  #writing: Promise<void> = Promise.resolve()

  private constructor(options: SpokesFileOptions) {
    this.#o = options
  }

  /** @throws StoreUnavailableError */
  static async open(options: SpokesFileOptions): Promise<SpokesFile> {
    const file = new SpokesFile(options)
    const { path, max, log } = options
    const spokes = await readChecked(path, z.array(spokeRecordSchema).max(max))
    if (spokes instanceof Error) log.warn({ file: path }, 'The list of spokes cannot be used; it begins anew')
    else for (const spoke of spokes ?? []) file.#byId.set(spoke.id, spoke)
    return file
  }

  get(id: string): SpokeRecord | undefined {
    return this.#byId.get(id)
  }

  all(): Iterable<SpokeRecord> {
    return this.#byId.values()
  }

  set(spoke: SpokeRecord): void {
    if (!this.#byId.has(spoke.id) && this.#byId.size >= this.#o.max) this.#forgetOldest()
    this.#byId.set(spoke.id, spoke)
    this.#writeSoon()
  }

  delete(id: string): void {
    if (this.#byId.delete(id)) this.#writeSoon()
  }

  /** Writes what is not yet written. */
  async close(): Promise<void> {
    if (this.#timer !== undefined) void this.#write()
    await this.#writing
  }

  #writeSoon(): void {
    this.#timer ??= setTimeout(() => void this.#write(), writeMs)
  }

  #write(): Promise<void> {
    clearTimeout(this.#timer)
    this.#timer = undefined
    const { path, log } = this.#o
    this.#writing = this.#writing
      .then(() => writeWhole(path, JSON.stringify([...this.#byId.values()])))
      .catch((error: Error) => log.warn({ reason: error.message }, 'The list of spokes could not be written'))
    return this.#writing
  }

  #forgetOldest(): void {
    let oldest: SpokeRecord | undefined
    for (const spoke of this.#byId.values())
      if (oldest === undefined || spoke.lastSeenAt < oldest.lastSeenAt) oldest = spoke
    if (oldest !== undefined) this.#byId.delete(oldest.id)
  }
}
