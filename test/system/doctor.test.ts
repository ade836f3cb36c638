// What a volunteer at night is told: nothing where all is well, and else what it is and what to type. The links notice nothing of it.
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { readFile, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import { freePort } from '#test/support/free-port.ts'
import { isLinked, linksOf, waitForLinks } from '#test/support/link-status.ts'
import { runToEnd } from '#test/support/program.ts'
import { type EdgeProgram, freeEdgePorts, startEdge, startHub, testSecret } from '#test/support/programs.ts'
import { waitFor } from '#test/support/wait-for.ts'

interface Told {
  code: number
  /** Lines of faults, with their advice. */
  faults: string[]
  out: string
}

async function doctor(edge: EdgeProgram, ...words: string[]): Promise<Told> {
  const { code, out, err } = await runToEnd('edge/main.ts', ['doctor', ...words, '--config', conf(edge)])
  assert.equal(err, '')
  assert.doesNotMatch(out, new RegExp(testSecret))
  const lines = out.split('\n')
  const faults = lines.flatMap((line, index) =>
    line.startsWith('FAULT ') ? [`${line} ${lines[index + 1]?.trim()}`] : [],
  )
  return { code, faults, out }
}

function conf(edge: EdgeProgram): string {
  return join(edge.dir, 'program.conf')
}

/** Waits for the one link, with the one server of the config that is not this one itself: both are one then. */
async function knowsItsPeer(city: EdgeProgram): Promise<void> {
  await waitFor(async () => (await city.status()).peers, {
    what: `${city.name} to be linked with its peer, and to know it`,
    deadlineMs: 60_000,
    until: peers => peers.length === 1 && peers.every(isLinked),
  })
}

async function edit(edge: EdgeProgram, change: (text: string) => string): Promise<void> {
  const before = await readFile(conf(edge), 'utf8')
  const after = change(before)
  assert.notEqual(after, before)
  await writeFile(conf(edge), after)
}

test('a healthy city has no fault, and its link goes on undisturbed', async () => {
  await using hub = await startHub()
  await using edge = await startEdge({ hubs: [hub] })
  await waitForLinks(edge, 1)
  const since = await linksOf(edge)
  const { code, out } = await doctor(edge)
  assert.doesNotMatch(out, /^FAULT/m, out)
  assert.equal(code, 0)
  assert.match(out, /^ok {4}room server: "City A" 0\.1\.0 runs, up \d+ s$/m)
  assert.match(out, /^ok {4}link to hub "hub": linked for \d+ s$/m)
  assert.match(out, /^ok {4}hub "127\.0\.0\.1:\d+": port \d+ can be reached$/m)
  assert.match(
    out,
    /^ok {4}hub "127\.0\.0\.1:\d+": "hub" \(federation-hub\/0\.1\.0\) proves the federation secret, latency \d+ ms$/m,
  )
  await edge.post('still linked')
  await waitFor(async () => (await hub.posts()).length, { what: 'the post at the hub' })
  assert.deepEqual(await linksOf(edge), since)
  assert.ok(![...edge.lines, ...hub.lines].some(line => /disconnected|refused/.test(line)))
  await hub.waitForLine(/^\[INFO\] 127.* did not want to link: only a look by meshcore-room doctor/)

  const json = JSON.parse((await doctor(edge, '--json')).out)
  assert.equal(json.ok, true)
  assert.ok(
    json.findings.some(({ check, level }: { check: string; level: string }) => check === 'hub' && level === 'ok'),
  )
})

test('two cities linked directly: no fault at either, strangers let in or not, and the link goes on', async () => {
  const portsA = await freeEdgePorts()
  const closed = { federation: { accept_unknown_peers: false, reconnect_max_seconds: 1 } }
  await using cityB = await startEdge({ name: 'City B', peers: [{ name: 'A', port: portsA.federation }] })
  const peers = [{ name: 'B', port: cityB.ports.federation }]
  await using cityA = await startEdge({ name: 'City A', ports: portsA, peers, conf: closed })
  // Until City B knows that this is the server of its config, it calls it as it calls itself; and if it has called before
  // City A had heard of it, it calls again.
  for (const city of [cityA, cityB]) await knowsItsPeer(city)
  const since = () => Promise.all([cityA, cityB].map(async city => Object.values(await linksOf(city))))
  const before = await since()
  const linesBefore = [cityA, cityB].map(({ lineCount }) => lineCount)
  const atA = await doctor(cityA)
  const atB = await doctor(cityB)
  assert.deepEqual([atA.faults, atB.faults], [[], []], atA.out + atB.out)
  assert.match(
    atA.out,
    /^ok {4}peer "B": "City B" \(meshcore-room\/0\.1\.0\) proves the federation secret, latency \d+ ms$/m,
  )
  assert.match(atB.out, /^ok {4}peer "A": "City A" \(meshcore-room/m)
  for (const { out } of [atA, atB]) assert.match(out, /^ok {4}own port \d+ for peers: takes in peers/m)
  await cityA.post('still linked')
  await waitFor(async () => (await cityB.posts()).length, { what: 'the post at City B' })
  assert.deepEqual(await since(), before)
  const lines = [cityA, cityB].flatMap((city, i) => city.lines.slice(linesBefore[i]))
  const loud = lines.filter(line => /disconnected|refused|not among|"doctor"/.test(line))
  assert.deepEqual(loud, [])

  await cityB.stop()
  const without = await doctor(cityA)
  const alone = without.faults.join('\n')
  assert.match(alone, /peer "B": 127\.0\.0\.1 port \d+: nothing listens there do: there: does meshcore-room run/)
  assert.match(alone, /no peer answers: this city is alone/)
})

test('a list of peers that is the same in all cities: nobody is at fault for being in it', async () => {
  const [portsA, portsB] = [await freeEdgePorts(), await freeEdgePorts()]
  const peers = [
    { name: 'A', port: portsA.federation },
    { name: 'B', port: portsB.federation },
  ]
  await using cityA = await startEdge({ name: 'City A', ports: portsA, peers })
  await using cityB = await startEdge({ name: 'City B', ports: portsB, peers })
  for (const [city, own, other] of [
    [cityA, 'A', 'B'],
    [cityB, 'B', 'A'],
  ] as const) {
    await city.waitForLine(new RegExp(`the peer "${own}" of the config is this server itself`))
    await knowsItsPeer(city)
    const { faults, out } = await doctor(city)
    assert.deepEqual(faults, [], out)
    assert.match(out, new RegExp(`^ok {4}peer "${own}": is this server itself, and not dialled$`, 'm'))
    const list = await runToEnd('edge/main.ts', ['peers', '--config', conf(city)])
    assert.match(list.out, new RegExp(`^${own} at \\S+: is this server itself$`, 'm'))
    assert.match(list.out, new RegExp(`^(${other}|City ${other}).*: connected$`, 'm'))
  }
  assert.ok(![...cityA.lines, ...cityB.lines].some(line => /two servers share one key/.test(line)))
})

test('a wrong secret, a wrong port, a name that leads nowhere and a certificate of somebody else are told apart', async () => {
  await using hub = await startHub()
  const port = await freePort()
  await using edge = await startEdge({ hubs: [hub, { port }] })
  await waitForLinks(edge, 1)
  const more = [
    `[[federation.hubs]]\nurl = "wss://hub.nowhere.invalid:8443/federation"`,
    `[[federation.hubs]]\nurl = "wss://127.0.0.1:${hub.port}/federation"`,
    `[[federation.hubs]]\nurl = "wss://127.0.0.1:${hub.port}/elsewhere"\nca = "ca.crt"`,
    `[[federation.hubs]]\nurl = "wss://127.0.0.1:${edge.ports.status}/federation"`,
  ]
  const other = randomBytes(32).toString('hex')
  await edit(edge, text => `${text.replace(testSecret, other)}\n${more.join('\n')}`)
  const { code, faults, out } = await doctor(edge)
  assert.equal(code, 1)
  assert.doesNotMatch(out, new RegExp(other))
  const has = (pattern: RegExp) =>
    assert.ok(
      faults.some(fault => pattern.test(fault)),
      `${pattern}\n${out}`,
    )
  has(/the federation secret there is another one do: write the same federation_secret in both configs/)
  has(new RegExp(`127\\.0\\.0\\.1 port ${port}: nothing listens there do: there: does federation-hub run`))
  has(/there is no name "hub\.nowhere\.invalid" do: look for a slip in url of \[\[federation\.hubs\]\]|no DNS server/)
  has(/its certificate is of no authority that this machine trusts do: copy its certificate here/)
  has(/a web server answers at wss:.*elsewhere, but no hub do: is the path in url/)
  has(
    new RegExp(`what listens on port ${edge.ports.status} does not speak TLS 1\\.3 do: another program has that port`),
  )
  has(/the hub does not answer: this city is alone/)
})

test('a server that does not run, a port that another program has, and a config with mistakes', async () => {
  await using edge = await startEdge()
  await edge.stop()
  const other = createServer().listen(edge.ports.lines, '127.0.0.1')
  await once(other, 'listening')
  try {
    const { code, faults, out } = await doctor(edge)
    assert.equal(code, 1)
    assert.deepEqual(faults, [
      'FAULT room server: does not run do: systemctl start meshcore-room; if it does not stay: journalctl -u meshcore-room -n 50',
      `FAULT port ${edge.ports.lines}: another program has it, the room server cannot start do: see which: ss -ltnp "sport = :${edge.ports.lines}"; end it, or set another lines_port`,
    ])
    assert.match(out, /^ok {4}disk: the database is sound$/m)
  } finally {
    other.close()
  }
  await edge.run()
  assert.ok(!edge.lines.some(line => /new epoch|damaged/.test(line)))

  await edit(edge, text => text.replace('status_port', 'statusport').replace('lines_port', 'linesport'))
  const { code, faults } = await doctor(edge)
  assert.equal(code, 78)
  assert.equal(faults.length, 2)
  assert.match(
    faults[0] ?? '',
    /:\d+: clients\.linesport: unknown key; did you mean lines_port\? do: mend it: nano \+\d+ /,
  )
})

test('a radio that is not there, and one that is no radio', async () => {
  await using edge = await startEdge()
  await edge.stop()
  const radio = (port: string) => `\n[radio]\nport = "${port}"\npreset = "EU/UK (Narrow)"\ntx_power = 14\n`
  const plain = await readFile(conf(edge), 'utf8')
  await writeFile(conf(edge), plain + radio('/dev/serial/by-id/usb-nothing'))
  const missing = await doctor(edge)
  assert.ok(
    missing.faults.some(fault =>
      /radio "\/dev\/serial\/by-id\/usb-nothing": there is no such port do: plug/.test(fault),
    ),
  )
  await writeFile(conf(edge), plain + radio(`tcp://127.0.0.1:${await freePort()}`))
  const refused = await doctor(edge)
  assert.ok(
    refused.faults.some(fault => /radio "tcp:.*ECONNREFUSED.* do: has it MeshCore's KISS modem/.test(fault)),
    refused.out,
  )
})
