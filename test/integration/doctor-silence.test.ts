// A port that is open and says nothing, and one that takes TLS and then says nothing: told as that, in bounded time.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import test from 'node:test'
import { identityFromPem, newIdentityPem } from '#common/identity.ts'
import { realNetwork } from '#edge/doctor/network.ts'
import { examineTarget } from '#edge/doctor/target-check.ts'
import { targetsOf } from '#edge/doctor/targets.ts'
import { makeCertificate } from '#test/support/certificates.ts'
import { TlsHub } from '#test/support/tls-hub.ts'

const self = {
  identity: identityFromPem(newIdentityPem()),
  name: 'City A',
  role: 'edge',
  software: 'test',
  boot: 'test-boot-001',
  secret: 'x'.repeat(40),
  now: Date.now,
} as const

async function examined(port: number) {
  const peers = [{ name: 'City B', addr: { host: '127.0.0.1', port } }]
  const [target] = targetsOf({ hubs: [], peers } as unknown as Parameters<typeof targetsOf>[0])
  assert.ok(target)
  const signal = AbortSignal.timeout(30_000)
  const startedAt = performance.now()
  const parts = { self, rooms: ['main'], network: realNetwork(undefined, signal), signal }
  const { isProved, findings } = await examineTarget(target, parts)
  return { isProved, last: findings.at(-1), tookMs: performance.now() - startedAt }
}

test('nothing is said on an open port', async t => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close())
  const { isProved, last, tookMs } = await examined((server.address() as AddressInfo).port)
  assert.equal(isProved, false)
  assert.equal(last?.level, 'fault')
  assert.match(last?.text ?? '', /^peer "City B": the port is open, but no federation server speaks there in time$/)
  assert.ok(tookMs < 20_000, `${tookMs} ms`)
})

test('TLS is spoken, and then nothing', async () => {
  await using silent = await TlsHub.start({ certificate: makeCertificate({ names: ['127.0.0.1'] }) })
  const { last, tookMs } = await examined(silent.port)
  assert.match(last?.text ?? '', /the port is open, but no federation server speaks there in time/)
  assert.ok(tookMs < 20_000, `${tookMs} ms`)
})

test('only an older TLS is spoken', async () => {
  const certificate = makeCertificate({ names: ['127.0.0.1'] })
  await using old = await TlsHub.start({ certificate, maxVersion: 'TLSv1.2' })
  const { last } = await examined(old.port)
  assert.match(last?.text ?? '', /does not speak TLS 1\.3/)
})
