// Who counts as a program on this machine, and how a token is found.
import assert from 'node:assert/strict'
import { type AddressInfo, connect } from 'node:net'
import { text } from 'node:stream/consumers'
import test from 'node:test'
import { type Access, bearerToken, isLoopbackRequest, noAccess, requireRight } from '#common/http/access.ts'
import { createHttpServer } from '#common/http/http-server.ts'
import { createLog } from '#common/log.ts'

const log = createLog({ json: false, level: 'silent' })

async function ask(headers: Record<string, string>, remoteAddress = '127.0.0.1') {
  const app = await createHttpServer({ log })
  app.get('/', async request => ({ isLoopback: isLoopbackRequest(request), token: bearerToken(request) ?? null }))
  const answer = await app.inject({ path: '/', remoteAddress, headers })
  await app.close()
  return answer.json()
}

const local = [
  { host: 'localhost:5002' },
  { host: 'LOCALHOST' },
  { host: '127.0.0.1:5002' },
  { host: '127.9.8.7' },
  { host: '[::1]:5002' },
  { host: 'localhost:5002', origin: 'http://localhost:5002' },
  { host: 'localhost:5002', origin: 'http://127.0.0.1' },
]
for (const headers of local)
  test(`is a program on this machine: ${JSON.stringify(headers)}`, async () => {
    for (const address of ['127.0.0.1', '127.1.2.3', '::1', '::ffff:127.0.0.1'])
      assert.equal((await ask(headers, address)).isLoopback, true, address)
  })

const foreign = [
  { host: 'evil.example' },
  { host: 'localhost.evil.example' },
  { host: '127.0.0.1.evil.example' },
  { host: '128.0.0.1' },
  { host: 'localhost', forwarded: 'for=1.2.3.4' },
  { host: 'localhost', 'x-forwarded-for': '127.0.0.1' },
  { host: 'localhost', 'x-forwarded-proto': 'https' },
  { host: 'localhost', 'x-real-ip': '127.0.0.1' },
  { host: 'localhost', via: '1.1 caddy' },
  { host: 'localhost', origin: 'https://evil.example' },
  { host: 'localhost', origin: 'http://localhost.evil.example' },
  { host: 'localhost', origin: 'null' },
]
for (const headers of foreign)
  test(`is none, though the socket is local: ${JSON.stringify(headers)}`, async () => {
    assert.equal((await ask(headers)).isLoopback, false)
  })

test('a proxy that says nothing of itself, as nginx by its defaults, is told by its old HTTP', async t => {
  const app = await createHttpServer({ log })
  t.after(() => app.close())
  app.get('/', async request => ({ isLoopback: isLoopbackRequest(request) }))
  await app.listen({ host: '127.0.0.1', port: 0 })
  const { port } = app.server.address() as AddressInfo
  const isLoopback = async (version: string) => {
    const socket = connect(port, '127.0.0.1')
    socket.write(`GET / HTTP/${version}\r\nHost: 127.0.0.1:${port}\r\nConnection: close\r\n\r\n`)
    return JSON.parse((await text(socket)).split('\r\n\r\n')[1] ?? '').isLoopback
  }
  assert.deepEqual([await isLoopback('1.0'), await isLoopback('1.1')], [false, true])
})

test('an address elsewhere is none, whatever the host header says', async () => {
  for (const address of ['192.168.1.5', '10.0.0.1', '2001:db8::1', '::ffff:10.0.0.1', '::2'])
    assert.equal((await ask({ host: 'localhost' }, address)).isLoopback, false, address)
})

test('a token comes in the header or, from browsers, as a subprotocol', async () => {
  const tokens: [Record<string, string>, string | null][] = [
    [{ authorization: 'Bearer mcf_a-b_c' }, 'mcf_a-b_c'],
    [{ authorization: 'bearer abc' }, 'abc'],
    [{ authorization: 'Basic abc' }, null],
    [{ authorization: 'Bearer a b' }, null],
    [{ 'sec-websocket-protocol': 'mcfed-live.1, bearer.xyz' }, 'xyz'],
    [{ 'sec-websocket-protocol': 'bearer.' }, null],
    [{ authorization: 'Bearer header', 'sec-websocket-protocol': 'bearer.other' }, 'header'],
    [{}, null],
  ]
  for (const [headers, expected] of tokens) assert.equal((await ask({ host: 'x', ...headers })).token, expected)
})

test('401 asks for a token, 403 for another one', async () => {
  const reader: Access = { canRead: true, canPost: false, isAdmin: false, who: 'reader' }
  const app = await createHttpServer({ log })
  app.get('/:who', async request => {
    const who = (request.params as { who: string }).who
    return requireRight(async () => (who === 'reader' ? reader : noAccess), request, 'canPost')
  })
  const forbidden = await app.inject('/reader')
  assert.equal(forbidden.statusCode, 403)
  assert.equal(forbidden.json().error, 'forbidden')
  assert.equal(forbidden.headers['www-authenticate'], undefined)
  const unauthorized = await app.inject('/nobody')
  assert.equal(unauthorized.statusCode, 401)
  assert.equal(unauthorized.headers['www-authenticate'], 'Bearer')
  await app.close()
})
