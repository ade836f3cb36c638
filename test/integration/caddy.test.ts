// infra/Caddyfile in a real Caddy before two real hubs: edges link through it, and the hubs know who is behind it.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempDisposable, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import WebSocket from 'ws'
import { subprotocol } from '#common/protocol/frames.ts'
import { type Caddy, startCaddy } from '#test/support/caddy.ts'
import { freePort } from '#test/support/free-port.ts'
import { Program } from '#test/support/program.ts'
import { createToken, startEdge, testRoom, testSecret } from '#test/support/programs.ts'
import { RedisServer } from '#test/support/redis-server.ts'
import { askAt, signedIn } from '#test/support/signed-in.ts'
import { waitFor } from '#test/support/wait-for.ts'

/** The hubs speak no TLS, and the page does: it is theirs all the same, and its cookie never goes without. */
async function signInThrough({ port, ca }: Caddy, token: string): Promise<void> {
  const origin = `https://localhost:${port}`
  const authority = await readFile(ca, 'utf8')
  const { cookie, headers } = await signedIn(askAt(origin, {}, authority), token)
  assert.match(cookie, /; HttpOnly; SameSite=Strict; Secure$/)
  const path = `/api/v1/rooms/${testRoom}/posts`
  const elsewhere = askAt(origin, { origin: 'https://localhost:1', 'x-forwarded-host': 'localhost:1' }, authority)
  const refused = await elsewhere(path, { method: 'POST', headers, body: { text: 'not by me', author: 'Eve' } })
  assert.equal(refused.status, 403)
  const live = new WebSocket(`wss://localhost:${port}/api/v1/live`, { ca: authority, headers: { ...headers, origin } })
  await once(live, 'message', { signal: AbortSignal.timeout(30_000) })
  live.terminate()
}

async function startPlainHub(config: string, port: number, redisUrl: string): Promise<Program> {
  const text = `listen = "127.0.0.1:${port}"
behind_proxy = true
redis_url = "${redisUrl}"
federation_secret = "${testSecret}"
`
  await writeFile(config, text, { mode: 0o600 })
  const hub = new Program({ name: `hub ${port}`, script: 'hub/main.ts', args: ['run', '--config', config] })
  hub.start()
  return hub
}

test('edges link through Caddy, over a reload and the end of one hub', async t => {
  const redis = await RedisServer.start(t)
  await using dir = await mkdtempDisposable(join(tmpdir(), 'mcfed-caddy-hubs-'))
  const ports = [await freePort(), await freePort()] as const
  await using first = await startPlainHub(join(dir.path, 'program.conf'), ports[0], redis.url)
  await using second = await startPlainHub(join(dir.path, '2.conf'), ports[1], redis.url)
  // Caddy is content with one that is ready.
  for (const hub of [first, second]) await hub.waitForLine(/listens on/, 60_000)
  const caddy = await startCaddy(t, ports)

  const hubs = [{ url: `wss://localhost:${caddy.port}/federation`, ca: caddy.ca }]
  await using a = await startEdge({ name: 'City A', conf: { federation: { hubs } } })
  await using b = await startEdge({ name: 'City B', conf: { federation: { hubs } } })
  await a.post('before')
  const textsAtB = async () => (await b.posts(testRoom)).map(({ text }) => text)
  await waitFor(async () => (await textsAtB()).length === 1, { what: 'the first post at City B' })

  // A stranger is known by his own address, whatever he says of himself.
  const stranger = new WebSocket(`wss://localhost:${caddy.port}/federation`, subprotocol, {
    rejectUnauthorized: false,
    localAddress: '127.0.0.9',
    headers: { 'x-forwarded-for': '192.0.2.66' },
  })
  await once(stranger, 'open')
  stranger.send('no frame')
  await once(stranger, 'close')
  const isRefusal = (line: string) => /link from 127\.0\.0\.9:\d+ refused/.test(line)
  await waitFor(() => [...first.lines, ...second.lines].find(isRefusal), { what: 'the refusal in the log' })

  await signInThrough(caddy, await createToken(dir.path, 'operator'))

  await caddy.reload()
  await a.post('after a reload')
  await waitFor(async () => (await textsAtB()).length === 2, { what: 'the post after the reload', deadlineMs: 60_000 })

  await first.stop()
  await a.post('with one hub')
  await waitFor(async () => (await textsAtB()).length === 3, { what: 'the post with one hub', deadlineMs: 60_000 })
  assert.deepEqual(await textsAtB(), ['before', 'after a reload', 'with one hub'])
  assert.equal(await caddy.get('/readyz'), 200)
})
