// Certificates for tests, the demo and the bench: one authority per process, and as many certificates under it as needed.
import { type CertificatePair, selfSignedCertificate } from '#common/certificate.ts'

let authority: CertificatePair | undefined

/** A certificate authority, made once per process. */
export function testAuthority(): CertificatePair {
  authority ??= selfSignedCertificate({ commonName: 'Test authority', names: [], days: 30, authority: true })
  return authority
}

/** A certificate for DNS names and addresses, signed by `ca` or, without one, by itself. */
export function makeCertificate({ names, ca }: { names: readonly string[]; ca?: CertificatePair }): CertificatePair {
  return selfSignedCertificate({ commonName: names[0] ?? 'test', names, days: 90, ...(ca === undefined ? {} : { ca }) })
}
