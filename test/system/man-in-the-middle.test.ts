// Somebody between an edge and its hub speaks TLS to both: whatever certificate he has, the proofs do not fit.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodeFrame } from '#common/protocol/codec.ts'
import { makeCertificate, testAuthority } from '#test/support/certificates.ts'
import { freeEdgePorts, startEdge, startHub } from '#test/support/programs.ts'
import { proveAnyway } from '#test/support/prove-anyway.ts'
import { TlsRelay } from '#test/support/tls-relay.ts'
import { waitFor } from '#test/support/wait-for.ts'

const conf = { federation: { reconnect_max_seconds: 1 } }
const names = ['127.0.0.1']
const wrongProof = 'wrong federation secret, or somebody between us speaks TLS for the other end'

function framesOf({ seen }: TlsRelay, way: 'up' | 'down'): string[] {
  return seen.filter(frame => frame.way === way).map(({ frame }) => decodeFrame(frame)?.t ?? '?')
}

test('an edge gives no proof to a man in the middle, though he has a certificate that it accepts', async () => {
  await using hub = await startHub()
  const certificate = makeCertificate({ names, ca: testAuthority() })
  await using relay = await TlsRelay.start({ target: hub, certificate })
  await using edge = await startEdge({ hubs: [relay], conf })
  await edge.waitForLine(new RegExp(`^\\[WARN\\] no link to the hub: ${wrongProof}; posts are kept and sent later$`))
  await hub.waitForLine(new RegExp(`^\\[WARN\\] link from 127\\.0\\.0\\.1:\\d+ refused: ${wrongProof}$`))
  await edge.post('kept')
  assert.doesNotMatch(framesOf(relay, 'up').join(), /proof/)
  assert.deepEqual(framesOf(relay, 'down').slice(0, 2), ['hello', 'proof'])
  assert.deepEqual((await hub.status()).rooms, [])
  assert.deepEqual((await hub.status()).peers, [])
})

test('a hub takes no proof that was made for another TLS connection', async () => {
  await using hub = await startHub()
  await using relay = await TlsRelay.start({
    target: hub,
    certificate: makeCertificate({ names, ca: testAuthority() }),
  })
  // Knows the secret, and does not look at the hub's proof as an edge does.
  const { reader, hello } = await proveAnyway(relay)
  assert.equal(hello.binding, 'exporter')
  const bye = decodeFrame(await reader.next(5000))
  assert.deepEqual(bye, { t: 'bye', code: 4401, reason: wrongProof })
  await assert.rejects(reader.next(5000), { code: 4401 })
  await hub.waitForLine(new RegExp(`refused: ${wrongProof}$`))
  assert.doesNotMatch(hub.lines.join('\n'), /connected/)
})

const downgrades = {
  'the hello of the edge': {
    ways: ['up'],
    edgeSays: /does not bind its proof to TLS/,
    hubSays: /does not bind its proof to TLS/,
  },
  'the hello of the hub': { ways: ['down'], edgeSays: /wrong federation secret/, hubSays: /wrong federation secret/ },
  'both hellos': {
    ways: ['up', 'down'],
    edgeSays: /does not bind its proof to TLS/,
    hubSays: /does not bind its proof to TLS/,
  },
} as const

for (const [what, { ways, edgeSays, hubSays }] of Object.entries(downgrades)) {
  test(`a binding taken out of ${what} is refused`, async () => {
    await using hub = await startHub()
    const rewrite = (frame: string, way: 'up' | 'down') =>
      (ways as readonly string[]).includes(way) ? frame.replace('"binding":"exporter"', '"binding":"none"') : frame
    const certificate = makeCertificate({ names, ca: testAuthority() })
    await using relay = await TlsRelay.start({ target: hub, certificate, rewrite })
    await using edge = await startEdge({ hubs: [relay], conf })
    await edge.waitForLine(new RegExp(`^\\[WARN\\] no link to the hub: .*${edgeSays.source}`))
    await hub.waitForLine(new RegExp(`^\\[WARN\\] link from .* refused: .*${hubSays.source}`))
    assert.ok(relay.seen.some(({ frame }) => frame.includes('"binding":"exporter"')))
    assert.doesNotMatch(framesOf(relay, 'up').join(), /proof/)
    assert.doesNotMatch(hub.lines.join('\n'), /connected/)
  })
}

test('a certificate of another authority is refused before anything is said', async () => {
  await using hub = await startHub()
  await using relay = await TlsRelay.start({ target: hub, certificate: makeCertificate({ names }) })
  await using edge = await startEdge({ hubs: [relay], conf })
  await edge.waitForLine(
    /^\[WARN\] no link to the hub: certificate refused: \S.*; set ca or pin for wss:\/\/127\.0\.0\.1:/,
  )
  assert.deepEqual(relay.seen, [])
  // The same edge gets through where nobody stands between.
  await using direct = await startEdge({ name: 'Direct', hubs: [hub], conf })
  await waitFor(async () => (await direct.status()).peers[0]?.state === 'connected', { what: 'the direct link' })
})

test('two cities that accept any certificate link past no man in the middle, not even at the first contact', async () => {
  const ports = await freeEdgePorts()
  const acceptor = { port: ports.federation }
  await using cityB = await startEdge({ name: 'City B', ports, conf })
  await using relay = await TlsRelay.start({ target: acceptor, certificate: makeCertificate({ names }) })
  const peers = [{ name: 'City B', port: relay.port }]
  await using cityA = await startEdge({ name: 'City A', peers, conf })
  await cityA.waitForLine(new RegExp(`^\\[WARN\\] no link to the peer "City B": ${wrongProof}$`))
  await cityB.waitForLine(new RegExp(`^\\[WARN\\] link from 127\\.0\\.0\\.1:\\d+ refused: ${wrongProof}$`))
  await cityA.post('kept')
  assert.doesNotMatch(framesOf(relay, 'up').join(), /proof/)
  assert.deepEqual((await cityB.status()).peers, [])
  // Nothing of him is remembered: where nobody stands between they link.
  await using direct = await startEdge({ name: 'Direct', peers: [{ name: 'City B', ...acceptor }], conf })
  await waitFor(async () => (await direct.status()).peers[0]?.state === 'connected', { what: 'the direct link' })
})
