// Is our certificate fit for TLS 1.3, and until when does it last?
import { X509Certificate } from 'node:crypto'
import { createSecureContext } from 'node:tls'
import { certificateFacts, daysLeft, soonDays } from '#common/certificate-facts.ts'
import type { TlsPair } from '#common/config/conf-rules.ts'
import { type Finding, sayer } from './finding.ts'

/** RFC 8446, section 4.2.3: what may sign a handshake. */
const keyTypes = new Set(['rsa', 'rsa-pss', 'ec', 'ed25519', 'ed448'])
const curves = new Set(['prime256v1', 'secp384r1', 'secp521r1'])
const renew =
  'make a new one (README.md, "Set it up") in the place of tls_cert and tls_key, and restart the room server'

/** That key and certificate belong together is a rule of the config. */
export function certificateFindings(pair: TlsPair | undefined, now: number): Finding[] {
  const say = sayer('certificate', 'certificate: ')
  if (pair === undefined) return []
  const certificate = new X509Certificate(pair.cert)
  const unfit = unfitness(pair, certificate)
  if (unfit !== undefined) return [say.fault(`tls_cert cannot be used: ${unfit}`, renew)]
  const facts = certificateFacts(certificate)
  const until = facts.validTo.slice(0, 10)
  const days = daysLeft(facts, now)
  if (now < Date.parse(facts.validFrom)) {
    const text = `is valid from ${facts.validFrom.slice(0, 10)} only, by the clock of this machine`
    return [say.warn(text, 'look at the clock above; peers that know its key link all the same')]
  }
  if (days < 0) {
    const text = `ended on ${until}; peers that know its key link all the same, other programs do not`
    return [say.warn(text, renew)]
  }
  if (days < soonDays) return [say.warn(`ends on ${until}, in ${days} days`, renew)]
  return [say.ok(`valid until ${until}, ${days} days`)]
}

function unfitness(pair: TlsPair, { publicKey }: X509Certificate): string | undefined {
  const { asymmetricKeyType: type = 'unknown', asymmetricKeyDetails: details } = publicKey
  const curve = details?.namedCurve
  if (!keyTypes.has(type)) return `TLS 1.3 has no keys of the type ${type}`
  if (curve !== undefined && !curves.has(curve)) return `TLS 1.3 has no keys on the curve ${curve}`
  try {
    createSecureContext({ ...pair, minVersion: 'TLSv1.3' })
    return undefined
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}
