// The rules both configs share that look beyond one value: at secrets, and at the files a config names.
import {
  type FileProbe,
  isWorldReadable,
  keyFitsCertificate,
  type PemResult,
  readCertificates,
  readPrivateKey,
  resolvePath,
} from './conf-files.ts'
import type { FaultList } from './read-conf.ts'
import { secretFault } from './secret.ts'
import type { KeyPath } from './toml.ts'

/** What a rule needs to look at files and to report. */
export interface RuleContext {
  /** The config itself. */
  file: string
  files: FileProbe
  faults: FaultList
}

/** PEM texts, checked, and of one pair. */
export interface TlsPair {
  cert: string
  key: string
}

/** A key of the config, the file it names, and how such a file is checked. */
export interface NamedPem {
  path: KeyPath
  named: string | undefined
  read: (path: string, files: FileProbe) => PemResult
}

/** Reports a federation secret that is missing or not fit. */
export function checkSecret({ faults }: RuleContext, path: KeyPath, secret: string | undefined): void {
  const reason = secretFault(secret)
  if (reason !== undefined) faults.add(path, reason)
}

/** Reads tls_cert and tls_key of the section at `path`; undefined when there are none, or a fault was added. */
export function readTlsPair(
  context: RuleContext,
  section: KeyPath,
  { tls_cert, tls_key }: { tls_cert?: string | undefined; tls_key?: string | undefined },
): TlsPair | undefined {
  const certPath = [...section, 'tls_cert']
  const keyPath = [...section, 'tls_key']
  if (tls_cert === undefined && tls_key === undefined) return undefined
  if (tls_cert === undefined) context.faults.add(certPath, 'is required with tls_key: give both or none')
  if (tls_key === undefined) context.faults.add(keyPath, 'is required with tls_cert: give both or none')
  const cert = readPem(context, { path: certPath, named: tls_cert, read: readCertificates })
  const key = readPem(context, { path: keyPath, named: tls_key, read: readPrivateKey })
  if (cert === undefined || key === undefined) return undefined
  if (keyFitsCertificate(key, cert)) return { cert, key }
  context.faults.add(keyPath, 'does not belong to tls_cert: the two files must be made together')
  return undefined
}

/** Reads the PEM file that a key names; undefined when it names none, or a fault was added. */
export function readPem({ file, files, faults }: RuleContext, { path, named, read }: NamedPem): string | undefined {
  if (named === undefined) return undefined
  const result = read(resolvePath(file, named), files)
  if ('pem' in result) return result.pem
  faults.add(path, result.problem)
  return undefined
}

/** A warning when a config with secrets in it may be read by every user of the machine. */
export function exposureWarnings({ file, files }: RuleContext, holdsSecrets: boolean): string[] {
  if (!holdsSecrets || !isWorldReadable(file, files)) return []
  return [`${file} holds secrets and every user of this machine may read it; mend it with: chmod 640 ${file}`]
}
