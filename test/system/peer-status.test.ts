// What an operator sees of a direct link: by `meshcore-room status`, in /status and in the metrics, while it is well and while it is not.
import assert from 'node:assert/strict'
import { mkdtempDisposable, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { selfSignedCertificate } from '#common/certificate.ts'
import { certificateFacts } from '#common/certificate-facts.ts'
import type { PeerStatus } from '#common/status.ts'
import { testAuthority } from '#test/support/certificates.ts'
import { runToEnd } from '#test/support/program.ts'
import { type EdgeProgram, freeEdgePorts, startEdge, startHub } from '#test/support/programs.ts'
import { expectEverywhere } from '#test/support/traffic.ts'
import { waitFor } from '#test/support/wait-for.ts'

const federation = { reconnect_max_seconds: 1, ping_seconds: 1 }

async function command(edge: EdgeProgram, ...words: string[]): Promise<string> {
  const { code, out, err } = await runToEnd('edge/main.ts', [...words, '--config', join(edge.dir, 'program.conf')])
  assert.equal(code, 0, err)
  return out
}

/** What an edge says of a peer, once `until` holds. */
function peerAt(edge: EdgeProgram, name: string, what: string, until: (peer: PeerStatus) => boolean) {
  const peer = async () => (await edge.status()).peers.find(peer => peer.name === name)
  return waitFor(peer, { what: `${name} at ${edge.name}: ${what}`, deadlineMs: 60_000, until: it => !!it && until(it) })
}

test('a link between two cities, with a certificate of keygen that ends soon', async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'mcfed-peer-status-'))
  const dir = join(folder.path, 'b')
  await runToEnd('edge/main.ts', ['keygen', '--dir', dir, '--name', '127.0.0.1', '--days', '6'])
  const facts = certificateFacts(await readFile(join(dir, 'server.crt'), 'utf8'))
  const ports = await freeEdgePorts()
  await using cityB = await startEdge({ name: 'City B', dir, ports, conf: { federation } })
  await cityB.waitForLine(
    /^\[WARN\] the certificate of this server ends in 5 days \(.*\): .*meshcore-room keygen --force/,
  )
  await using cityA = await startEdge({
    name: 'City A',
    peers: [{ name: 'City B', port: ports.federation }],
    conf: { federation: { ...federation, ping_seconds: 20 } },
  })
  await cityA.waitForLine(
    /^\[WARN\] the certificate of "City B" ends in 5 days \(.*\): .*meshcore-room trust "City B"$/,
  )
  const well = await peerAt(cityA, 'City B', 'linked', ({ state }) => state === 'connected')
  assert.deepEqual(well?.certificate, { ...facts, daysLeft: 5 })
  assert.deepEqual((await cityB.status()).certificate, well?.certificate)
  assert.equal(well?.lastError, null)
  const pinged = await peerAt(cityB, 'City A', 'pinged', ({ latency }) => latency?.lastMs !== latency?.medianMs)
  assert.ok((pinged?.latency?.medianMs ?? 1e9) <= (pinged?.latency?.p90Ms ?? 0))
  await cityA.post('one')
  await expectEverywhere([cityA, cityB], ['one'])
  await peerAt(cityA, 'City B', 'all acknowledged', ({ rooms }) => rooms[0]?.toSend === 0)

  cityB.freeze()
  await cityA.post('two')
  await cityA.post('three')
  const lagging = await peerAt(cityA, 'City B', 'a lag', ({ rooms }) => (rooms[0]?.lagSeconds ?? 0) >= 2)
  // And maybe the last one that came from there: it is told of with the next ping.
  assert.ok([2, 3].includes(lagging?.rooms[0]?.toSend ?? 0), `${lagging?.rooms[0]?.toSend}`)
  const lines = (await command(cityA, 'status')).split('\n')
  assert.match(
    lines[1] ?? '',
    /^link {3}City B \(edge\) connected since \S+Z, latency \S+ ms \(median \S+, p90 \S+\), [23] to send, the oldest for \d+ s, \d+ k?B in, \d+ k?B out, its certificate ends in 5 days$/,
  )
  const metrics = await (await fetch(`http://127.0.0.1:${cityA.ports.status}/metrics`)).text()
  const id = well?.id.slice(0, 8)
  assert.match(
    metrics,
    new RegExp(`^mcfed_peer_lag_seconds{peer="City B",id="${id}",room="frontrange"} ([2-9]|[1-9]\\d)`, 'm'),
  )
  const end = Date.parse(facts.validTo) / 1000
  const series = `mcfed_peer_certificate_expires_timestamp_seconds{peer="City B",id="${id}",role="edge"} ${end}`
  assert.ok(metrics.split('\n').includes(series))
  cityB.thaw()
  const caughtUp = await peerAt(cityA, 'City B', 'no lag', ({ rooms }) => rooms[0]?.toSend === 0)
  assert.equal(caughtUp?.rooms[0]?.lagSeconds, 0)

  await cityB.kill('SIGKILL')
  const down = await peerAt(
    cityA,
    'City B',
    'down',
    ({ state, lastError }) => state === 'waiting' && lastError !== null,
  )
  assert.deepEqual(down?.certificate, well?.certificate)
  assert.ok((down?.bytesIn ?? 0) >= (caughtUp?.bytesIn ?? 0))
  await peerAt(cityA, 'City B', 'tried', ({ lastError }) => /cannot reach/.test(lastError ?? ''))
  assert.match(await command(cityA, 'status'), /^link {3}City B .*: cannot reach .* \(\S+Z\)$/m)
  await cityB.run()
  const again = await peerAt(cityA, 'City B', 'linked again', ({ state }) => state === 'connected')
  assert.match(again?.lastError ?? '', /cannot reach/)
  assert.ok((again?.bytesIn ?? 0) > (down?.bytesIn ?? 0), 'bytes count over all links')
  assert.doesNotMatch(await command(cityA, 'status'), /cannot reach/)
})

test('the certificate of a hub: its end is in the log of the hub and of those who link with it', async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'mcfed-peer-status-'))
  const dir = folder.path
  const pair = selfSignedCertificate({ commonName: 'hub', names: ['127.0.0.1'], days: 1.5, ca: testAuthority() })
  await writeFile(join(dir, 'server.crt'), pair.cert)
  await writeFile(join(dir, 'server.key'), pair.key, { mode: 0o600 })
  await using hub = await startHub({ dir })
  await hub.waitForLine(/^\[WARN\] the certificate of this hub ends in 1 day \(.*\): make a new one; /)
  assert.deepEqual((await hub.status()).certificate, { ...certificateFacts(pair.cert), daysLeft: 1 })
  await using edge = await startEdge({ hubs: [hub] })
  await edge.waitForLine(/^\[WARN\] the certificate of "hub" ends in 1 day \(.*\): ask its operator for a new one$/)
})
