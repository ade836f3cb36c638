// A disk of a few megabytes, in memory, that a test fills and empties again; gone when the test ends.
import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Cleanup } from './redis-server.ts'

const run = promisify(execFile)
const chunk = Buffer.alloc(64 * 1024, 'x')
const chunksMax = 4096

export class SmallDisk {
  /** For `startEdge` and `startHub`: its `data` is on the small disk. */
  readonly dir: string
  readonly #data: string

  private constructor(dir: string) {
    this.dir = dir
    this.#data = join(dir, 'data')
  }

  /** Needs root. */
  static async mount(test: Cleanup, megabytes: number): Promise<SmallDisk> {
    const disk = new SmallDisk(await mkdtemp(join(tmpdir(), 'mcfed-disk-')))
    await mkdir(disk.#data)
    await run('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m,mode=0700`, 'tmpfs', disk.#data])
    test.after(() => disk.#remove())
    return disk
  }

  /** Leaves not one page. */
  async fill(): Promise<void> {
    const file = await open(this.#filler, 'a')
    try {
      for (let n = 0; n < chunksMax; n += 1) await file.write(chunk)
      throw new Error('the disk does not get full')
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ENOSPC')) throw error
    } finally {
      await file.close()
    }
  }

  async empty(): Promise<void> {
    await rm(this.#filler)
  }

  get #filler(): string {
    return join(this.#data, 'filler')
  }

  async #remove(): Promise<void> {
    // What a dead process had open may go a moment later.
    await run('umount', ['--lazy', this.#data])
    await rm(this.dir, { recursive: true, force: true })
  }
}
