// Runs inside the namespaces that config-page-sample.test.ts makes: here /etc/meshcore and the default ports are nobody else's.
import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ApiClient } from './api-client.ts'
import { LinesClient } from './lines-client.ts'
import { Program, runToEnd } from './program.ts'
import { type HubProgram, startHub, testSecret } from './programs.ts'
import { waitFor } from './wait-for.ts'

const confPath = '/etc/meshcore/room.conf'
/** The sample names no room; this is the default. */
const room = 'main'

/** The page's sample as it is, but for the secret, and a hub behind it. */
function writeConf(hub: HubProgram): void {
  const sample = readFileSync(new URL('../vectors/federation-page-sample.conf', import.meta.url), 'utf8')
  const placeholder = 'REPLACE_WITH_FEDERATION_PSK'
  assert.equal(sample.split(placeholder).length, 2)
  const url = `wss://127.0.0.1:${hub.port}/federation`
  const hubs = `\n[[federation.hubs]]\nurl = "${url}"\nca = "${join(hub.dir, 'ca.crt')}"\n`
  writeFileSync(confPath, sample.replace(placeholder, testSecret) + hubs, { mode: 0o600 })
}

await using hub = await startHub()
writeConf(hub)
const { code, out, err } = await runToEnd('edge/main.ts', ['check'])
assert.deepEqual({ code, out }, { code: 0, out: `${confPath}: no faults\n` }, err)

await using edge = new Program({ name: 'meshcore-room', script: 'edge/main.ts', args: ['run'] })
edge.start()
await edge.waitForLine(/^\[INFO\] Federation peer "hub" connected \(TLS, latency \d+ms\)$/)
await hub.waitForLine(/^\[INFO\] Federation peer "citya" connected \(TLS, latency \d+ms\)$/)

const api = new ApiClient({ baseUrl: 'http://127.0.0.1:5002' })
const { peers } = await api.status()
assert.deepEqual(
  peers.filter(({ role }) => role === 'hub').map(({ name, state }) => [name, state]),
  [['hub', 'connected']],
)
await using client = await LinesClient.connect(5003, { room })
await client.send('from a script')
const texts = async () => (await hub.posts(room)).map(({ text }) => text)
await waitFor(texts, { what: 'the post at the hub', until: ([first]) => first === 'from a script' })
assert.equal(await edge.stop(), 0)
