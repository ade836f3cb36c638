// Signing in by token, what the cookie gives and to whom, and signing out.
import assert from 'node:assert/strict'
import test from 'node:test'
import { sentBack, startSessions, testServer } from '#test/support/session-server.ts'

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
    assert.deepEqual(attributes, ['Path=/', 'Max-Age=2592000', 'HttpOnly', 'SameSite=Strict'])
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
  ['whose browser says otherwise', { ...own, 'sec-fetch-site': 'same-site' }],
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
  assert.equal(lines.filter(line => line.includes('tried to sign in')).length, 2)
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
