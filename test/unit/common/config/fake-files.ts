// Files of a config that exist only in a test, and what a test asks about the faults found.
import { generateKeyPairSync } from 'node:crypto'
import { selfSignedCertificate } from '#common/certificate.ts'
import type { FileProbe } from '#common/config/conf-files.ts'
import { ConfigError, type Fault } from '#common/errors.ts'
import { newIdentityPem } from '#common/identity.ts'

export interface FakeFile {
  text: string
  /** Default 0o600. */
  mode?: number
}

export const secret = '0123456789abcdef'.repeat(4)
export const pair = selfSignedCertificate({ commonName: 'test', names: ['localhost'], days: 30 })
export const otherKey = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
export const identityPem = newIdentityPem()

/** The files the samples name. */
const usualFiles: Record<string, FakeFile> = {
  '/etc/meshcore/tls/server.crt': { text: pair.cert, mode: 0o644 },
  '/etc/meshcore/tls/server.key': { text: pair.key },
  '/etc/meshcore/tls/hub-ca.crt': { text: pair.cert, mode: 0o644 },
  '/etc/federation-hub/tls/server.crt': { text: pair.cert, mode: 0o644 },
  '/etc/federation-hub/tls/server.key': { text: pair.key },
  '/etc/federation-hub/identity.pem': { text: identityPem },
}

export function fakeFiles(more: Record<string, FakeFile> = {}): FileProbe {
  const filesByPath = new Map(Object.entries({ ...usualFiles, ...more }))
  return {
    read(path) {
      const file = filesByPath.get(path)
      if (file === undefined) return { problem: 'does not exist', missing: true }
      return { bytes: Buffer.from(file.text), mode: file.mode ?? 0o600 }
    },
  }
}

/** The faults that `parse` throws; an empty list when it throws nothing. Other errors pass through. */
export function faultsOf(parse: () => unknown): readonly Fault[] {
  try {
    parse()
    return []
  } catch (error) {
    if (error instanceof ConfigError) return error.faults
    throw error
  }
}

/** Each fault as `line key`, to compare many at once. */
export function places(faults: readonly Fault[]): string[] {
  return faults.map(({ line, key }) => `${line} ${key}`)
}
