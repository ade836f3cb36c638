// What is written at a console is never lost and never said twice: not without a connection, over a reload, in two tabs, nor when the
// server restarts or is upgraded.
import assert from 'node:assert/strict'
import { mkdtempDisposable } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, type TestContext, test } from 'node:test'
import type { Page } from 'playwright-core'
import { startBrowser, type TestBrowser, type Visit } from '#test/support/browser.ts'
import { expectOutage, go } from '#test/support/console.ts'
import { edgePage } from '#test/support/console-world.ts'
import { newerConsole } from '#test/support/preloads.ts'
import { type EdgeOptions, type EdgeProgram, freeEdgePorts, startEdge, testRoom } from '#test/support/programs.ts'
import { startRelay } from '#test/support/relay.ts'

/** What the browser says where a page asks for files of its own version, and the server has another. */
const otherVersion = [/status of 404 .*\/console\//, /Refused to execute script .*\/console\//]
const postsPath = '**/api/v1/rooms/*/posts'

let dir: AsyncDisposable & { path: string }
let options: EdgeOptions
let edge: EdgeProgram
let browser: TestBrowser
const shared = new AsyncDisposableStack()
after(() => shared.disposeAsync())
before(async () => {
  dir = shared.use(await mkdtempDisposable(join(tmpdir(), 'mcfed-outbox-')))
  options = { name: 'Denver', dir: dir.path, ports: await freeEdgePorts() }
  edge = await startEdge(options)
  shared.defer(() => edge[Symbol.asyncDispose]())
  browser = shared.use(await startBrowser())
})

/** Nobody need sign in at an edge from its own machine. */
async function openRoom(t: TestContext): Promise<{ visit: Visit; page: Page }> {
  const visit = await browser.visit(t, { url: edgePage(edge) })
  expectOutage(visit)
  await visit.page.goto(`${edgePage(edge)}#/rooms/${testRoom}`)
  return { visit, page: visit.page }
}

const field = (page: Page) => page.getByLabel(`Text of a post in ${testRoom}`)
const waiting = (page: Page, text: string) =>
  page.getByRole('list', { name: 'Not stored yet' }).getByRole('listitem').filter({ hasText: text })
/** The city has no radio: on its disk is as far as a post comes. */
const stored = (page: Page, text: string) =>
  page.getByRole('article').filter({ hasText: text }).getByText('Denver stored')

async function write(page: Page, text: string): Promise<void> {
  await page.getByLabel('As', { exact: true }).fill('Net control')
  await field(page).fill(text)
  await field(page).press('Control+Enter')
}

const storedLike = async (pattern: RegExp) => (await edge.posts()).filter(({ text }) => pattern.test(text))

const refuse = (page: Page) =>
  page.route(postsPath, route => (route.request().method() === 'POST' ? route.abort() : route.continue()))

test('a post without a connection outlives a reload, is seen in a second tab, and is stored once', async t => {
  const { visit, page } = await openRoom(t)
  await refuse(page)
  await write(page, 'Shelter is open')
  await waiting(page, 'Shelter is open').getByText('Not posted yet').waitFor()
  await field(page).fill('Half a tho')
  await page.reload()
  await waiting(page, 'Shelter is open').getByText('No connection to the server').waitFor()
  assert.equal(await field(page).inputValue(), 'Half a tho')
  await page.getByText('Denver: Half a tho').waitFor()
  // From here on there is a connection, and both tabs have it.
  await page.unroute(postsPath)
  const second = await visit.tab(`#/rooms/${testRoom}`)
  for (const tab of [page, second]) await stored(tab, 'Shelter is open').waitFor()
  const [post, ...more] = await storedLike(/^Shelter/)
  assert.deepEqual([post?.author.name, more], ['Net control', []])
})

test('neither an answer that is lost nor a server that restarts makes a second post, or another order', async t => {
  const { page } = await openRoom(t)
  let lost = 0
  await page.route(postsPath, async route => {
    if (route.request().method() !== 'POST' || lost >= 2) return route.continue()
    await route.fetch()
    lost += 1
    return route.abort()
  })
  await write(page, 'One, the pass')
  // It is in the feed before the server has answered.
  await stored(page, 'One, the pass').waitFor()
  await waiting(page, 'One, the pass').waitFor({ state: 'detached' })
  assert.equal(lost, 2)
  await edge.kill('SIGKILL')
  for (const text of ['Two, the bridge', 'Three, the school']) await write(page, text)
  await waiting(page, 'Two, the bridge').getByText('Not posted yet').waitFor()
  await edge.run()
  await stored(page, 'Three, the school').waitFor({ timeout: 40_000 })
  const texts = (await storedLike(/^(One|Two|Three), /)).map(({ text }) => text)
  assert.deepEqual(texts, ['One, the pass', 'Two, the bridge', 'Three, the school'])
})

test('what cannot be sent says what to do, in a browser that keeps nothing, too', async t => {
  const { visit, page } = await openRoom(t)
  visit.expect(/status of 403/)
  await page.addInitScript(() => {
    Object.defineProperty(globalThis, 'localStorage', {
      get: () => {
        throw new DOMException('forbidden', 'SecurityError')
      },
    })
  })
  await page.reload()
  await write(page, 'x'.repeat(601))
  await page.getByRole('alert').filter({ hasText: 'limit is 600' }).waitFor()
  await page.route(postsPath, route =>
    route.fulfill({ status: 403, json: { error: 'forbidden', message: 'this token does not give the right to post' } }),
  )
  await write(page, 'May I?')
  await waiting(page, 'May I?').getByText('Sign in as an operator').waitFor()
  await page.getByText('This browser keeps nothing').waitFor()
  await page.unroute(postsPath)
  await waiting(page, 'May I?').getByRole('button', { name: 'Send again' }).click()
  await stored(page, 'May I?').waitFor()
  // The post may be in the feed before its sender has the answer.
  await page.getByText('This browser keeps nothing').waitFor({ state: 'detached' })
  assert.equal((await storedLike(/^(May|x)/)).length, 1)
})

test('a page that was open over an upgrade of the server says so, and loaded again it has what was written', async t => {
  const { visit, page } = await openRoom(t)
  visit.expect(...otherVersion)
  await field(page).fill('Half a tho')
  const other = page.getByText('The server has another version of this page')
  await edge.stop()
  edge = await startEdge({ ...options, env: newerConsole() })
  await other.waitFor({ timeout: 20_000 })
  await page.getByText('What you have written is kept.').waitFor()
  await go(page, '#/network/map')
  await page.getByRole('alert').filter({ hasText: 'The map cannot be shown: the server has another version' }).waitFor()
  assert.deepEqual(await visit.barriers(), [])
  await go(page, `#/network/${(await edge.status()).id}`)
  const chart = page.getByRole('alert').filter({ hasText: 'The chart cannot be shown: the server has another version' })
  await chart.first().waitFor()
  await go(page, `#/rooms/${testRoom}`)
  await page.getByRole('button', { name: 'Load it again' }).click()
  await other.waitFor({ state: 'detached' })
  await page.getByText('Denver: Half a tho').waitFor()
  await go(page, '#/network/map')
  await page
    .getByRole('application', { name: /^Map of the cities/ })
    .locator('path')
    .first()
    .waitFor()
  assert.equal(await page.getByRole('alert').filter({ hasText: 'cannot be shown' }).count(), 0)
})

test('a script that this browser cannot run is named in the place of what it would show', async t => {
  const { page } = await openRoom(t)
  await page.route('**/chart.js', route => route.fulfill({ contentType: 'text/javascript', body: '' }))
  await go(page, `#/network/${(await edge.status()).id}`)
  const said = page.getByRole('alert').filter({ hasText: 'The chart cannot be shown: this browser cannot run uPlot' })
  await said.first().waitFor()
})

test('behind the same address is another city all of a sudden: what waits for the one is not posted at the other unasked', async t => {
  await using other = await startEdge({ name: 'Boulder' })
  const tunnel = { port: edge.ports.status }
  await using relay = await startRelay(tunnel)
  const visit = await browser.visit(t, { url: `http://127.0.0.1:${relay.port}/` })
  expectOutage(visit)
  // Their consoles are of two versions, too.
  visit.expect(...otherVersion)
  const { page } = visit
  await page.goto(`${page.url()}#/rooms/${testRoom}`)
  await refuse(page)
  await write(page, 'for Denver only')
  await waiting(page, 'for Denver only').getByText('Not posted yet').waitFor()
  tunnel.port = other.ports.status
  relay.cut()
  relay.heal()
  await waiting(page, 'for Denver only').getByText('It was written at "Denver", and this is "Boulder"').waitFor()
  await page.getByRole('banner').getByText('Boulder').waitFor()
  await page.unroute(postsPath)
  await write(page, 'for Boulder')
  await page.getByRole('article').filter({ hasText: 'for Boulder' }).waitFor()
  assert.deepEqual(
    (await other.posts()).map(({ text }) => text),
    ['for Boulder'],
  )
})
