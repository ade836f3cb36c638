// Checks on the files a config names: readable, of the right kind, private where they must be.
import { createPrivateKey, X509Certificate } from 'node:crypto'
import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { ConfigError } from '../errors.ts'
import { identityFromPem } from '../identity.ts'

export interface FoundFile {
  bytes: Uint8Array
  /** Permission bits, 0 to 0o777. */
  mode: number
  /** It is root's, and we are not: the right of its group is how a program without privileges gets at it. */
  lentByRoot?: boolean
}

export interface UnreadFile {
  /** What is wrong, as the rest of a sentence that begins with the file's name. */
  problem: string
  missing: boolean
}

/** The only way in which the config reader sees files; a test brings its own. */
export interface FileProbe {
  /** Reads a regular file of at most 1 MiB. Never throws, never waits. */
  read(path: string): FoundFile | UnreadFile
}

/** The text of a checked PEM file, or what is wrong with it and how to mend it. */
export type PemResult = { pem: string } | { problem: string }

const fileBytesMax = 1024 * 1024
const certificateBlock = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g

export const realFiles: FileProbe = { read: readRealFile }

function readRealFile(path: string): FoundFile | UnreadFile {
  try {
    // Without O_NONBLOCK opening a FIFO waits for a writer.
    const descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
    try {
      const stat = fstatSync(descriptor)
      if (!stat.isFile()) return { problem: 'is not a regular file', missing: false }
      if (stat.size > fileBytesMax) return { problem: `is larger than ${fileBytesMax} bytes`, missing: false }
      const lentByRoot = stat.uid === 0 && process.getuid?.() !== 0
      return { bytes: readFileSync(descriptor), mode: stat.mode & 0o777, lentByRoot }
    } finally {
      closeSync(descriptor)
    }
  } catch (error) {
    return unreadFile(error)
  }
}

function unreadFile(error: unknown): UnreadFile {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error'
  if (code === 'ENOENT' || code === 'ENOTDIR') return { problem: 'does not exist', missing: true }
  if (code === 'EACCES' || code === 'EPERM') {
    const advice = "run this as root or as the program's own user, or give it the file with chown"
    return { problem: `may not be read by this user: ${advice}`, missing: false }
  }
  return { problem: `cannot be read (${code})`, missing: false }
}

/** The text of a config file. @throws ConfigError when it cannot be read or is not UTF-8. */
export function readConfText(file: string, files: FileProbe): string {
  const found = files.read(file)
  if ('problem' in found) throw new ConfigError([{ file, line: 1, key: 'file', reason: found.problem }])
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(found.bytes)
  } catch {
    throw new ConfigError([{ file, line: 1, key: 'file', reason: 'is not UTF-8 text; save it as UTF-8' }])
  }
}

/** Relative paths in a config start from the config's own folder, wherever the program was started. */
export function resolvePath(file: string, path: string): string {
  return resolve(dirname(file), path)
}

/** True when every user of this machine may read the file. */
export function isWorldReadable(file: string, files: FileProbe): boolean {
  const found = files.read(file)
  return !('problem' in found) && (found.mode & 0o004) !== 0
}

/** A PEM file of one or more certificates. */
export function readCertificates(path: string, files: FileProbe): PemResult {
  const found = files.read(path)
  if ('problem' in found) return { problem: `${path} ${found.problem}` }
  const pem = Buffer.from(found.bytes).toString('utf8')
  const blocks = pem.match(certificateBlock) ?? []
  if (blocks.length === 0) return { problem: `${path} holds no certificate in PEM form (-----BEGIN CERTIFICATE-----)` }
  try {
    for (const block of blocks) new X509Certificate(block)
    return { pem }
  } catch {
    return { problem: `${path} holds a damaged certificate; copy or make it again` }
  }
}

/** A PEM file of one private key, readable by its owner only; or root's and of our group, as Kubernetes mounts a secret. */
export function readPrivateKey(path: string, files: FileProbe): PemResult {
  const found = files.read(path)
  if ('problem' in found) return { problem: `${path} ${found.problem}` }
  if ((found.mode & (found.lentByRoot ? 0o037 : 0o077)) !== 0) {
    const mode = found.mode.toString(8).padStart(4, '0')
    return { problem: `the private key ${path} is open to other users (mode ${mode}); mend it with: chmod 600 ${path}` }
  }
  const pem = Buffer.from(found.bytes).toString('utf8')
  if (pem.includes('ENCRYPTED')) {
    return { problem: `the private key ${path} has a passphrase, which nobody could type in; make one with -nodes` }
  }
  try {
    createPrivateKey(pem)
    return { pem }
  } catch {
    return { problem: `${path} holds no private key in PEM form (-----BEGIN PRIVATE KEY-----)` }
  }
}

/** True when the first certificate of `cert` was made for the private key. Both are PEM texts that were checked. */
export function keyFitsCertificate(key: string, cert: string): boolean {
  return new X509Certificate(cert).checkPrivateKey(createPrivateKey(key))
}

/** What is wrong with the key file of a server's identity, or undefined. */
export function identityProblem(path: string, files: FileProbe): string | undefined {
  const howTo = `make one with: openssl genpkey -algorithm ed25519 -out ${path}`
  if (!fileExists(path, files)) return `${path} does not exist; ${howTo}`
  const key = readPrivateKey(path, files)
  if ('problem' in key) return key.problem
  try {
    identityFromPem(key.pem)
    return undefined
  } catch {
    return `${path} is not an Ed25519 key; ${howTo}`
  }
}

export function fileExists(path: string, files: FileProbe): boolean {
  const found = files.read(path)
  return !('problem' in found) || !found.missing
}
