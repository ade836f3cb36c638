// `meshcore-room keygen`: the certificate, private key and secret that a server needs to link with others. No config is read.
import { randomBytes } from 'node:crypto'
import { hostname } from 'node:os'
import { resolve } from 'node:path'
import { type CertificatePair, selfSignedCertificate } from '#common/certificate.ts'
import { certificateFacts } from '#common/certificate-facts.ts'
import { parseWords, UsageError } from '#common/program.ts'
import { releasedAt } from '#common/version.ts'
import { type TlsFiles, writeTlsFiles } from '../tls-files.ts'

const usualFolder = '/etc/meshcore/tls'
const usualDays = 3650
const daysMax = 36_500
const namesMax = 64
const nameCharactersMax = 253
/** X.520: of the name that is shown to people. */
const commonNameMax = 64
const options = {
  dir: { type: 'string' },
  name: { type: 'string', multiple: true },
  days: { type: 'string' },
  force: { type: 'boolean' },
  secret: { type: 'boolean' },
} as const

interface Asked {
  folder: string
  names: string[]
  days: number
  replace: boolean
  secretOnly: boolean
}

export interface KeygenIo {
  words: readonly string[]
  print: (text: string) => void
}

/** `keygen [--dir DIR] [--name HOST]… [--days N] [--force]`, or `keygen --secret`. */
export async function keygenCommand({ words, print }: KeygenIo): Promise<number> {
  const asked = readWords(words)
  if (asked.secretOnly) {
    print(`${newSecret()}\n`)
    return 0
  }
  const now = new Date()
  if (now.getTime() < releasedAt)
    throw new Error(
      `the clock of this machine says ${now.toISOString()}, and the certificate would end too early: set it first (timedatectl)`,
    )
  const pair = makePair(asked, now)
  const files = writeTlsFiles(asked.folder, pair, { replace: asked.replace, now })
  print(describe(asked, pair, files))
  return 0
}

function makePair({ names, days }: Asked, now: Date): CertificatePair {
  try {
    const commonName = (names[0] ?? '').slice(0, commonNameMax)
    return selfSignedCertificate({ commonName, names, days, now: now.getTime() })
  } catch (error) {
    throw error instanceof RangeError ? new UsageError(`--name: ${error.message}`) : error
  }
}

function describe({ folder, names }: Asked, { cert }: CertificatePair, files: TlsFiles): string {
  const { pin, validTo } = certificateFacts(cert)
  const { certPath, keyPath, backups, isRoots } = files
  const lines = [
    `${certPath} and ${keyPath} are made, for ${names.join(', ')}. The certificate ends on ${validTo.slice(0, 10)}.`,
    ...backups.map(backup => `The old one is kept as ${backup}`),
    ...(isRoots ? [`They belong to root; give them to the user of the room server: chown -R meshcore: ${folder}`] : []),
    '',
    'For the section [federation] of room.conf:',
    '',
    `tls_cert = ${JSON.stringify(certPath)}`,
    `tls_key = ${JSON.stringify(keyPath)}`,
    '',
    'Its pin, by which the other servers know it:',
    '',
    pin,
    '',
    ...(backups.length > 0 ? replacedLines : secretLines()),
  ]
  return `${lines.join('\n')}\n`
}

const replacedLines = [
  'Restart the room server. The others know the old key, and refuse the new one until somebody compares the pin and',
  'says so at each of them: meshcore-room trust, with the name that this server has there.',
]

function secretLines(): string[] {
  return [
    'All servers of the federation share ONE secret. At the first of them take this new one; at all others the same as there,',
    'and forget this line:',
    '',
    `federation_secret = "${newSecret()}"`,
  ]
}

function newSecret(): string {
  return randomBytes(32).toString('hex')
}

function readWords(words: readonly string[]): Asked {
  const { values } = parseWords(words, { options })
  if (values.secret && words.length > 1)
    throw new UsageError('--secret prints a secret alone; give nothing else with it')
  const names = values.name ?? [hostname()]
  if (names.length > namesMax) throw new UsageError(`--name: at most ${namesMax} are possible`)
  const bad = names.find(name => name === '' || name.length > nameCharactersMax)
  if (bad !== undefined) throw new UsageError(`--name: must have 1 to ${nameCharactersMax} characters`)
  if (values.dir === '') throw new UsageError('--dir needs a folder')
  return {
    folder: resolve(values.dir ?? usualFolder),
    names,
    days: daysOf(values.days),
    replace: values.force === true,
    secretOnly: values.secret === true,
  }
}

function daysOf(text = String(usualDays)): number {
  const days = /^\d{1,5}$/.test(text) ? Number(text) : 0
  if (days < 1 || days > daysMax) throw new UsageError(`--days: must be a whole number from 1 to ${daysMax}`)
  return days
}
