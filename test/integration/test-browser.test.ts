// The browser of the tests: what a page does wrong is seen, and fails the visit.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, test } from 'node:test'
import { lanDomain, startBrowser, type TestBrowser } from '#test/support/browser.ts'

const pages: Readonly<Record<string, string>> = {
  '/good': '<h1>Good</h1><p>Nothing wrong here.</p>',
  '/inline': '<h1>Inline</h1><script>document.title = "run"</script>',
  '/elsewhere': '<h1>Elsewhere</h1><img alt="" src="http://127.0.0.1:9/pixel.png">',
  '/broken': '<h1>Broken</h1><script src="/throws.js"></script>',
  '/barrier': '<h1>Barrier</h1><input type="text"><button></button>',
}
const policy = "default-src 'self'; img-src *"
const server = createServer(({ url = '' }, response) => {
  if (url === '/icon') return void response.writeHead(204).end()
  if (url === '/throws.js') return void response.end('throw new Error("on purpose")')
  const head = '<!doctype html><html lang="en"><title>A page</title><link rel="icon" href="/icon">'
  response.writeHead(200, { 'content-type': 'text/html', 'content-security-policy': policy })
  response.end(`${head}<main>${pages[url] ?? '<h1>None</h1>'}</main></html>`)
})
let browser: TestBrowser

before(async () => {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  browser = await startBrowser()
})
after(async () => {
  await browser[Symbol.asyncDispose]()
  server.close()
})

function pageAt(path: string, host = '127.0.0.1'): string {
  return `http://${host}:${(server.address() as AddressInfo).port}${path}`
}

test('a page that does nothing wrong passes, by any name of the local network', async t => {
  for (const host of ['127.0.0.1', `console.${lanDomain}`]) {
    const visit = await browser.visit(t, { url: pageAt('/good', host) })
    assert.equal(await visit.page.getByRole('heading', { name: 'Good' }).count(), 1)
    assert.deepEqual(await visit.barriers(), [])
    assert.equal(await visit.page.evaluate('isSecureContext'), host === '127.0.0.1')
  }
})

test('a breach of the policy, a script error and a request to elsewhere each fail the visit', async () => {
  const wrongs = {
    '/inline': /Content Security Policy/,
    '/broken': /on purpose/,
    '/elsewhere': /a request to elsewhere: http:\/\/127\.0\.0\.1:9\//,
  }
  for (const [path, wrong] of Object.entries(wrongs)) {
    const ends: (() => Promise<void>)[] = []
    const visit = await browser.visit({ after: end => ends.push(end) }, { url: pageAt(path) })
    assert.notEqual(await visit.page.title(), 'run')
    await assert.rejects(Promise.all(ends.map(end => end())), wrong)
  }
})

test('barriers are found', async t => {
  const visit = await browser.visit(t, { url: pageAt('/barrier') })
  const found = await visit.barriers()
  assert.deepEqual(found.map(barrier => barrier.split(' ')[0]).toSorted(), ['button-name', 'label', 'target-size'])
})
