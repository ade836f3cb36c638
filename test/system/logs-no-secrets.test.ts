// A busy day with every log line turned on: no secret, password, token, key or text of a post is in any of them.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { createConnection } from 'node:net'
import { join } from 'node:path'
import { text as wholeText } from 'node:stream/consumers'
import { test } from 'node:test'
import type { Request } from '#test/support/api-client.ts'
import { hubCommand } from '#test/support/hub-command.ts'
import { LinesClient } from '#test/support/lines-client.ts'
import { waitForLinks } from '#test/support/link-status.ts'
import {
  type EdgeProgram,
  type HubProgram,
  type ServerProgram,
  startEdge,
  startHub,
  testRoom,
  testSecret,
} from '#test/support/programs.ts'
import { RedisServer } from '#test/support/redis-server.ts'
import { startStream, writerTo } from '#test/support/traffic.ts'
import { waitFor } from '#test/support/wait-for.ts'

const env = { LOG_LEVEL: 'debug', LOG_FORMAT: 'json' }
const words = {
  text: 'xylophone-text',
  author: 'Ana',
  search: 'xylophone-search',
  key: 'xylophone-key',
  admin: 'xylo-admin-1',
  guest: 'xylo-guest-1',
  wrong: 'xylo-wrong-1',
  apiToken: 'xylophone-api-token-of-an-edge-0123',
  wrongToken: 'mcf_xylophone-wrong-token',
  redis: 'xylophone-redis',
  hookPath: 'xylophone-hook-path',
  hookQuery: 'xylophone-hook-query',
  hookSecret: 'xylophone-hook-secret-0123456789',
  otherSecret: 'xylophone-of-another-federation-0123456789abcdef',
}
const conf = {
  room: { admin_password: words.admin, guest_password: words.guest },
  clients: { api_token: words.apiToken },
  federation: { reconnect_max_seconds: 1 },
}

/** Its endpoint is not there: that is said. */
const webhook = {
  ...{ name: 'bot', url: `https://127.0.0.1:1/${words.hookPath}?${words.hookQuery}`, secret: words.hookSecret },
  ...{ allow_private: true, retry_max_seconds: 1 },
}
const hubConf = { webhooks: [webhook] }

test('hub and edges say much, and nothing that nobody should read', async t => {
  const redis = await RedisServer.start(t)
  const redisUrl = redis.url.replace('//', `//default:${words.redis}@`)
  await using hub = await startHub({ redisUrl, env, conf: hubConf })
  await using cityA = await startEdge({ name: 'City A', hubs: [hub], conf, env })
  const peers = [{ name: 'City A', port: cityA.ports.federation }]
  await using cityB = await startEdge({ name: 'City B', hubs: [hub], peers, conf, env })
  const strange = { ...conf, federation: { ...conf.federation, federation_secret: words.otherSecret } }
  await using stranger = await startEdge({ name: 'Stranger', hubs: [hub], conf: strange, env })
  const servers = [hub, cityA, cityB, stranger]
  await waitForLinks(hub, 2)

  const streams = [cityA, cityB].map(edge => startStream(writerTo(edge), words.text))
  await Promise.all(streams.map(stream => stream.flows(30)))
  await hub.waitForLine(/Webhook \\"bot\\" cannot be delivered to 127\.0\.0\.1:1/)
  for (const server of [hub, cityA]) await clumsyRequests(server)
  await clumsyLines(cityA)
  await redis.kill()
  await assert.rejects(hub.post(`${words.text} refused`, { idempotencyKey: words.key }))
  await Promise.all(streams.map(stream => stream.flows(10)))
  await redis.start()
  await waitFor(() => hub.api.isOk('/readyz'), { what: 'the hub to be ready' })
  const token = await usedToken(hub)
  const { out, err } = await commands(hub)
  await hub.restart()
  await waitForLinks(hub, 2)
  await Promise.all(streams.map(stream => stream.flows(10)))
  await Promise.all(streams.map(stream => stream.stop()))
  for (const server of servers) await server.stop()

  const secrets = [...Object.values(words).filter(word => word !== words.author), testSecret, token]
  const keys = servers.map(({ dir }) => pemBody(join(dir, 'server.key')))
  const logs = [
    ...servers.map(({ name, lines }) => [name, lines] as const),
    ['export and import', err.split('\n')] as const,
  ]
  for (const [name, lines] of logs)
    for (const secret of [...secrets, ...keys])
      assert.deepEqual(
        lines.filter(line => line.includes(secret)),
        [],
        `${secret} in the log of ${name}`,
      )
  for (const { name, lines } of servers) {
    assert.ok(lines.length > 3, `${name} has said little: ${lines.join()}`)
    for (const line of lines) assert.doesNotThrow(() => JSON.parse(line), `${name}: ${line}`)
  }
  assert.ok(
    hub.lines.some(line => line.includes('"level":"warn"')) && out.includes(words.text),
    'there was something to say',
  )
})

/** Wrong in all ways, with words in it that belong in no log. */
async function clumsyRequests(server: ServerProgram): Promise<void> {
  const path = `/api/v1/rooms/${testRoom}/posts`
  const authorization = `Bearer ${words.wrongToken}`
  const body = { text: `${words.text} ${'long '.repeat(200)}`, author: words.author }
  await server.post(`${words.text} once`, { idempotencyKey: words.key })
  await assert.rejects(server.post(`${words.text} twice`, { idempotencyKey: words.key }), /key_reused/)
  await assert.rejects(server.post(body.text), /bad_text/)
  const requests: Request[] = [
    { path: `${path}?q=${words.search}` },
    { path: `${path}?q=${words.search}`, headers: { authorization } },
    { path, method: 'POST', headers: { authorization }, body },
    { path: `${path}/${words.search}?token=${words.wrongToken}` },
    ...[words.wrongToken, words.apiToken].map(signIn),
    { path, headers: { cookie: `mcfed-aaaaaaaa=${words.apiToken}` } },
  ]
  for (const request of requests) await server.api.send(request)
}

function signIn(token: string): Request {
  return { path: '/api/v1/session', method: 'POST', body: { token } }
}

async function clumsyLines(edge: EdgeProgram): Promise<void> {
  for (const password of [words.wrong, words.guest, words.admin]) {
    const joined = LinesClient.connect(edge.ports.lines, { password })
    if (password === words.wrong) await assert.rejects(joined, /wrong_password/)
    else {
      await using client = await joined
      await client.send(`${words.text} over lines`)
      await assert.rejects(client.send(`${words.text} ${'long '.repeat(200)}`), /bad_text/)
    }
  }
  const broken = [
    `{"t":"join","room":"${testRoom}","password":"${words.admin}`,
    `{"t":"${words.text}"}`,
    'x'.repeat(9000),
  ]
  for (const line of broken) {
    const socket = createConnection({ host: '127.0.0.1', port: edge.ports.lines })
    socket.on('error', () => {})
    socket.end(`${line}\n`)
    await wholeText(socket).catch(() => '')
  }
}

async function commands(hub: HubProgram): Promise<{ out: string; err: string }> {
  const exported = await hubCommand(hub, ['export', '--all'])
  const damaged = exported.out.replaceAll(words.text, `${words.text} changed`)
  const imported = await hubCommand(hub, ['import'], damaged)
  assert.match(imported.err, /[1-9]\d* lines refused/)
  return { out: exported.out, err: exported.err + imported.err }
}

/** One that is used. */
async function usedToken(hub: HubProgram): Promise<string> {
  const { out } = await hubCommand(hub, ['token', 'create', '--role', 'operator'])
  const token = out.trim()
  const headers = { authorization: `Bearer ${token}` }
  const path = `/api/v1/rooms/${testRoom}/posts`
  const body = { text: `${words.text} by a token`, author: words.author }
  assert.equal((await hub.api.send({ path, method: 'POST', headers, body })).status, 201)
  return token
}

function pemBody(path: string): string {
  return readFileSync(path, 'utf8').split('\n')[1] ?? ''
}
