// Puts a certificate and its private key on the disk: whole or not at all, and the key for nobody else, not for a moment.
import { randomBytes } from 'node:crypto'
import {
  closeSync,
  existsSync,
  fchmodSync,
  fchownSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import type { CertificatePair } from '#common/certificate.ts'

export interface TlsFiles {
  certPath: string
  keyPath: string
  /** What was there before, under its new name. */
  backups: string[]
  /** The room server may run as another user, who cannot read the key then. */
  isRoots: boolean
}

interface NewFile {
  path: string
  text: string
  mode: number
}

/**
 * Writes server.crt and server.key into `folder`, which is made when it is missing. Root gives them to the owner of the
 * folder. With `replace` older ones stay beside them, named after `now`; without it they are an error.
 * @throws Error that says what to do
 */
export function writeTlsFiles(folder: string, pair: CertificatePair, { replace = false, now = new Date() }): TlsFiles {
  const certPath = join(folder, 'server.crt')
  const keyPath = join(folder, 'server.key')
  const files = [
    { path: keyPath, text: pair.key, mode: 0o600 },
    { path: certPath, text: pair.cert, mode: 0o644 },
  ]
  const older = files.map(({ path }) => path).filter(existsSync)
  if (older.length > 0 && !replace)
    throw new Error(
      `nothing was changed, for there is ${older.join(' and ')} already: --force makes new ones, and keeps the old under another name`,
    )
  try {
    makeFolder(folder)
    const backups = replaceAll(files, { folder, older, now })
    return { certPath, keyPath, backups, isRoots: statSync(keyPath).uid === 0 }
  } catch (error) {
    throw plainError(error, folder)
  }
}

/** Step by step: mkdir's own recursion never ends where the system makes no folders, as in /proc. */
function makeFolder(folder: string): void {
  if (existsSync(folder)) return
  makeFolder(dirname(folder))
  mkdirSync(folder, { mode: 0o755 })
}

function replaceAll(
  files: readonly NewFile[],
  { folder, older, now }: { folder: string; older: readonly string[]; now: Date },
): string[] {
  const suffix = `.new-${randomBytes(6).toString('hex')}`
  try {
    const owner = statSync(folder)
    for (const { path, text, mode } of files) writeNew(`${path}${suffix}`, { text, mode, owner })
    const backups = older.map(path => keepOld(path, now))
    for (const { path } of files) renameSync(`${path}${suffix}`, path)
    syncFolder(folder)
    return backups
  } finally {
    for (const { path } of files) rmSync(`${path}${suffix}`, { force: true })
  }
}

/** By the open file: whoever may write in the folder must not put another one in its place meanwhile. */
function writeNew(
  path: string,
  { text, mode, owner }: { text: string; mode: number; owner: { uid: number; gid: number } },
): void {
  const file = openSync(path, 'wx', 0o600)
  try {
    writeSync(file, text)
    fchmodSync(file, mode)
    if (process.getuid?.() === 0) fchownSync(file, owner.uid, owner.gid)
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
}

/** As a second name of the same file, so that there is no moment without; where that cannot be, as its only one. */
function keepOld(path: string, now: Date): string {
  const backup = `${path}.old-${now.toISOString().replaceAll(/[-:]|\.\d+/g, '')}`
  try {
    linkSync(path, backup)
  } catch (error) {
    if (codeOf(error) === 'EEXIST') throw new Error(`${backup} exists already: try again in a second`)
    renameSync(path, backup)
  }
  return backup
}

function syncFolder(folder: string): void {
  const descriptor = openSync(folder, 'r')
  try {
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}

function plainError(error: unknown, folder: string): Error {
  const code = codeOf(error)
  if (code === undefined) return error instanceof Error ? error : new Error(String(error))
  return new Error(`cannot write in ${folder}: ${remedies.get(code) ?? code}`, { cause: error })
}

const notPermitted = 'not permitted; run it as root (sudo meshcore-room keygen), or name another folder with --dir'
const remedies: ReadonlyMap<string, string> = new Map([
  ['EACCES', notPermitted],
  ['EPERM', notPermitted],
  ['EROFS', 'the disk is read-only; name another folder with --dir'],
  ['ENOSPC', 'the disk is full'],
  ['EEXIST', 'it is a file, not a folder; name another one with --dir'],
  ['ENOENT', 'no folder can be made there; name another one with --dir'],
  ['ENOTDIR', 'part of it is a file, not a folder; name another one with --dir'],
])

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error ? String(error.code) : undefined
}
