// `federation-hub backup`: all that an embedded hub keeps in data_dir, as one tar file, while the hub runs.
import { execFile } from 'node:child_process'
import { chmod, cp, lstat, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { promisify } from 'node:util'
import type { HubConf } from '#common/config/hub-conf.ts'
import { UsageError } from '#common/program.ts'
import { copyDatabase } from '#common/sqlite/sqlite-look.ts'
import { sizeWords } from '#common/words.ts'
import { databaseName } from '../store/embedded-store.ts'
import { fileTrouble } from './file-trouble.ts'

const backupUsage = 'usage: federation-hub backup FILE'

const tarDeadlineMs = 600_000

/** The words behind `backup`. @throws UsageError */
export function parseBackupArgs(words: readonly string[]): { file: string } {
  const [file, ...more] = words
  if (file === undefined || more.length > 0 || file.startsWith('-'))
    throw new UsageError('say into which file', backupUsage)
  return { file }
}

/**
 * The database as it is at one moment, and the small files beside it. Needs room for the database twice beside `file`, for a moment.
 * Gives the exit code. @throws Error that says what cannot be read or written
 */
export async function backUp(
  { dataDir, redis, identityPath, file: confFile }: HubConf,
  file: string,
  tell: (text: string) => void,
) {
  if (redis !== undefined) {
    tell('This hub keeps its rooms in Redis: back that up, hub/README.md, "Upgrade and back-up"\n')
    return 1
  }
  const target = resolve(file)
  if (await lstat(target).catch(() => undefined)) throw new Error(`${target} is there already: choose another name`)
  const folder = `${target}.partial`
  await rm(folder, { recursive: true, force: true })
  // All of it comes to be in here: nobody else may look, nor have a link lie where something is going to be written.
  await mkdir(folder, { mode: 0o700 }).catch(error => {
    throw fileTrouble(`nothing can be written in ${dirname(target)}`, error)
  })
  try {
    const copy = join(folder, 'copy')
    await mkdir(copy, { mode: 0o700 })
    await copyDatabase(join(dataDir, databaseName), join(copy, databaseName))
    await copyBeside(dataDir, copy)
    const packed = join(folder, 'packed.tar')
    await promisify(execFile)('tar', ['-cf', packed, '-C', copy, '.'], { timeout: tarDeadlineMs })
    await chmod(packed, 0o600)
    await onDisk(packed)
    await rename(packed, target)
    await onDisk(dirname(target))
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
  const size = sizeWords((await stat(target)).size)
  const identity = identityPath === undefined ? '' : ` and ${identityPath}`
  tell(`${target}: ${size}, of ${dataDir}. Not in it: ${confFile}${identity}, and the certificate. Keep it secret\n`)
  return 0
}

/** Tokens, spokes, and whatever else there is, but the database and what belongs to it, and files that are just being written. */
async function copyBeside(from: string, to: string): Promise<void> {
  const names = (await readdir(from)).filter(name => !name.startsWith(databaseName))
  for (const name of names)
    await cp(join(from, name), join(to, name), { recursive: true, preserveTimestamps: true }).catch(ifGone)
}

/** A file that was renamed into its place meanwhile is read under its new name, or comes with the next back-up. */
function ifGone(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOENT') throw error
}

async function onDisk(path: string): Promise<void> {
  const handle = await open(path, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
