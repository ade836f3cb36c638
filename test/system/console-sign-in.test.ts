// The way into the console: with a token, for as long as one likes, and with no more than the token gives.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { startBrowser, type TestBrowser } from '#test/support/browser.ts'
import { openRoom, seesPost, send, signIn } from '#test/support/console.ts'
import { type ConsoleWorld, hubPage, startConsoleWorld } from '#test/support/console-world.ts'
import { testRoom } from '#test/support/programs.ts'
import { waitFor } from '#test/support/wait-for.ts'

/** More than anybody needs who mistypes. */
const triesMax = 60
const slowed = /try again in/i

let world: ConsoleWorld
let browser: TestBrowser
const shared = new AsyncDisposableStack()
after(() => shared.disposeAsync())
before(async () => {
  world = shared.use(await startConsoleWorld())
  browser = shared.use(await startBrowser())
})

test('a wrong token is refused in words; the right one is kept over a reload, and not after signing out', async t => {
  const visit = await browser.visit(t, { url: hubPage(world.hub) })
  const { page } = visit
  visit.expect(/status of 401/)
  await page.getByLabel('Token').fill('mcf_nobody')
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByRole('alert').filter({ hasText: /token/i }).waitFor()

  await signIn(page, world.tokens.operator)
  await page.getByRole('link', { name: testRoom }).waitFor()
  await page.reload()
  await page.getByRole('link', { name: testRoom }).waitFor()
  const cookies = await visit.context.cookies()
  assert.deepEqual(
    cookies.map(({ name, httpOnly, sameSite, secure, path }) => [name.slice(0, 6), httpOnly, sameSite, secure, path]),
    [['mcfed-', true, 'Strict', true, '/']],
  )
  const kept = await page.evaluate('JSON.stringify({ ...localStorage, ...sessionStorage })')
  assert.ok(!String(kept).includes(world.tokens.operator))

  await openRoom(page, testRoom)
  await send(page, 'Two hurt at the mill')
  await seesPost(page, 'Two hurt at the mill')
  // The post may be in the feed before its sender has the answer, and whoever leaves before that is asked whether he wants to.
  await page.getByRole('list', { name: 'Not stored yet' }).waitFor({ state: 'detached' })
  const other = await visit.tab(`#/rooms/${testRoom}`)
  await other.getByRole('textbox', { name: `Text of a post in ${testRoom}` }).fill('A third one at the mill')
  // Its memory goes with it: the page loads itself anew.
  const isAnew = page.waitForEvent('load')
  await page.getByRole('button', { name: 'Sign out' }).click()
  await isAnew
  await page.getByLabel('Token').waitFor()
  await other.getByLabel('Token').waitFor()
  // It may learn of the sign-out by the server before it is told by the first one, and begins anew then.
  await waitFor(() => other.evaluate<string>('JSON.stringify({ ...localStorage })'), {
    what: 'the other tab to have forgotten',
    until: kept => !/mill|Net control/.test(kept),
  })
  await page.reload()
  await page.getByLabel('Token').waitFor()
  assert.deepEqual(await visit.context.cookies(), [])
})

test('a viewer sees and writes nothing; an operator writes; only an admin decides who may join', async t => {
  const sees = async (role: keyof ConsoleWorld['tokens']) => {
    const { page } = await browser.visit(t, { url: hubPage(world.hub) })
    await signIn(page, world.tokens[role])
    await page.getByRole('link', { name: testRoom }).click()
    await page.getByRole('heading', { name: testRoom }).waitFor()
    const writes = await page.getByRole('button', { name: /^Send/ }).count()
    await page.getByRole('link', { name: 'Network' }).click()
    await page.getByRole('link', { name: 'Boulder' }).click()
    await page.getByRole('heading', { name: 'Boulder' }).waitFor()
    return { writes, decides: await page.getByRole('button', { name: /^Revoke/ }).count() }
  }
  assert.deepEqual(await sees('viewer'), { writes: 0, decides: 0 })
  assert.deepEqual(await sees('operator'), { writes: 1, decides: 0 })
  assert.deepEqual(await sees('admin'), { writes: 1, decides: 1 })
})

test('who tries one token after the other is told to wait', async t => {
  const visit = await browser.visit(t, { url: hubPage(world.hub) })
  visit.expect(/status of (401|429)/)
  const { page } = visit
  const alert = page.getByRole('alert')
  const isSlowed = async () => (await alert.allTextContents()).some(text => slowed.test(text))
  for (let tries = 0; tries < triesMax && !(await isSlowed()); tries += 1) {
    await page.getByLabel('Token').fill(`mcf_guess${tries}`)
    const answered = page.waitForResponse(/\/api\/v1\/session$/)
    await page.getByRole('button', { name: 'Sign in' }).click()
    await answered
  }
  await alert.filter({ hasText: slowed }).waitFor()
})
