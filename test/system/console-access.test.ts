// The console for everybody: no barrier that axe-core knows on any page, light or dark, large or small; and all by the keyboard.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Page } from 'playwright-core'
import { sampleNet } from '#test/pictures/sample-net.ts'
import { startBrowser, type TestBrowser } from '#test/support/browser.ts'
import { go, openRoom, postOf, seesPost, showNet, signIn, wordsOf } from '#test/support/console.ts'
import { type ConsoleWorld, hubPage, startConsoleWorld } from '#test/support/console-world.ts'
import { waitForStored } from '#test/support/link-status.ts'
import { testRoom } from '#test/support/programs.ts'

let world: ConsoleWorld
let browser: TestBrowser
const shared = new AsyncDisposableStack()
after(() => shared.disposeAsync())
before(async () => {
  world = shared.use(await startConsoleWorld())
  browser = shared.use(await startBrowser())
  const texts = ['Chains on at the tunnel', 'Thanks, will do', 'Pass is open again']
  for (const text of texts) await world.far.post(text)
  await waitForStored(world.hub, texts.length)
})

/** Beside each address what is there when the view is drawn, and was not in the one before. */
async function views(): Promise<[hash: string, drawn: (page: Page) => Promise<unknown>][]> {
  const heading = (name: string | RegExp) => (page: Page) => page.getByRole('heading', { name, level: 1 }).waitFor()
  const [post] = await world.hub.posts()
  const { cities } = (await world.hub.api.get('/api/v1/network')) as { cities: { id: string; name: string }[] }
  const boulder = cities.find(({ name }) => name === 'Boulder')
  return [
    ['#/rooms', page => page.getByRole('link', { name: testRoom }).waitFor()],
    [`#/rooms/${testRoom}`, page => seesPost(page, 'Pass is open again')],
    [`#/rooms/${testRoom}/posts/${post?.guid}`, page => seesPost(page, 'Chains on at the tunnel')],
    [`#/log/${testRoom}`, page => page.locator('.sheet').getByText('Chains on at the tunnel').first().waitFor()],
    ['#/network', page => page.getByRole('link', { name: 'Boulder' }).waitFor()],
    ['#/network/map', page => page.locator('.net-name', { hasText: 'Boulder' }).waitFor({ state: 'attached' })],
    [`#/network/${boulder?.id}`, heading('Boulder')],
    ['#/alerts', heading('Alerts')],
  ]
}

test('a page whose script does not come says so, and one whose script comes does not', async t => {
  const visit = await browser.visit(t, { url: hubPage(world.hub) })
  const { page } = visit
  visit.expect(/404/)
  const late = page.getByText('If it does not come, load this page again')
  await page.getByLabel('Token').waitFor()
  assert.equal(await late.count(), 0)
  // As between two instances of two versions, whose files have other names.
  await page.route('**/app.js', route => route.fulfill({ status: 404 }))
  await page.reload()
  await late.waitFor()
})

for (const look of [
  { phone: false, dark: false },
  { phone: false, dark: true },
  { phone: true, dark: true },
]) {
  const words = `${look.phone ? 'on a phone' : 'on a desk'}, ${look.dark ? 'dark' : 'light'}`
  test(`no page has a barrier ${words}`, async t => {
    const visit = await browser.visit(t, { url: hubPage(world.hub), ...look })
    const { page } = visit
    await page.getByLabel('Token').waitFor()
    const found = [await visit.barriers()]
    await signIn(page, world.tokens.admin)
    for (const [hash, drawn] of await views()) {
      await go(page, hash)
      await drawn(page)
      found.push((await visit.barriers()).map(barrier => `${hash}: ${barrier}`))
    }
    assert.deepEqual(found.flat(), [])
  })
}

/** What can be used and is out of sight to the side, where nothing scrolls there; and numbers of a city that are cut off. */
const lost = `[
  ...[...document.querySelectorAll('#app :is(a, button, input, select, summary, textarea)')].filter(
    one => !one.closest('.skip, .scrolls, .sheets, .cities-head') && one.getBoundingClientRect().width > 0,
  ).filter(one => one.getBoundingClientRect().left < 0 || one.getBoundingClientRect().right > innerWidth),
  ...[...document.querySelectorAll('.cities-body .number')].filter(one => one.scrollWidth > one.clientWidth),
].map(one => one.outerHTML)`

const focusHeight = 'document.activeElement.getBoundingClientRect().height'

test('in 320 px nothing is lost at the sides, and Tab stops at nothing that cannot be seen', async t => {
  const { page } = await browser.visit(t, { url: hubPage(world.hub), size: { width: 320, height: 640 } })
  await signIn(page, world.tokens.admin)
  for (const [hash, drawn] of await views()) {
    await go(page, hash)
    await drawn(page)
    assert.deepEqual(await page.evaluate(lost), [], hash)
  }
  await openRoom(page, testRoom)
  await page.getByRole('button', { name: 'Export' }).click()
  await page.getByRole('group', { name: 'Export' }).waitFor()
  assert.deepEqual(await page.evaluate(lost), [])
  await page.getByRole('link', { name: 'Skip to content' }).focus()
  for (let steps = 0; steps < 10; steps += 1) {
    assert.notEqual(await page.evaluate(focusHeight), 0, `${steps} steps after the begin`)
    await page.keyboard.press('Tab')
  }
  await showNet(page, () => sampleNet(Date.now()))
  await page.reload()
  await go(page, '#/network')
  await page.getByText('412 (3 h)').waitFor()
  assert.deepEqual(await page.evaluate(lost), [])
})

const badgeColours = `(({ color, backgroundColor }) => [color, backgroundColor])(getComputedStyle(document.querySelector('[aria-current] .badge')))`

/** Of two colours like `rgb(0, 0, 0)` (WCAG 2.2, "contrast ratio"). */
function contrastOf(colours: readonly string[]): number {
  const [dark = 0, light = 0] = colours.map(luminance).toSorted((a, b) => a - b)
  return (light + 0.05) / (dark + 0.05)
}

function luminance(colour: string): number {
  const parts = (colour.match(/\d+/g) ?? []).map(part => Number(part) / 255)
  const [red = 0, green = 0, blue = 0] = parts.map(part =>
    part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4,
  )
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}

test('in the colours of a system all can be read', async t => {
  const visit = await browser.visit(t, { url: hubPage(world.hub) })
  const { page } = visit
  await page.emulateMedia({ forcedColors: 'active', colorScheme: 'dark' })
  await showNet(page, () => sampleNet(Date.now()))
  await signIn(page, world.tokens.admin)
  await go(page, '#/network')
  await page.locator('[aria-current] .badge').waitFor()
  const colours = await page.evaluate<[string, string]>(badgeColours)
  assert.ok(contrastOf(colours) >= 4.5, colours.join(' on '))
  assert.deepEqual(await visit.barriers(), [])
})

/** Moves the focus by Tab until it is on what is called so. */
async function tabTo(page: Page, name: RegExp): Promise<void> {
  const passed: string[] = []
  for (let steps = 0; steps < 60; steps += 1) {
    await page.keyboard.press('Tab')
    const focused = page.locator(':focus')
    const now = (await focused.count()) === 0 ? '' : await focused.ariaSnapshot()
    if (name.test(now)) return assertOutlined(page, now)
    passed.push(now.split('\n')[0] ?? '')
  }
  assert.fail(`Tab never came to ${name}, but to ${passed.join(', ')}`)
}

const focusStyle =
  '(({ outlineStyle, outlineWidth, boxShadow }) => ({ outlineStyle, outlineWidth, boxShadow }))(getComputedStyle(document.activeElement))'

/** Who uses the keyboard must see where the focus is. */
async function assertOutlined(page: Page, name: string): Promise<void> {
  const { outlineStyle, outlineWidth, boxShadow } = (await page.evaluate(focusStyle)) as Record<string, string>
  const isDrawn = (outlineStyle !== 'none' && outlineWidth !== '0px') || boxShadow !== 'none'
  assert.ok(isDrawn, `nobody sees that the focus is on ${name}`)
}

test('by the keyboard alone: sign in, read, write, look at a city', async t => {
  const { page } = await browser.visit(t, { url: hubPage(world.hub) })
  await page.getByLabel('Token').waitFor()
  await tabTo(page, /textbox "Token"/)
  await page.keyboard.type(world.tokens.operator)
  await page.keyboard.press('Enter')
  await page.getByRole('link', { name: testRoom }).waitFor()
  await tabTo(page, new RegExp(`link "${testRoom}`))
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: testRoom, level: 1 }).waitFor()
  await tabTo(page, /link "Skip to writing"/)
  await page.keyboard.press('Enter')
  await page.keyboard.type('Written by keys')
  await tabTo(page, /textbox "As"/)
  await page.keyboard.press('ControlOrMeta+A')
  await page.keyboard.type('Kim')
  await page.keyboard.press('Shift+Tab')
  await page.keyboard.press('Enter')
  await seesPost(page, 'Written by keys')
  assert.match(await wordsOf(postOf(page, 'Written by keys')), /Kim/)
  await page.keyboard.press('Home')
  await tabTo(page, /link "Network"/)
  await page.keyboard.press('Enter')
  await page.getByRole('link', { name: 'Denver' }).waitFor()
  await tabTo(page, /link "(Boulder|Denver)"/)
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: /^(Boulder|Denver)$/, level: 1 }).waitFor()
})

test('a long text is announced, and what cannot be posted is said beside its field', async t => {
  const { page } = await browser.visit(t, { url: hubPage(world.hub) })
  await signIn(page, world.tokens.operator)
  await openRoom(page, testRoom)
  const text = page.getByRole('textbox', { name: `Text of a post in ${testRoom}` })
  await text.fill('ä'.repeat(400))
  await page
    .getByRole('alert')
    .filter({ hasText: /too long/i })
    .waitFor()
  assert.equal(await text.getAttribute('aria-invalid'), 'true')
})
