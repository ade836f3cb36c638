// The link of an edge to a hub: told to stop, it stops, wherever it stands.
import assert from 'node:assert/strict'
import { suite, type TestContext, test } from 'node:test'
import { Clock } from '#common/clock.ts'
import type { LinkError } from '#common/errors.ts'
import { identityFromPem, newIdentityPem } from '#common/identity.ts'
import { createLog } from '#common/log.ts'
import { encodeFrame } from '#common/protocol/codec.ts'
import type { RoomGrant } from '#common/protocol/frames.ts'
import { greetAsAcceptor } from '#common/protocol/greet.ts'
import type { Self } from '#common/protocol/handshake.ts'
import { timingsFor } from '#common/protocol/heartbeat.ts'
import { LiveLinks } from '#common/protocol/live-links.ts'
import { reconnectTimings } from '#common/protocol/reconnect.ts'
import { Turns } from '#common/protocol/turns.ts'
import { FrameReader } from '#common/transport/frame-reader.ts'
import type { Transport } from '#common/transport/transport.ts'
import { HubLink } from '#edge/links/hub-link.ts'
import { cardServer } from '#test/support/cards.ts'
import { makeCertificate, testAuthority } from '#test/support/certificates.ts'
import { freePort } from '#test/support/free-port.ts'
import { MemoryLog } from '#test/support/memory-log.ts'
import { Heard, TlsHub } from '#test/support/tls-hub.ts'
import { waitFor } from '#test/support/wait-for.ts'

const ca = testAuthority()
const certificate = makeCertificate({ names: ['127.0.0.1'], ca })

function server(name: string, role: Self['role']): Self {
  const identity = identityFromPem(newIdentityPem())
  return { identity, name, role, software: 'test', boot: name, secret: 'ab'.repeat(32), now: Date.now }
}

/** An edge that links to the hubs, and what it logs. */
function edgeOf(t: TestContext, hubs: readonly { port: number }[]) {
  const lines: string[] = []
  const log = createLog({ json: false, write: line => lines.push(line) })
  const links = new LiveLinks(log)
  const self = server('edge', 'edge')
  const link = new HubLink({
    hubs: hubs.map(({ port }) => ({ url: `wss://127.0.0.1:${port}/federation`, ca: ca.cert })),
    self,
    ownCard: cardServer({ identity: self.identity }).own,
    logs: [new MemoryLog('main')],
    links,
    clock: new Clock({ floorAt: 0 }),
    hasPeers: () => false,
    turns: new Turns(2),
    log,
    reconnect: reconnectTimings(100),
    timings: timingsFor(20_000),
  })
  const stopping = new AbortController()
  t.after(() => stopping.abort())
  return { link, links, lines, stopping, run: link.run(stopping.signal) }
}

/** Fails unless `run` ends soon. */
async function endsSoon(run: Promise<void>): Promise<void> {
  await waitFor(() => run.then(() => true), { what: 'the loop to end', deadlineMs: 5000 })
}

suite('a hub link that is told to stop', () => {
  test('while the hub says nothing ends at once, and complains of nothing', async t => {
    await using hub = await TlsHub.start({ certificate })
    const edge = edgeOf(t, [hub])
    const { heard } = await hub.connection()
    await waitFor(() => heard.frames.length === 1, { what: 'its hello' })
    edge.stopping.abort()
    await endsSoon(edge.run)
    assert.deepEqual(edge.lines, [])
  })

  test('while the last proof is on its way does not go live after all', async t => {
    const asked = Promise.withResolvers<void>()
    const granted = Promise.withResolvers<RoomGrant[]>()
    const grant = () => {
      asked.resolve()
      return granted.promise
    }
    await using hub = await TlsHub.start({ certificate, onConnection: transport => void accept(transport, grant) })
    const edge = edgeOf(t, [hub])
    await waitFor(() => asked.promise.then(() => true), { what: 'its hello' })
    granted.resolve([])
    edge.stopping.abort()
    await endsSoon(edge.run)
    assert.equal(edge.links.size, 0)
    assert.deepEqual(edge.lines, [])
  })

  test('while it lives says goodbye', async t => {
    const ends: (Promise<{ code: number; reason: string }> | undefined)[] = []
    const onConnection = (transport: Transport) => void accept(transport).then(heard => ends.push(heard?.end()))
    await using hub = await TlsHub.start({ certificate, onConnection })
    const edge = edgeOf(t, [hub])
    await waitFor(() => edge.link.link !== undefined && ends.length === 1, { what: 'the link' })
    assert.equal(edge.link.absentStatus(), undefined)
    edge.stopping.abort()
    await endsSoon(edge.run)
    assert.deepEqual(await ends[0], { code: 4503, reason: 'the room server stops' })
  })
})

test('a hub of another version says who is to be upgraded, and is not tried again and again', async t => {
  const [tries, controls] = [[] as Transport[], [] as Transport[]]
  await using newer = await TlsHub.start({
    certificate,
    onConnection: transport => {
      tries.push(transport)
      const self = { ...server('hub', 'hub'), versions: [2] }
      greetAsAcceptor(new FrameReader(transport), self, () => []).catch(({ code, message }: LinkError) => {
        transport.send(encodeFrame({ t: 'bye', code, reason: message }))
        transport.close(code, message)
      })
    },
  })
  await using broken = await TlsHub.start({
    certificate,
    onConnection: transport => {
      controls.push(transport)
      transport.close(1011, 'broken')
    },
  })
  const edge = edgeOf(t, [newer])
  await waitFor(() => edge.lines.length > 0, { what: 'it to be said' })
  edgeOf(t, [broken])
  await waitFor(() => controls.length >= 6, { what: 'an edge with another fault to try again' })
  assert.equal(tries.length, 1)
  const words = 'no version of the protocol in common: "edge" speaks 1, "hub" speaks 2; upgrade "edge"'
  assert.deepEqual(edge.lines, [`[WARN] no link to the hub: ${words}; posts are kept and sent later\n`])
})

/** The hub's side of a handshake; undefined when it came to nothing. */
async function accept(
  transport: Transport,
  grant: () => Promise<RoomGrant[]> = async () => [],
): Promise<Heard | undefined> {
  const reader = new FrameReader(transport)
  const heard = new Heard()
  try {
    await greetAsAcceptor(reader, server('hub', 'hub'), grant)
    reader.handOver(heard)
    reader.transport.send(encodeFrame({ t: 'ping', n: 1 }))
    return heard
  } catch {
    return undefined
  }
}

test('a hub that does not let it in is no link, is said once, and is asked again when it says', async t => {
  let tries = 0
  const refuse = async (transport: Transport) => {
    const reader = new FrameReader(transport)
    await greetAsAcceptor(reader, server('hub', 'hub'), async () => []).catch(() => {})
    tries += 1
    transport.send(encodeFrame({ t: 'bye', code: 4403, reason: 'not yet approved', retryAfterMs: 100 }))
    transport.close(4403, 'not yet approved')
  }
  await using hub = await TlsHub.start({ certificate, onConnection: transport => void refuse(transport) })
  const edge = edgeOf(t, [hub, hub])
  await waitFor(() => tries >= 3, { what: 'three tries' })
  assert.equal(edge.links.size, 0)
  assert.deepEqual(edge.lines, ['[WARN] no link to the hub: not yet approved; posts are kept and sent later\n'])
  await waitFor(() => edge.link.absentStatus()?.state === 'refused', { what: 'the state' })
  assert.equal(edge.link.absentStatus()?.lastError, 'not yet approved')
})

test('a hub that cannot be reached is said once, and the next address is tried', async t => {
  await using hub = await TlsHub.start({ certificate })
  const edge = edgeOf(t, [{ port: await freePort() }, hub])
  await hub.connection()
  assert.match(edge.lines[0] ?? '', /^\[WARN\] no link to the hub: cannot reach .*; posts are kept and sent later/)
  assert.equal(edge.lines.length, 1)
  assert.equal(edge.link.absentStatus()?.state, 'connecting')
  edge.stopping.abort()
  await endsSoon(edge.run)
})
