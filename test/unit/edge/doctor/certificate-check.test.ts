// Our own certificate: dates warn, what TLS 1.3 cannot use is a fault.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'node:test'
import { selfSignedCertificate } from '#common/certificate.ts'
import { certificateFindings } from '#edge/doctor/certificate-check.ts'

const day = 86_400_000
const now = Date.UTC(2026, 11, 24, 20)
const pair = selfSignedCertificate({ commonName: 'City A', names: ['citya.example.com'], days: 100, now })
const at = (days: number) => certificateFindings(pair, now + days * day).map(({ level, text }) => `${level} ${text}`)

test('nothing to say without a certificate', () => {
  assert.deepEqual(certificateFindings(undefined, now), [])
})

test('its dates are told, and warned of from 30 days before its end', () => {
  assert.deepEqual(at(0), ['ok certificate: valid until 2027-04-03, 100 days'])
  assert.deepEqual(at(70), ['ok certificate: valid until 2027-04-03, 30 days'])
  assert.deepEqual(at(71), ['warn certificate: ends on 2027-04-03, in 29 days'])
  assert.match(at(101)[0] ?? '', /^warn certificate: ended on 2027-04-03; peers that know its key link all the same/)
  assert.match(at(-2)[0] ?? '', /^warn certificate: is valid from 2026-12-23 only, by the clock of this machine/)
})

test('a key on a curve that TLS 1.3 does not have is a fault', async t => {
  const dir = await mkdtemp(join(tmpdir(), 'mcfed-doctor-'))
  t.after(() => rm(dir, { recursive: true }))
  const args = 'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:secp256k1 -nodes -days 100 -subj /CN=a'.split(' ')
  execFileSync('openssl', [...args, '-keyout', join(dir, 'key'), '-out', join(dir, 'cert')], { stdio: 'ignore' })
  const old = { cert: readFileSync(join(dir, 'cert'), 'utf8'), key: readFileSync(join(dir, 'key'), 'utf8') }
  const [finding] = certificateFindings(old, Date.now())
  assert.equal(finding?.level, 'fault')
  assert.match(finding?.text ?? '', /tls_cert cannot be used: TLS 1\.3 has no keys on the curve secp256k1/)
  assert.match(finding?.advice ?? '', /^make a new one/)
})
