import assert from 'node:assert/strict'
import { createHash, X509Certificate } from 'node:crypto'
import { test } from 'node:test'
import { selfSignedCertificate } from '#common/certificate.ts'
import { certificateFacts, daysLeft } from '#common/certificate-facts.ts'

const dayMs = 86_400_000
const now = Date.UTC(2026, 10, 25)
const pair = selfSignedCertificate({ commonName: 'City A', names: ['a.example'], days: 30, now })

test('the same facts of PEM, of DER and of a certificate object', () => {
  const x509 = new X509Certificate(pair.cert)
  const spki = x509.publicKey.export({ type: 'spki', format: 'der' })
  const facts = certificateFacts(pair.cert)
  assert.deepEqual(facts, {
    pin: `sha256/${createHash('sha256').update(spki).digest('base64')}`,
    validFrom: '2026-11-24T00:00:00.000Z',
    validTo: '2026-12-25T00:00:00.000Z',
  })
  assert.deepEqual(certificateFacts(x509.raw), facts)
  assert.deepEqual(certificateFacts(x509), facts)
})

test('of several certificates in a file the first counts: it is the one that is shown', () => {
  const other = selfSignedCertificate({ commonName: 'CA', names: [], days: 1, now })
  assert.deepEqual(certificateFacts(pair.cert + other.cert), certificateFacts(pair.cert))
})

test('what is no certificate is an error', () => {
  assert.throws(() => certificateFacts('no certificate'))
})

test('days are whole ones: 0 on the last day, negative afterwards', () => {
  const facts = certificateFacts(pair.cert)
  assert.equal(daysLeft(facts, now), 30)
  assert.equal(daysLeft(facts, now + 1), 29)
  assert.equal(daysLeft(facts, now + 30 * dayMs), 0)
  assert.equal(daysLeft(facts, now + 30 * dayMs + 1), -1)
})
