// Self-signed certificates between cities: whose key has changed is refused until somebody confirms it, strangers are a matter of the config.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { chmod, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { selfSignedCertificate } from '#common/certificate.ts'
import { runToEnd } from '#test/support/program.ts'
import { type EdgeProgram, freeEdgePorts, startEdge } from '#test/support/programs.ts'
import { clockAt } from '#test/support/system-clock.ts'
import { expectEverywhere } from '#test/support/traffic.ts'
import { waitFor } from '#test/support/wait-for.ts'

const federation = { reconnect_max_seconds: 1 }

async function command(edge: EdgeProgram, ...words: string[]): Promise<string> {
  const { code, out, err } = await runToEnd('edge/main.ts', [...words, '--config', join(edge.dir, 'program.conf')])
  return code === 0 ? out : `${code} ${err}`
}

async function refusalAt(edge: EdgeProgram) {
  const { peers } = await edge.status()
  return peers.find(({ state }) => state === 'refused')?.lastErrorAt ?? undefined
}

function linked(edge: EdgeProgram, name: string) {
  const isLinked = async () =>
    (await edge.status()).peers.find(peer => peer.name === name && peer.state === 'connected')
  // Who was refused comes again after five seconds and more.
  return waitFor(isLinked, { what: `${edge.name} to be linked with ${name}`, deadlineMs: 60_000 })
}

test("the page's openssl certificates link; a changed key is refused until it is confirmed", async () => {
  const [portsA, portsB] = [await freeEdgePorts(), await freeEdgePorts()]
  await using cityA = await startEdge({
    name: 'City A',
    ports: portsA,
    peers: [{ name: 'Bee', port: portsB.federation }],
    conf: { federation },
  })
  await using cityB = await startEdge({ name: 'City B', ports: portsB, conf: { federation } })
  await linked(cityA, 'Bee')
  await cityB.stop()
  const words =
    'req -x509 -newkey rsa:4096 -keyout server.key -out server.crt -days 3650 -nodes -subj /CN=b/O=MeshCore/C=US'
  execFileSync('openssl', words.split(' '), { cwd: cityB.dir, stdio: 'ignore' })
  await chmod(join(cityB.dir, 'server.key'), 0o600)
  await cityB.run()
  await cityA.waitForLine(/^\[WARN\] PEER "Bee" HAS ANOTHER KEY THAN BEFORE: sha256\/.*meshcore-room trust "Bee"$/)
  await cityB.waitForLine(/link from \S+ refused: it knows this server by another key; .* meshcore-room trust "Bee"$/)
  await cityB.post('while it is refused')
  const refused = (await cityA.status()).peers.find(({ name }) => name === 'Bee')
  assert.match(refused?.lastError ?? '', /the key of its certificate has changed/)
  const { id, certificate } = await cityB.status()
  // Now and then it is called again, and the word is another for a moment.
  const isRefused = new RegExp(`\nBee at \\S+: refused\n {2}id ${id}\n`)
  const listed = await waitFor(() => command(cityA, 'peers'), {
    what: 'the peer to be shown as refused',
    until: text => isRefused.test(text),
  })
  assert.match(listed, /^City A, this server\n {2}id \S{43}\n {2}key sha256/)
  assert.ok(listed.includes(`REFUSED: shows another key: ${certificate?.pin}`), listed)
  assert.equal((await cityA.posts()).length, 0)

  assert.match(await command(cityA, 'trust', 'Nobody'), /no peer is called "Nobody"/)
  assert.match(await command(cityA, 'trust', 'Bee'), /^the key of "Bee" is sha256\/\S+ from now on\n$/)
  await linked(cityA, 'Bee')
  await expectEverywhere([cityA, cityB], ['while it is refused'])
  assert.doesNotMatch(await command(cityA, 'peers'), /REFUSED/)
  await cityA.restart()
  await linked(cityA, 'Bee')
})

test('a server that dials with another key than before is refused in the same way', async () => {
  const ports = await freeEdgePorts()
  await using cityA = await startEdge({ name: 'City A', ports, conf: { federation } })
  const peers = [{ name: 'City A', port: ports.federation }]
  await using cityB = await startEdge({ name: 'City B', peers, conf: { federation } })
  await linked(cityA, 'City B')
  await cityB.stop()
  const { cert, key } = selfSignedCertificate({ commonName: 'b', names: [], days: 30 })
  await writeFile(join(cityB.dir, 'server.crt'), cert)
  await writeFile(join(cityB.dir, 'server.key'), key)
  const before = cityB.lineCount
  await cityB.run()
  await cityA.waitForLine(/^\[WARN\] PEER "City B" HAS ANOTHER KEY/)
  await cityB.waitForLine(/^\[WARN\] no link to the peer "City A": it knows this server by another key;/)
  const first = await waitFor(() => refusalAt(cityB), { what: 'the first refusal in the status' })
  const isLater = async () => ((await refusalAt(cityB)) ?? first) > first
  await waitFor(isLater, { what: 'a second refusal', deadlineMs: 90_000 })
  await cityB.post('a marker')
  assert.equal(
    cityB.lines.slice(before).find(line => line.includes('Federation peer')),
    undefined,
  )
  assert.equal(cityA.lines.filter(line => /link from .* refused: the key/.test(line)).length, 1, 'once an hour')
  await command(cityA, 'trust', 'City B')
  await linked(cityA, 'City B')
})

test('strangers are let in with a line in the log, or not at all; by its id a server that nobody can dial is none', async () => {
  const ports = await freeEdgePorts()
  const closed = { federation: { ...federation, accept_unknown_peers: false } }
  await using cityA = await startEdge({ name: 'City A', ports, conf: closed })
  const peers = [{ name: 'City A', port: ports.federation }]
  await using cityB = await startEdge({ name: 'City B', peers, conf: { federation } })
  await cityB.waitForLine(/^\[WARN\] no link to the peer "City A": is not among the peers of this server$/)
  assert.equal((await cityA.status()).peers.length, 0)
  const { id } = await cityB.status()
  {
    await cityA.stop()
    const known = [{ name: 'The valley', id }]
    await using again = await startEdge({ name: 'City A', dir: cityA.dir, ports, peers: known, conf: closed })
    assert.equal((await linked(again, 'The valley')).direction, 'in')
  }
  await using open = await startEdge({ name: 'City A', dir: cityA.dir, ports, conf: { federation } })
  await open.waitForLine(/^\[INFO\] "City B" \(id .*\) is not known here yet; it has proved the secret and is let in/)
  await linked(open, 'City B')
})

test('a city whose clock says 1970 links with the peer that it knows', async () => {
  const [portsA, portsB] = [await freeEdgePorts(), await freeEdgePorts()]
  await using cityA = await startEdge({ name: 'City A', ports: portsA, conf: { federation } })
  const peers = [{ name: 'City A', port: portsA.federation }]
  await using cityB = await startEdge({ name: 'City B', ports: portsB, peers, conf: { federation } })
  await linked(cityB, 'City A')
  await cityB.post('with a clock')
  await cityB.stop()
  const options = { name: 'City B', dir: cityB.dir, ports: portsB, peers, conf: { federation } }
  await using late = await startEdge({ ...options, env: clockAt('1970-01-01 00:01:00') })
  await late.waitForLine(/^\[WARN\] the system clock is wrong \(1970-/)
  await linked(late, 'City A')
  await late.post('without a clock')
  await expectEverywhere([cityA, late], ['with a clock', 'without a clock'])
})

test('a city whose clock says 1970 takes the time of a peer that has dialled it, if it knows it', async () => {
  const ports = await freeEdgePorts()
  const peers = [{ name: 'City B', port: ports.federation }]
  await using cityB = await startEdge({ name: 'City B', ports, conf: { federation } })
  const env = clockAt('1970-01-01 00:01:00')
  await cityB.stop()
  const options = { name: 'City B', dir: cityB.dir, ports, conf: { federation } }
  await using cityA = await startEdge({ name: 'City A', peers, conf: { federation } })
  const isTaken = /^\[WARN\] .*posts are stamped by the clock of "City A" until it is set$/
  {
    await using late = await startEdge({ ...options, env })
    await linked(late, 'City A')
    assert.equal(
      late.lines.find(line => isTaken.test(line)),
      undefined,
      'of a stranger',
    )
    await late.stop()
  }
  await using late = await startEdge({ ...options, env })
  await late.waitForLine(isTaken)
  await late.post('without a clock')
  await expectEverywhere([cityA, late], ['without a clock'])
  const [post] = await cityA.posts()
  assert.ok(Math.abs((post?.at ?? 0) - Date.now()) < 5 * 60_000, `stamped ${post?.at}`)
})
