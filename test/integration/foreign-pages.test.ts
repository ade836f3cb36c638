// What pages of elsewhere can do to somebody who is signed in, in a real browser: of another port of the host, of another site,
// and of a name that leads here all of a sudden (DNS rebinding).
import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import test, { type TestContext } from 'node:test'
import { type BrowserContext, chromium, type Page } from 'playwright-core'
import { startSessions } from '#test/support/session-server.ts'

const here = 'pi.test.lan'
const posts = '/api/v1/rooms/frontrange/posts'

/** Done by a page to the server at `base`; tells what it got to see. */
async function attack(base: string): Promise<string[]> {
  const room = `${base}/api/v1/rooms/frontrange/posts`
  const body = JSON.stringify({ text: 'not by me', author: 'Eve' })
  const seen: string[] = []
  const note = (what: string, asked: Promise<{ ok: boolean; type: string }>) =>
    asked.then(
      ({ ok, type }) => ok && type !== 'opaque' && seen.push(what),
      () => {},
    )
  const ask = (url: string, init: RequestInit) => fetch(url, { credentials: 'include', ...init })
  await note('read', ask(room, {}))
  await note('session', ask(`${base}/api/v1/session`, {}))
  await note('post', ask(room, { method: 'POST', body, headers: { 'content-type': 'application/json' } }))
  await note('plain post', ask(room, { method: 'POST', body }))
  await note('blind post', ask(room, { method: 'POST', body, mode: 'no-cors' }))
  await note('sign-out', ask(`${base}/api/v1/session`, { method: 'DELETE' }))
  await note(
    'sign-in',
    ask(`${base}/api/v1/session`, { method: 'POST', body: '{"token":"viewer-token"}', mode: 'no-cors' }),
  )
  await new Promise<void>(resolve => {
    const socket = new WebSocket(`${base.replace('http', 'ws')}/api/v1/live`)
    socket.onopen = () => seen.push('live')
    socket.onmessage = () => resolve()
    socket.onerror = () => resolve()
  })
  return seen
}

/** A form needs no script, and its answer is shown in the place of the page. */
async function submitForm(page: Page, action: string): Promise<void> {
  const field = `name='{"text":"not by me","author":"Eve","x":"' value='"}'`
  await page.setContent(
    `<form method="post" enctype="text/plain" action="${action}"><input ${field}><button>Go</button>`,
  )
  await page.click('button')
  await page.waitForURL(action)
}

async function start(t: TestContext, trustsMachine: boolean) {
  const server = await startSessions(t, { trustsMachine })
  const other = createServer((_request, response) =>
    response.setHeader('content-type', 'text/html').end('<title>x</title>'),
  )
  await new Promise<void>(resolve => other.listen(0, '127.0.0.1', resolve))
  t.after(() => other.close().closeAllConnections())
  const { port } = other.address() as AddressInfo
  const args = ['--host-resolver-rules=MAP *.test.lan 127.0.0.1, MAP *.evil.lan 127.0.0.1']
  const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args })
  t.after(() => browser.close())
  const context = await browser.newContext()
  context.setDefaultTimeout(60_000)
  return { ...server, otherPort: port, context }
}

async function pageAt(context: BrowserContext, url: string): Promise<Page> {
  const page = await context.newPage()
  await page.goto(url)
  return page
}

test('who is signed in is safe from pages of another port, of another site, and of a name that leads here', async t => {
  const { port, otherPort, context, room } = await start(t, false)
  const base = `http://${here}:${port}`
  const own = await pageAt(context, `${base}/blank`)
  const signIn = await own.evaluate(async () => {
    const init = { method: 'POST', body: '{"token":"operator-token"}', headers: { 'content-type': 'application/json' } }
    return (await fetch('/api/v1/session', init)).status
  })
  assert.equal(signIn, 200)
  for (const origin of [
    `http://${here}:${otherPort}`,
    `http://www.evil.lan:${otherPort}`,
    `http://www.evil.lan:${port}`,
  ]) {
    const page = await pageAt(context, `${origin}/blank`)
    assert.deepEqual(await page.evaluate(attack, base), [], origin)
    await submitForm(page, `${base}${posts}`)
  }
  assert.equal(room.head.head, 0)
  const seen = await own.evaluate(attack, base)
  assert.deepEqual(seen, ['read', 'session', 'post', 'sign-out'])
  assert.equal(room.head.head, 1)
})

test('where this machine needs no token, no page of elsewhere is this machine', async t => {
  const { port, otherPort, context, room } = await start(t, true)
  const base = `http://127.0.0.1:${port}`
  for (const origin of [`http://www.evil.lan:${otherPort}`, `http://www.evil.lan:${port}`]) {
    const page = await pageAt(context, `${origin}/blank`)
    assert.deepEqual(await page.evaluate(attack, base), [], origin)
    // The name leads here all of a sudden: all that the page asks for is of its own origin, and it may forget its own cookie.
    if (origin.endsWith(`:${port}`)) assert.deepEqual(await page.evaluate(attack, origin), ['sign-out'])
    await submitForm(page, `${base}${posts}`)
  }
  assert.equal(room.head.head, 0)
  const own = await pageAt(context, `${base}/blank`)
  assert.deepEqual(await own.evaluate(attack, base), ['read', 'session', 'post', 'sign-out', 'live'])
  assert.equal(room.head.head, 1)
})
