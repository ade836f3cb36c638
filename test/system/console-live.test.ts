// What net control sees and does while things happen: two people at two browsers, a node at its radio, outages of every kind.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Page } from 'playwright-core'
import { startBrowser, type TestBrowser, type Visit } from '#test/support/browser.ts'
import {
  arrivalMs,
  expectOutage,
  openRoom,
  postOf,
  seesOnceInOrder,
  seesPost,
  send,
  signIn,
  wordsOf,
} from '#test/support/console.ts'
import { type ConsoleWorld, hubPage, startConsoleWorld, startLateCity } from '#test/support/console-world.ts'
import { testRoom } from '#test/support/programs.ts'
import { pushed } from '#test/support/radio-city.ts'
import { startRelay } from '#test/support/relay.ts'
import { waitFor } from '#test/support/wait-for.ts'

let world: ConsoleWorld
let browser: TestBrowser
const shared = new AsyncDisposableStack()
after(() => shared.disposeAsync())
before(async () => {
  world = shared.use(await startConsoleWorld())
  browser = shared.use(await startBrowser())
})

type Test = Parameters<TestBrowser['visit']>[0]

/** Signed in at the hub, in the room. */
async function inRoom(
  t: Test,
  options: { url?: string; phone?: boolean; as?: 'viewer' | 'operator' } = {},
): Promise<Visit> {
  const { url = hubPage(world.hub), phone = false, as = 'operator' } = options
  const visit = await browser.visit(t, { url, phone })
  await signIn(visit.page, world.tokens[as])
  await openRoom(visit.page, testRoom)
  return visit
}

/** Under an own post: how far it has come. */
async function toldOf(page: Page, text: string, words: string): Promise<void> {
  const state = postOf(page, text).getByRole('listitem').filter({ hasText: words })
  await state.waitFor({ timeout: arrivalMs })
}

test('what a node says by radio and what net control writes is on every screen, and on the air', async t => {
  const ana = await world.onAir.member('Ana')
  const [{ page }, { page: other }] = [await inRoom(t), await inRoom(t, { as: 'viewer' })]
  await ana.post('Chains on at the tunnel')
  for (const screen of [page, other]) {
    const post = postOf(screen, 'Chains on at the tunnel').filter({ hasText: /Ana.*Denver/ })
    await post.waitFor({ timeout: arrivalMs })
  }
  await send(page, 'All stations stand by', { author: 'Net control', isPriority: true })
  await postOf(other, 'All stations stand by').getByText('Priority', { exact: true }).waitFor({ timeout: arrivalMs })
  await pushed(ana, 1)
  assert.match(ana.texts.at(-1) ?? '', /Net control.*: PRIORITY: All stations stand by$/)
  await toldOf(page, 'All stations stand by', 'Denver on air')
  await toldOf(page, 'All stations stand by', 'Boulder stored')
})

test('a city that was cut off says so on the screen, and what it wrote meanwhile comes, marked as late', async t => {
  const { page } = await inRoom(t)
  t.after(async () => world.cable.heal())
  world.cable.cut()
  await page.getByText(/Boulder is away/).waitFor({ timeout: arrivalMs })
  const alone = ['Road closed at the pass', 'Two cars in the ditch'].map(text => world.far.post(text))
  await Promise.all(alone)
  await send(page, 'Boulder, do you copy?')
  await toldOf(page, 'Boulder, do you copy?', 'Boulder away')
  world.cable.heal()
  await seesPost(page, 'Road closed at the pass')
  await seesPost(page, 'Two cars in the ditch')
  await toldOf(page, 'Boulder, do you copy?', 'Boulder stored')

  await using late = await startLateCity(world.hub, { name: 'Pueblo', texts: ['Bridge is out'], agoMs: 15 * 60_000 })
  await postOf(page, 'Bridge is out')
    // And as long as it took on this machine.
    .filter({ hasText: /Pueblo.*1[5-7] min late/ })
    .waitFor({ timeout: arrivalMs })
  await late.stop()
})

test('a laptop that slept says that it is stale, and then shows what it missed, once and in order', async t => {
  await using line = await startRelay(world.hub)
  const visit = await inRoom(t, { url: hubPage(line) })
  expectOutage(visit)
  const { page } = visit
  await page.clock.install()
  const missed = Array.from({ length: 5 }, (_, n) => `Missed ${n + 1}`)
  await world.far.post('Seen before')
  await seesPost(page, 'Seen before')
  // The lid is closed: nothing comes, and time goes on without the page.
  line.stall()
  for (const text of missed) await world.far.post(text)
  await page.clock.fastForward('10:00')
  const stale = page.getByRole('status').filter({ hasText: 'Not live since' })
  await stale.waitFor()
  line.heal()
  await stale.waitFor({ state: 'hidden', timeout: arrivalMs })
  await seesOnceInOrder(page, ['Seen before', ...missed])
  await world.far.post('Seen after')
  await seesOnceInOrder(page, ['Seen before', ...missed, 'Seen after'])
})

test('what is written while the server is away is kept over a reload, and posted once when it is back', async t => {
  await using line = await startRelay(world.hub)
  const visit = await inRoom(t, { url: hubPage(line) })
  expectOutage(visit)
  const { page } = visit
  await page.getByRole('article').first().waitFor()
  line.cut()
  await send(page, 'Written in the dark')
  const waiting = page.getByRole('list', { name: 'Not stored yet' })
  await waiting.getByText(/Not posted yet/).waitFor({ timeout: arrivalMs })
  line.heal()
  await page.reload()
  await toldOf(page, 'Written in the dark', 'hub stored')
  const stored = (await world.hub.posts()).filter(({ text }) => text === 'Written in the dark')
  assert.equal(stored.length, 1)
})

test('the hub restarts under an open console, which goes on by itself', async t => {
  const visit = await inRoom(t)
  expectOutage(visit)
  const { page } = visit
  await page.evaluate('globalThis.isTheSamePage = true')
  await world.hub.stop()
  await page.getByRole('status').filter({ hasText: 'Not live since' }).waitFor({ timeout: arrivalMs })
  await world.far.post('While the hub was down')
  await world.hub.run()
  await seesOnceInOrder(page, ['While the hub was down'])
  await send(page, 'We are back')
  await seesPost(page, 'We are back')
  assert.equal(await page.evaluate('globalThis.isTheSamePage'), true)
  await waitFor(async () => (await world.far.posts()).at(-1)?.text === 'We are back', { what: 'the post in Boulder' })
})

test('markup in names and texts is text, wherever it is shown', async t => {
  const markup = '<img src=x onerror="document.title=1"><script>document.title=2</script>'
  const visit = await inRoom(t)
  const { page } = visit
  await world.far.post(markup, { author: '<b onclick=alert(1)>Eve</b>' })
  await world.far.post('javascript:alert(1) [x](javascript:alert(1)) &lt;b&gt;', { author: '"><svg onload=x>' })
  await seesPost(page, markup)
  await seesPost(page, 'javascript:alert(1) [x](javascript:alert(1)) &lt;b&gt;')
  assert.match(await wordsOf(postOf(page, markup)), /<b onclick=alert\(1\)>Eve<\/b>/)
  assert.equal(await page.getByRole('main').locator('img, script, svg[onload], a[href^="javascript"]').count(), 0)
  const { guid } = (await world.hub.posts()).find(({ text }) => text === markup) ?? {}
  for (const hash of [`#/rooms/${testRoom}/posts/${guid}`, `#/log/${testRoom}`]) {
    await page.evaluate(`location.hash = ${JSON.stringify(hash)}`)
    await page.getByText(markup).first().waitFor()
  }
  assert.doesNotMatch(await page.title(), /^[12]$/)
})

test('from a phone, by touch', async t => {
  const { page } = await inRoom(t, { phone: true })
  await page.getByRole('textbox', { name: `Text of a post in ${testRoom}` }).fill('From the phone')
  await page.getByLabel('As', { exact: true }).fill('Ben')
  await page.getByRole('button', { name: 'Send' }).tap()
  await seesPost(page, 'From the phone')
  // Nothing is beside the screen.
  const { width, beyond } = (await page.evaluate(
    '({ width: innerWidth, beyond: document.documentElement.scrollWidth })',
  )) as { width: number; beyond: number }
  assert.ok(beyond <= width, `${beyond} px on ${width}`)
  await waitFor(async () => (await world.far.posts()).at(-1)?.author.name === 'Ben', { what: 'the post in Boulder' })
})
