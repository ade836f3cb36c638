// The HTTP server under clients that stall, hammer or speak old TLS, and what operators ask of it.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import test from 'node:test'
import { connect as connectTls } from 'node:tls'
import { consoleRoutes } from '#common/console/console-routes.ts'
import { StoreUnavailableError } from '#common/errors.ts'
import { type AccessCheck, bearerToken, noAccess } from '#common/http/access.ts'
import { healthRoutes } from '#common/http/health-routes.ts'
import { createHttpServer, type HttpServerOptions } from '#common/http/http-server.ts'
import { serverFamilies } from '#common/metrics/server-metrics.ts'
import type { Status } from '#common/status.ts'
import { ask, portOf, postsPath, sampleStatus, silentLog, startApi } from '#test/support/api-server.ts'
import { makeCertificate } from '#test/support/certificates.ts'
import { waitFor } from '#test/support/wait-for.ts'

test('a fault of ours says nothing of our insides', async t => {
  const app = await createHttpServer({ log: silentLog })
  app.get('/fault', async () => {
    throw new Error('secret detail')
  })
  await app.listen({ host: '127.0.0.1', port: 0 })
  t.after(() => app.close())
  const { status, json, text } = await ask(app, '/fault')
  assert.deepEqual([status, json.error], [500, 'internal'])
  assert.ok(!text.includes('secret'))
})

test('too many requests are told to wait; programs on this machine are not limited', async t => {
  const { app } = await startApi(t, { requestsPerMinute: 3 })
  const far = { remoteAddress: '192.0.2.7', url: '/api/v1/rooms', headers: { authorization: 'Bearer reader' } }
  for (let i = 0; i < 3; i += 1) assert.equal((await app.inject(far)).statusCode, 200)
  const refused = await app.inject(far)
  assert.deepEqual([refused.statusCode, refused.json().error], [429, 'too_many_requests'])
  assert.ok(Number(refused.headers['retry-after']) > 0)
  assert.equal((await app.inject({ ...far, remoteAddress: '192.0.2.8' })).statusCode, 200)
  for (let i = 0; i < 5; i += 1) assert.equal((await ask(app, '/api/v1/rooms')).status, 200)
})

test('a console whose files could not be read once is there at the next look', async t => {
  const app = await createHttpServer({ log: silentLog })
  t.after(() => app.close())
  let looks = 0
  const read = async () => {
    looks += 1
    if (looks === 1) throw new Error('too many open files')
    return { page: 'the page', byPath: new Map(), version: '1' }
  }
  await app.register(consoleRoutes, { read })
  assert.equal((await app.inject('/')).statusCode, 500)
  assert.equal((await app.inject('/')).body, 'the page')
  assert.equal((await app.inject('/console/1/x')).statusCode, 404)
  assert.equal(looks, 2)
})

for (const behindProxy of [false, true])
  test(`what a machine of a private network says of its clients is ${behindProxy ? 'believed of a proxy' : 'not believed'}`, async t => {
    const { app } = await startApi(t, { requestsPerMinute: 1, behindProxy })
    const asks = (remoteAddress: string, client: string) => {
      const headers = { authorization: 'Bearer reader', 'x-forwarded-for': client }
      return app.inject({ remoteAddress, url: '/api/v1/rooms', headers }).then(({ statusCode }) => statusCode)
    }
    assert.equal(await asks('10.0.0.7', '192.0.2.1'), 200)
    assert.equal(await asks('10.0.0.7', '192.0.2.2'), behindProxy ? 200 : 429)
    assert.equal(await asks('192.0.2.9', '192.0.2.3'), 200)
    assert.equal(await asks('192.0.2.9', '192.0.2.4'), 429)
  })

const stalls: [said: string, deadlines: HttpServerOptions['deadlines']][] = [
  ['', { headersMs: 200 }],
  ['GET / HT', { headersMs: 200 }],
  ['POST /livez HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n{', { headersMs: 200, requestMs: 300 }],
]
for (const [said, deadlines = {}] of stalls)
  test(`a client that stalls after ${JSON.stringify(said)} is closed`, async t => {
    const { app } = await startApi(t, { deadlines })
    const socket = connect(portOf(app), '127.0.0.1')
    t.after(() => socket.destroy())
    await once(socket, 'connect')
    socket.write(said)
    socket.resume()
    await once(socket, 'close', { signal: AbortSignal.timeout(30_000) })
  })

test('a client that never reads its answers is closed', async t => {
  const { app, say } = await startApi(t, { deadlines: { idleMs: 2000 } })
  await say(...Array.from({ length: 500 }, () => 'x'.repeat(600)))
  const socket = connect(portOf(app), '127.0.0.1')
  socket.on('error', () => {})
  t.after(() => socket.destroy())
  socket.pause()
  await once(socket, 'connect')
  const request = `GET ${postsPath}?limit=500 HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer reader\r\n\r\n`
  const [served] = await Promise.all([
    once(app.server, 'request', { signal: AbortSignal.timeout(30_000) }),
    socket.write(request.repeat(40)),
  ])
  await once(served[0].socket, 'close', { signal: AbortSignal.timeout(30_000) })
})

test('TLS 1.3 is spoken, 1.2 is not, and silence during the handshake ends the connection', async t => {
  const { cert, key } = makeCertificate({ names: ['localhost'] })
  const { app } = await startApi(t, { tls: { cert, key }, deadlines: { headersMs: 2000 } })
  const port = portOf(app)
  const good = connectTls({ port, host: '127.0.0.1', servername: 'localhost', ca: cert })
  await once(good, 'secureConnect')
  assert.equal(good.getProtocol(), 'TLSv1.3')
  good.destroy()
  const old = connectTls({ port, host: '127.0.0.1', ca: cert, maxVersion: 'TLSv1.2' })
  await assert.rejects(once(old, 'secureConnect'), /alert|version/i)
  const silent = connect(port, '127.0.0.1')
  silent.on('error', () => {})
  await once(silent.resume(), 'close', { signal: AbortSignal.timeout(30_000) })
})

test('a client that sends a byte now and then does not keep a server that stops', async t => {
  const { cert, key } = makeCertificate({ names: ['127.0.0.1'] })
  const { app } = await startApi(t, { tls: { cert, key } })
  const mute = connect(portOf(app), '127.0.0.1')
  const drips = connectTls({ port: portOf(app), host: '127.0.0.1', ca: cert })
  for (const socket of [mute, drips]) socket.on('error', () => {})
  await once(drips, 'secureConnect')
  drips.write('GET / HTTP/1.1\r\nHost: a\r\n')
  const timer = setInterval(() => drips.write('a: b\r\n'), 200)
  t.after(() => clearInterval(timer))
  const since = performance.now()
  await app.close()
  // Sooner than by the deadline for its headers.
  assert.ok(performance.now() - since < 9000)
})

test('one address has only so many connections, and gets others for those that end', async t => {
  const { app } = await startApi(t, { connectionsPerAddress: 2 })
  const open = () => connect(portOf(app), '127.0.0.1').on('error', () => {})
  const [first, second, third] = [open(), open(), open()]
  t.after(() => second.destroy())
  await once(third.resume(), 'close', { signal: AbortSignal.timeout(30_000) })
  const elsewhere = connect({ port: portOf(app), host: '127.0.0.1', localAddress: '127.0.0.2' })
  elsewhere.write('GET /livez HTTP/1.1\r\nHost: a\r\n\r\n')
  await once(elsewhere, 'data', { signal: AbortSignal.timeout(30_000) })
  elsewhere.destroy()
  first.destroy()
  await waitFor(() => ask(app, '/livez').catch(() => undefined), { what: 'a place for the next' })
})

test('health: alive, ready with reasons, status, metrics', async t => {
  const { app } = await startApi(t)
  const anyone = { token: null }
  assert.equal((await ask(app, '/livez', anyone)).text, 'ok')
  assert.deepEqual((await ask(app, '/status', anyone)).json, sampleStatus)
  assert.deepEqual((await ask(app, '/readyz', anyone)).json, { ready: true, reasons: [] })
  const { text, headers } = await ask(app, '/metrics', anyone)
  assert.match(headers.get('content-type') ?? '', /^text\/plain; version=0\.0\.4/)
  assert.match(text, /^mcfed_posts_stored_total\{role="edge"\} 3$/m)
})

test('where the other servers are is told to this machine and to who may read, and to nobody else', async t => {
  const app = await createHttpServer({ log: silentLog })
  const seen = {
    id: 'y'.repeat(43),
    role: 'edge',
    direction: 'in',
    state: 'connected',
    since: '',
    latencyMs: 1,
  } as const
  const peer = {
    ...seen,
    name: 'City B',
    address: '198.51.100.9:4000',
    bytesIn: 0,
    bytesOut: 0,
    lastError: null,
    rooms: [],
  }
  const access: AccessCheck = async request => {
    if (bearerToken(request) === 'away') throw new StoreUnavailableError('the store of the tokens is away')
    return { ...noAccess, canRead: bearerToken(request) === 'reader' }
  }
  await app.register(healthRoutes, {
    status: () => ({ ...sampleStatus, peers: [peer] }),
    families: serverFamilies,
    access,
  })
  await app.listen({ host: '127.0.0.1', port: 0 })
  t.after(() => app.close())
  const far = (authorization?: string) =>
    app.inject({ remoteAddress: '192.0.2.7', url: '/status', headers: authorization ? { authorization } : {} })

  assert.deepEqual((await ask(app, '/status')).json.peers, [peer])
  assert.deepEqual((await far('Bearer reader')).json().peers, [peer])
  for (const token of [undefined, 'Bearer wrong', 'Bearer away']) {
    const { statusCode, body } = await far(token)
    assert.equal(statusCode, 200)
    assert.ok(body.includes('City B') && !body.includes('198.51.100.9'), body)
  }
})

test('not ready is 503 with the reasons, and a status that hangs is 503 as well', async t => {
  const app = await createHttpServer({ log: silentLog })
  let answer: () => Status | Promise<Status> = () => ({
    ...sampleStatus,
    ready: false,
    reasons: ['Redis does not answer'],
  })
  await app.register(healthRoutes, { status: () => answer(), families: serverFamilies, deadlineMs: 50 })
  await app.listen({ host: '127.0.0.1', port: 0 })
  t.after(() => app.close())
  const unready = await ask(app, '/readyz')
  assert.deepEqual([unready.status, unready.json], [503, { ready: false, reasons: ['Redis does not answer'] }])
  answer = () => new Promise(() => {})
  assert.equal((await ask(app, '/readyz')).status, 503)
  assert.equal((await ask(app, '/livez')).status, 200)
})
