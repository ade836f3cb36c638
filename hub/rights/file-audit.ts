// The audit trail of an embedded hub: a file that is only appended to, and the one before it.
import { type FileHandle, open, readFile, rename, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { type AuditEntry, auditEntrySchema } from '#common/audit-entry.ts'
import { fromJson } from '#common/json.ts'
import { oneByOne } from '#common/one-by-one.ts'
import { giveToOwner, stored } from '../registry/small-files.ts'
import { type AuditTrail, auditMax } from './audit.ts'

/** About half of `auditMax` entries; with the file before it as many as are wanted. */
const bytesMax = 1024 * 1024

export class FileAudit implements AuditTrail {
  readonly #path: string
  /** One after the other: of two that find the file full the second would put a new one in the place of the old. */
  readonly #inTurn = oneByOne()

  /** `dir`: the hub's data_dir. */
  constructor(dir: string) {
    this.#path = join(dir, 'audit.ndjson')
  }

  /** A line is written in one piece: the command line does so beside the hub. */
  add(entry: AuditEntry): Promise<void> {
    return this.#inTurn(() => stored(() => this.#add(entry)))
  }

  async #add(entry: AuditEntry): Promise<void> {
    if ((await sizeOf(this.#path)) >= bytesMax) await rename(this.#path, this.#older)
    const file = await open(this.#path, 'a+', 0o600)
    try {
      await giveToOwner(this.#path, dirname(this.#path))
      // A disk that was full has kept the begin of a line: it must not spoil this one.
      const begin = (await endsWithin(file)) ? '\n' : ''
      await file.write(`${begin}${JSON.stringify(entry)}\n`)
      await file.sync()
    } finally {
      await file.close()
    }
  }

  async newest(limit: number): Promise<AuditEntry[]> {
    const texts = await stored(() => Promise.all([this.#older, this.#path].map(textOf)))
    const lines = texts.flatMap(text => text.split('\n')).filter(line => line !== '')
    return lines.slice(-Math.min(limit, auditMax)).flatMap(line => fromJson(auditEntrySchema, line) ?? [])
  }

  get #older(): string {
    return `${this.#path}.1`
  }
}

async function sizeOf(path: string): Promise<number> {
  return stat(path).then(
    ({ size }) => size,
    () => 0,
  )
}

/** In the middle of a line. */
async function endsWithin(file: FileHandle): Promise<boolean> {
  const { size } = await file.stat()
  const last = Buffer.alloc(1)
  await file.read(last, 0, 1, Math.max(0, size - 1))
  return size > 0 && last[0] !== 10
}

async function textOf(path: string): Promise<string> {
  return readFile(path, 'utf8').catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return ''
    throw error
  })
}
