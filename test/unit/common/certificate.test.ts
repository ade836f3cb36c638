// Certificates are right when other programs' verifiers say so: Node's X.509 reader, a real TLS 1.3 handshake, and openssl.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { createPrivateKey, generateKeyPairSync, X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { type TestContext } from 'node:test'
import { connect, createServer } from 'node:tls'
import { type CertificatePair, selfSignedCertificate } from '#common/certificate.ts'
import { makeCertificate, testAuthority } from '#test/support/certificates.ts'

const dayMs = 86_400_000
const names = [
  'hub.example.com',
  '*.example.org',
  'münchen.example',
  '127.0.0.1',
  '::1',
  '2001:db8::1:0:2',
  '::ffff:1.2.3.4',
]

/** Connects to a server with this certificate; resolves to the protocol, rejects as a client would. */
async function handshake(pair: CertificatePair, ca: string, servername: string): Promise<string | null> {
  const server = createServer({ ...pair, minVersion: 'TLSv1.3' }, socket => socket.end())
  server.on('tlsClientError', () => {})
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const socket = connect({ port, host: '127.0.0.1', ca, servername })
  try {
    await once(socket, 'secureConnect', { signal: AbortSignal.timeout(5000) })
    return socket.getProtocol()
  } finally {
    socket.destroy()
    server.close()
  }
}

test('a self-signed certificate carries its names, validity and key', () => {
  const now = Date.UTC(2030, 0, 10, 12)
  const pair = selfSignedCertificate({ commonName: 'Zürich', names, days: 10, now })
  const certificate = new X509Certificate(pair.cert)
  assert.equal(certificate.subject, 'CN=Zürich')
  assert.equal(certificate.issuer, certificate.subject)
  assert.equal(certificate.ca, false)
  assert.ok(certificate.verify(certificate.publicKey))
  assert.ok(certificate.checkPrivateKey(createPrivateKey(pair.key)))
  assert.equal(certificate.validFromDate.getTime(), now - dayMs)
  assert.equal(certificate.validToDate.getTime(), now + 10 * dayMs)
  assert.equal(certificate.checkHost('hub.example.com'), 'hub.example.com')
  assert.equal(certificate.checkHost('a.example.org'), '*.example.org')
  assert.equal(certificate.checkHost('xn--mnchen-3ya.example'), 'xn--mnchen-3ya.example')
  assert.equal(certificate.checkHost('other.example.com'), undefined)
  for (const address of ['127.0.0.1', '::1', '2001:db8:0:0:0:1:0:2', '::ffff:102:304'])
    assert.equal(certificate.checkIP(address), address)
  assert.equal(certificate.checkIP('127.0.0.2'), undefined)
})

test('a certificate valid beyond 2049 keeps its end', () => {
  const now = Date.UTC(2048, 0, 1)
  const { cert } = selfSignedCertificate({ commonName: 'late', names: [], days: 3650, now })
  assert.equal(new X509Certificate(cert).validToDate.getTime(), now + 3650 * dayMs)
})

test('a certificate signed by an authority names it as its issuer', () => {
  const ca = testAuthority()
  const authority = new X509Certificate(ca.cert)
  const certificate = new X509Certificate(makeCertificate({ names: ['hub.test'], ca }).cert)
  assert.equal(authority.ca, true)
  assert.ok(certificate.checkIssued(authority))
  assert.ok(certificate.verify(authority.publicKey))
  assert.equal(certificate.issuer, 'CN=Test authority')
})

test('TLS 1.3 trusts a certificate by its authority', async () => {
  const ca = testAuthority()
  const pair = makeCertificate({ names: ['hub.test', '127.0.0.1'], ca })
  assert.equal(await handshake(pair, ca.cert, 'hub.test'), 'TLSv1.3')
  await assert.rejects(handshake(pair, ca.cert, 'other.test'), { code: 'ERR_TLS_CERT_ALTNAME_INVALID' })
  const stranger = makeCertificate({ names: ['hub.test'] })
  await assert.rejects(handshake(pair, stranger.cert, 'hub.test'), { code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' })
})

test('TLS 1.3 trusts a self-signed certificate that is its own authority', async () => {
  const pair = makeCertificate({ names: ['hub.test'] })
  assert.equal(await handshake(pair, pair.cert, 'hub.test'), 'TLSv1.3')
  const stranger = makeCertificate({ names: ['hub.test'] })
  await assert.rejects(handshake(pair, stranger.cert, 'hub.test'), { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' })
})

test('what no certificate can carry is refused', () => {
  const good = { commonName: 'a', names: [], days: 1 }
  assert.throws(() => selfSignedCertificate({ ...good, commonName: '' }), RangeError)
  assert.throws(() => selfSignedCertificate({ ...good, commonName: 'a'.repeat(65) }), RangeError)
  assert.throws(() => selfSignedCertificate({ ...good, days: 0 }), RangeError)
  assert.throws(() => selfSignedCertificate({ ...good, names: ['not a name'] }), RangeError)
  const { privateKey } = generateKeyPairSync('ed25519')
  const key = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
  assert.throws(() => selfSignedCertificate({ ...good, ca: { cert: testAuthority().cert, key } }), TypeError)
})

if (spawnSync('openssl', ['version']).status === 0)
  test('openssl reads and verifies the certificates strictly', opensslReads)

async function opensslReads(t: TestContext): Promise<void> {
  const dir = await mkdtemp(join(tmpdir(), 'certificate-'))
  t.after(() => rm(dir, { recursive: true }))
  const ca = testAuthority()
  await writeFile(join(dir, 'ca.crt'), ca.cert)
  await writeFile(join(dir, 'server.crt'), makeCertificate({ names, ca }).cert)
  const run = (...args: string[]) => spawnSync('openssl', args, { cwd: dir, encoding: 'utf8', timeout: 10_000 })
  const text = run('x509', '-in', 'server.crt', '-noout', '-text').stdout
  assert.match(text, /Version: 3/)
  assert.match(text, /Key Usage: critical\s+Digital Signature\n/)
  assert.match(
    text,
    /DNS:hub\.example\.com, DNS:\*\.example\.org, DNS:xn--mnchen-3ya\.example, IP Address:127\.0\.0\.1/,
  )
  assert.match(text, /TLS Web Server Authentication, TLS Web Client Authentication/)
  const verified = run('verify', '-x509_strict', '-purpose', 'sslserver', '-CAfile', 'ca.crt', 'server.crt')
  assert.equal(verified.stdout, 'server.crt: OK\n', verified.stderr)
}
