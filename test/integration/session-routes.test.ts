// Signing in by token, what the cookie gives and to whom, and signing out.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import test from 'node:test'
import WebSocket from 'ws'
import { sentBack, startSessions, testServer } from '#test/support/session-server.ts'
import { waitFor } from '#test/support/wait-for.ts'

const path = '/api/v1/session'
const host = 'hub.example.com:8443'
const own = { host, origin: `http://${host}` }
const postsPath = '/api/v1/rooms/frontrange/posts'

for (const role of ['viewer', 'operator', 'admin'] as const)
  test(`who signs in as ${role} gets a cookie, and is known by it until signing out`, async t => {
    const { app, lines } = await startSessions(t)
    const signedIn = await app.inject({ method: 'POST', path, headers: own, payload: { token: `${role}-token` } })
    const told = { who: `my ${role}`, role, signedIn: true, server: testServer }
    assert.deepEqual([signedIn.statusCode, signedIn.json()], [200, told])
    const [cookie, ...attributes] = String(signedIn.headers['set-cookie']).split('; ')
    assert.equal(cookie, `mcfed-AbCd_-12=${role}-token`)
    assert.deepEqual(attributes, ['Path=/', 'Max-Age=15552000', 'HttpOnly', 'SameSite=Strict'])
    assert.equal(signedIn.headers['cache-control'], 'no-store')
    const headers = { ...own, cookie: sentBack(signedIn.headers) }
    const known = await app.inject({ path, headers })
    assert.deepEqual([known.statusCode, known.json()], [200, told])
    const signedOut = await app.inject({ method: 'DELETE', path, headers })
    assert.equal(signedOut.statusCode, 204)
    assert.match(String(signedOut.headers['set-cookie']), /^mcfed-AbCd_-12=; Path=\/; Max-Age=0; /)
    assert.match(
      lines.join('\n'),
      new RegExp(`"my ${role}" \\(${role}\\) signed in to the console from 127\\.0\\.0\\.1`),
    )
    assert.ok(!lines.join('\n').includes(`${role}-token`))
  })

test('a token that is not known, or is none, signs nobody in', async t => {
  const { app, tokens } = await startSessions(t)
  const refused = async (payload: object | string) => {
    const answer = await app.inject({
      method: 'POST',
      path,
      headers: { ...own, 'content-type': 'application/json' },
      payload,
    })
    assert.equal(answer.headers['set-cookie'], undefined)
    return [answer.statusCode, answer.json().error]
  }
  assert.deepEqual(await refused({ token: 'nobody-token' }), [401, 'bad_token'])
  for (const payload of [
    { token: '' },
    { token: ' ' },
    { token: 5 },
    {},
    { token: 'a', x: 1 },
    { token: 'a'.repeat(513) },
  ])
    assert.deepEqual(await refused(payload), [400, 'bad_request'], JSON.stringify(payload).slice(0, 40))
  assert.deepEqual(await refused('{'), [400, 'bad_json'])
  const headers = { ...own, cookie: 'mcfed-AbCd_-12=viewer-token' }
  assert.equal((await app.inject({ path, headers })).statusCode, 200)
  tokens.delete('viewer-token')
  const gone = await app.inject({ path, headers })
  assert.deepEqual([gone.statusCode, gone.json().error], [401, 'unauthorized'])
})

test('a page of elsewhere signs nobody in, and a program needs no page', async t => {
  const { app } = await startSessions(t)
  const status = async (headers: Record<string, string>) => {
    const answer = await app.inject({ method: 'POST', path, headers, payload: { token: 'viewer-token' } })
    return [answer.statusCode, answer.headers['set-cookie'] !== undefined]
  }
  assert.deepEqual(await status({ host, origin: 'https://evil.example' }), [403, false])
  assert.deepEqual(await status({ host, 'sec-fetch-site': 'cross-site' }), [403, false])
  assert.deepEqual(await status({ host }), [200, true])
})

test('the cookie gives the rights of its token and no more', async t => {
  const { app, room } = await startSessions(t)
  const post = async (role: string) => {
    const headers = { ...own, cookie: `a=b; mcfed-AbCd_-12=${role}-token` }
    const payload = { text: 'to all', author: 'Net control' }
    const { statusCode } = await app.inject({ method: 'POST', path: postsPath, headers, payload })
    return statusCode
  }
  assert.deepEqual([await post('viewer'), await post('operator'), await post('none')], [403, 201, 401])
  assert.equal(room.head.head, 1)
})

const elsewhere: [what: string, headers: Record<string, string>][] = [
  ['of another site', { host, origin: 'https://evil.example' }],
  ['of another port of the same host', { host, origin: 'http://hub.example.com:8080' }],
  ['of another port that TLS would hide', { host, origin: 'http://hub.example.com' }],
  ['of nowhere', { host, origin: 'null' }],
  ['without an Origin', { host }],
  ['with two Origins', { host, origin: `http://${host}, https://evil.example` }],
  ['with a path for an Origin', { host, origin: `http://evil.example/${host}` }],
  ['with a user for an Origin', { host, origin: `http://${host}@evil.example` }],
]
for (const [what, headers] of elsewhere)
  test(`a page ${what} does nothing by cookie`, async t => {
    const { app, room } = await startSessions(t)
    const cookie = 'mcfed-AbCd_-12=admin-token'
    const payload = { text: 'to all', author: 'Net control' }
    const posted = await app.inject({ method: 'POST', path: postsPath, headers: { ...headers, cookie }, payload })
    assert.deepEqual([posted.statusCode, posted.json().error], [403, 'bad_origin'])
    assert.equal(room.head.head, 0)
    const out = await app.inject({ method: 'DELETE', path, headers: { ...headers, cookie } })
    assert.deepEqual([out.statusCode, out.headers['set-cookie']], [403, undefined])
  })

test('wrong tokens are told to wait, also on this machine and by whatever way; who is signed in is not', async t => {
  const { app, lines } = await startSessions(t, { trustsMachine: true, now: () => 0 })
  const cookie = 'mcfed-AbCd_-12=admin-token'
  for (const headers of [
    { host: 'localhost', origin: 'http://localhost' },
    { ...own, 'x-forwarded-for': '192.0.2.1' },
  ]) {
    const answers = []
    for (let i = 0; i < 12; i += 1)
      answers.push(await app.inject({ method: 'POST', path, headers, payload: { token: `guess-${i}` } }))
    assert.deepEqual(
      answers.map(({ statusCode }) => statusCode),
      [...Array.from({ length: 10 }, () => 401), 429, 429],
    )
    const last = answers.at(-1)
    assert.deepEqual([last?.json().error, last?.headers['retry-after']], ['too_many_sign_ins', '60'])
    const known = await app.inject({ path, headers: { ...headers, cookie } })
    assert.deepEqual([known.statusCode, known.json().role], [200, 'admin'])
  }
  assert.equal(lines.filter(line => line.includes('tried to sign in')).length, 10)
  assert.ok(!lines.join('\n').includes('guess-'))
})

test('an address in a header that no proxy of ours has written does not make another client', async t => {
  const { app } = await startSessions(t, { now: () => 0 })
  const codes = new Set<number>()
  for (let i = 0; i < 12; i += 1) {
    const headers = {
      ...own,
      'x-forwarded-for': `192.0.2.${i}`,
      forwarded: `for=192.0.2.${i}`,
      'x-real-ip': `192.0.2.${i}`,
    }
    const remoteAddress = '203.0.113.7'
    codes.add((await app.inject({ method: 'POST', path, headers, remoteAddress, payload: { token: 'x' } })).statusCode)
  }
  assert.deepEqual([...codes], [401, 429])
})

test('what a page of this server posts is marked as of the console, also where no token is needed', async t => {
  const { app, room } = await startSessions(t, { trustsMachine: true })
  const post = async (headers: Record<string, string>) => {
    const { statusCode } = await app.inject({
      method: 'POST',
      path: postsPath,
      headers,
      payload: { text: 'a', author: 'A' },
    })
    const [entry] = await room.readAfter(room.head.head - 1, 1)
    return [statusCode, JSON.parse(entry?.json ?? '{}').source]
  }
  assert.deepEqual(await post({ ...own, cookie: 'mcfed-AbCd_-12=operator-token' }), [201, 'console'])
  assert.deepEqual(await post({ host: 'localhost:5002', origin: 'http://localhost:5002' }), [201, 'console'])
  assert.deepEqual(await post({ host: 'localhost:5002' }), [201, 'client'])
  assert.deepEqual(await post({ host: 'localhost:5002', origin: 'http://localhost:3000' }), [201, 'client'])
  assert.deepEqual(await post({ host, authorization: 'Bearer operator-token' }), [201, 'client'])
})

test('on the machine itself nobody need sign in, and who has signed in has the rights of the token', async t => {
  const { app } = await startSessions(t, { trustsMachine: true })
  const session = async (headers: Record<string, string>) => {
    const { json } = await app.inject({ path, headers: { host: 'localhost:5002', ...headers } })
    const { who, role, signedIn, error } = json()
    return error ?? [who, role, signedIn]
  }
  assert.deepEqual(await session({}), ['this machine', 'admin', false])
  assert.deepEqual(await session({ cookie: 'mcfed-AbCd_-12=viewer-token' }), ['my viewer', 'viewer', true])
  assert.deepEqual(await session({ cookie: 'mcfed-AbCd_-12=gone' }), ['this machine', 'admin', false])
  assert.equal(await session({ 'sec-fetch-site': 'cross-site' }), 'unauthorized')
  assert.equal(await session({ host: 'evil.example:5002' }), 'unauthorized')
  assert.equal(await session({ 'x-forwarded-for': '192.0.2.1' }), 'unauthorized')
})

test('by cookie only pages of this server get the live posts', async t => {
  const { port, say } = await startSessions(t)
  const cookie = 'mcfed-AbCd_-12=viewer-token'
  const open = (origin: string | undefined, asked = `127.0.0.1:${port}`) => {
    const headers = { host: asked, cookie, ...(origin !== undefined && { origin }) }
    const socket = new WebSocket(`ws://127.0.0.1:${port}/api/v1/live`, { headers })
    t.after(() => socket.terminate())
    return socket.on('error', () => {})
  }
  const status = async (...args: Parameters<typeof open>) => {
    const [, response] = await once(open(...args), 'unexpected-response', { signal: AbortSignal.timeout(30_000) })
    response.resume()
    return response.statusCode
  }
  assert.equal(await status('https://evil.example'), 403)
  assert.equal(await status(`http://127.0.0.1:${port + 1}`), 403)
  assert.equal(await status(undefined), 403)
  // DNS rebinding: the browser holds the cookie back there; if it did not, it would be a page of this server by all that can be told.
  assert.equal(await status(`http://127.0.0.1:${port}`, 'evil.example'), 403)
  const own = open(`http://127.0.0.1:${port}`)
  const frames: string[] = []
  own.on('message', data => frames.push(JSON.parse(data.toString()).t))
  await once(own, 'open', { signal: AbortSignal.timeout(30_000) })
  await say('to all')
  await waitFor(() => frames.includes('post'), { what: 'the post' })
})

for (const [what, headers, secure] of [
  ['a proxy says that browsers come by https', { host, 'x-forwarded-proto': 'https' }, true],
  [
    'a proxy that gives another Host says which it was',
    { host: '10.0.0.7:8443', 'x-forwarded-host': host, 'x-forwarded-proto': 'https' },
    true,
  ],
  ['the page itself says it, behind a proxy that does not', { host }, true],
] as const)
  test(`the cookie is for TLS only where ${what}`, async t => {
    const { app } = await startSessions(t, { http: { behindProxy: true } })
    const remoteAddress = '10.0.0.2'
    const page = { ...headers, origin: `https://${host}` }
    const answer = await app.inject({
      method: 'POST',
      path,
      remoteAddress,
      headers: page,
      payload: { token: 'admin-token' },
    })
    assert.deepEqual([answer.statusCode, String(answer.headers['set-cookie']).endsWith('; Secure')], [200, secure])
    const cookie = sentBack(answer.headers)
    const post = (origin: string) =>
      app.inject({
        method: 'POST',
        path: postsPath,
        remoteAddress,
        headers: { ...page, origin, cookie },
        payload: { text: 'a', author: 'A' },
      })
    assert.equal((await post(`https://${host}`)).statusCode, 201)
    assert.equal((await post('https://evil.example')).statusCode, 403)
    const isTold = 'x-forwarded-proto' in headers
    assert.equal((await post(`http://${host}`)).statusCode, isTold ? 403 : 201)
  })

test('what only reads needs no Origin, as browsers give none, and must not be of another page', async t => {
  const { app } = await startSessions(t)
  const status = async (more: Record<string, string>) => {
    const headers = { host, cookie: 'mcfed-AbCd_-12=viewer-token', ...more }
    return (await app.inject({ path: postsPath, headers })).statusCode
  }
  for (const more of [
    {},
    { 'sec-fetch-site': 'same-origin' },
    { 'sec-fetch-site': 'none' },
    { origin: `http://${host}` },
  ])
    assert.equal(await status(more), 200, JSON.stringify(more))
  for (const more of [
    { 'sec-fetch-site': 'same-site' },
    { 'sec-fetch-site': 'cross-site' },
    { origin: 'http://hub.example.com:8080' },
  ])
    assert.equal(await status(more), 403, JSON.stringify(more))
})

test('what a stranger says of a proxy is not believed', async t => {
  const { app } = await startSessions(t)
  const headers = {
    host: '192.0.2.1:8443',
    'x-forwarded-host': 'evil.example',
    origin: 'https://evil.example',
    cookie: 'mcfed-AbCd_-12=admin-token',
  }
  const remoteAddress = '203.0.113.9'
  const posted = await app.inject({
    method: 'POST',
    path: postsPath,
    headers,
    remoteAddress,
    payload: { text: 'a', author: 'A' },
  })
  assert.equal(posted.json().error, 'bad_origin')
})

test('a cookie that another has put beside ours hides it not, and a heap of them is not looked through', async t => {
  const asked: string[] = []
  const findToken = async (token: string) => {
    asked.push(token)
    return token === 'mine' ? { role: 'viewer' as const, who: 'me' } : undefined
  }
  const { app } = await startSessions(t, { findToken })
  const status = async (cookie: string) => (await app.inject({ path, headers: { ...own, cookie } })).statusCode
  const name = 'mcfed-AbCd_-12'
  assert.equal(await status(`${name}=theirs; ${name}=mine`), 200)
  assert.deepEqual(asked.splice(0), ['mine'])
  assert.equal(await status(`${name}=mine; ${name}=theirs`), 200)
  assert.equal(await status(`${name}=%E0%A4%A; ${name}=mine; ${name}=`), 200)
  assert.equal(await status(`mcfed-OtherOne=mine; x${name}=mine; ${name}x=mine`), 401)
  asked.splice(0)
  assert.equal(await status(Array.from({ length: 400 }, (_, i) => `${name}=${i}`).join('; ')), 401)
  assert.deepEqual(asked, ['399', '398', '397', '396'])
})

test('a cookie longer than headers may be is refused before anybody looks at it', async t => {
  const { port } = await startSessions(t)
  const headers = { cookie: `mcfed-AbCd_-12=${'x'.repeat(20_000)}` }
  const answer = await fetch(`http://127.0.0.1:${port}${path}`, { headers })
  assert.equal(answer.status, 431)
})

test('any token an edge may have fits the cookie and comes back whole', async t => {
  const odd = 'a;b=c, "d"\\e%20~\u007f'.replace(/[^\x21-\x7e]/g, '') + '!'.repeat(230)
  const findToken = async (token: string) => (token === odd ? { role: 'viewer' as const, who: 'me' } : undefined)
  const { app } = await startSessions(t, { findToken })
  const signedIn = await app.inject({ method: 'POST', path, headers: own, payload: { token: ` ${odd}\r\n` } })
  assert.equal(signedIn.statusCode, 200)
  const known = await app.inject({ path, headers: { ...own, cookie: sentBack(signedIn.headers) } })
  assert.equal(known.statusCode, 200)
  const split = await app.inject({ method: 'POST', path, headers: own, payload: { token: 'a\r\nSet-Cookie: b=c' } })
  assert.deepEqual([split.statusCode, split.headers['set-cookie']], [401, undefined])
})
