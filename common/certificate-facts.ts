// What is told of a certificate: the pin of its key, and for how long it is good.
import { createHash, X509Certificate } from 'node:crypto'
import type { CertificateStatus } from './status.ts'

export interface CertificateFacts {
  /** `sha256/` and the base64 of the SHA-256 of its public key (SPKI). */
  pin: string
  /** ISO times. */
  validFrom: string
  validTo: string
}

const dayMs = 86_400_000
/** With fewer days left somebody should think of the next one. */
export const soonDays = 30

/**
 * Of a PEM text (of several certificates the first), of DER, or of what a TLS socket has. A date that nobody can read
 * counts as 1970. @throws Error when it is no certificate, or its key is of a kind that is not known here
 */
export function certificateFacts(certificate: string | Uint8Array | X509Certificate): CertificateFacts {
  const x509 = certificate instanceof X509Certificate ? certificate : new X509Certificate(certificate)
  const key = x509.publicKey.export({ type: 'spki', format: 'der' })
  return {
    pin: `sha256/${createHash('sha256').update(key).digest('base64')}`,
    validFrom: isoTime(x509.validFromDate),
    validTo: isoTime(x509.validToDate),
  }
}

/** As certificateFacts, of what a stranger has shown: undefined where it cannot be read. */
export function certificateFactsIfAny(certificate: X509Certificate | undefined): CertificateFacts | undefined {
  try {
    return certificate && certificateFacts(certificate)
  } catch {
    return undefined
  }
}

/** As /status has it; `now` in Unix ms. */
export function certificateStatus(facts: CertificateFacts | null | undefined, now: number): CertificateStatus | null {
  return facts ? { ...facts, daysLeft: daysLeft(facts, now) } : null
}

/** Whole days until it ends at `now` (Unix ms): 0 on its last day, negative when it has ended. */
export function daysLeft({ validTo }: Pick<CertificateFacts, 'validTo'>, now: number): number {
  return Math.floor((Date.parse(validTo) - now) / dayMs)
}

function isoTime(date: Date): string {
  return new Date(Number.isNaN(date.getTime()) ? 0 : date).toISOString()
}
