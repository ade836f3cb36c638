// `federation-hub export | import | backup`: what a command needs of the process, and its store, opened and closed.
import { open } from 'node:fs/promises'
import type { Readable, Writable } from 'node:stream'
import type { HubConf } from '#common/config/hub-conf.ts'
import type { Log } from '#common/log.ts'
import { exitCodes, stopSignal } from '#common/program.ts'
import { openStoreForCommand } from '../store/open-store.ts'
import { backUp, parseBackupArgs } from './backup-command.ts'
import { exportPosts, parseExportArgs } from './export-command.ts'
import { fileTrouble } from './file-trouble.ts'
import { type ImportArgs, importPosts, parseImportArgs } from './import-command.ts'
import { openPostSource } from './post-source.ts'

const postCommandWords = ['export', 'import', 'backup'] as const
export type PostCommand = (typeof postCommandWords)[number]

export function isPostCommand(command: string): command is PostCommand {
  return (postCommandWords as readonly string[]).includes(command)
}

export interface CommandProcess {
  stdin: Readable
  stdout: Writable
  tell: (text: string) => void
  /** For what only an operator should worry about. */
  log: Log
}

/** Gives the exit code. @throws UsageError, StoreUnavailableError, Error */
export function postCommand(
  command: PostCommand,
  { conf, words }: { conf: HubConf; words: readonly string[] },
  own: CommandProcess,
): Promise<number> {
  if (command === 'export') return exportTo(conf, words, own)
  if (command === 'import') return importFrom(conf, parseImportArgs(words), own)
  return backUp(conf, parseBackupArgs(words).file, own.tell)
}

async function exportTo(
  conf: HubConf,
  words: readonly string[],
  { stdout, tell, log }: CommandProcess,
): Promise<number> {
  const args = parseExportArgs(words, Date.now())
  const source = await openPostSource(conf, log)
  // Each write has a callback that is told of it.
  stdout.on('error', () => {})
  const write = (text: string) =>
    new Promise<void>((resolve, reject) => stdout.write(text, error => (error ? reject(error) : resolve())))
  try {
    return await exportPosts(args, source, { write, tell })
  } catch (error) {
    // Who reads has seen enough, as in `export … | head`.
    if (error instanceof Error && 'code' in error && error.code === 'EPIPE') return exitCodes.ok
    throw error
  } finally {
    await source.close()
  }
}

async function importFrom(conf: HubConf, args: ImportArgs, { stdin, tell, log }: CommandProcess): Promise<number> {
  const signal = stopSignal()
  const chunks = args.file === '-' ? stdin : await opened(args.file)
  const store = await openStoreForCommand(conf, log).catch(error => {
    chunks.destroy()
    throw conf.redis === undefined
      ? new Error(`${error.message}; without Redis stop the hub first`, { cause: error })
      : error
  })
  signal.addEventListener('abort', () => chunks.destroy(), { once: true })
  try {
    return await importPosts(args, chunks, { store, roomsMax: conf.limits.maxRooms, tell, signal })
  } finally {
    await store.close()
  }
}

/** Before the store, so that a wrong name is told first. */
async function opened(file: string): Promise<Readable> {
  const handle = await open(file).catch(error => {
    throw fileTrouble(`${file} cannot be read`, error)
  })
  return handle.createReadStream()
}
