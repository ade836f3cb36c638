// What a person finds again in a room, and takes out of it: scrolling back, search, links, exports, the communications log.
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { after, before, test } from 'node:test'
import type { Page } from 'playwright-core'
import { startBrowser, type TestBrowser } from '#test/support/browser.ts'
import { openRoom, postOf, signIn } from '#test/support/console.ts'
import { hubPage } from '#test/support/console-world.ts'
import { createToken, type HubProgram, startHub, testRoom } from '#test/support/programs.ts'
import { RawLink } from '#test/support/raw-link.ts'
import { waitFor } from '#test/support/wait-for.ts'

const posts = 150
let hub: HubProgram
let browser: TestBrowser
let token: string

const shared = new AsyncDisposableStack()
after(() => shared.disposeAsync())
before(async () => {
  hub = shared.use(await startHub())
  token = await createToken(hub.dir, 'viewer')
  // A city makes the room.
  await using _ = await RawLink.connect({ port: hub.port, name: 'Golden' })
  await waitFor(() => hub.posts(), { what: 'the room' })
  for (let n = 1; n <= posts; n++) {
    const author = n % 2 === 0 ? 'Ben' : 'Ana'
    await hub.post(n % 50 === 0 ? `=Bridge ${n} is open` : `Report ${n}`, { author })
  }
  browser = shared.use(await startBrowser())
})

interface PageStyles {
  getComputedStyle: (element: unknown) => { borderRightStyle: string; borderBottomStyle: string }
}

async function inRoom(t: Parameters<TestBrowser['visit']>[0]) {
  const visit = await browser.visit(t, { url: hubPage(hub) })
  await signIn(visit.page, token)
  await openRoom(visit.page, testRoom)
  await postOf(visit.page, `=Bridge ${posts} is open`).waitFor()
  return visit
}

/** As somebody who may write. */
async function asOperator(t: Parameters<TestBrowser['visit']>[0], size: { width: number; height: number }) {
  const { page } = await browser.visit(t, { url: hubPage(hub), size })
  await signIn(page, await createToken(hub.dir, 'operator'))
  await page.evaluate(`location.hash = '#/rooms/${testRoom}'`)
  await postOf(page, `=Bridge ${posts} is open`).waitFor()
  return { page, text: page.getByRole('textbox', { name: /^Text of a post/ }) }
}

/** Pixels of the feed that are below what is in sight. */
function below(page: Page): Promise<number> {
  return page.evaluate(
    `(feed => feed.scrollHeight - feed.scrollTop - feed.clientHeight)(document.querySelector('.feed'))`,
  )
}

/** Takes the focus to what is below the button to the newest. Gives where that ends then, and where the button begins, in pixels. */
const focusBelow = `(() => {
  const { top, bottom } = document.querySelector('.to-newest').getBoundingClientRect()
  const buttons = [...document.querySelectorAll('.post-actions button')]
  const below = buttons.findLast(one => one.getBoundingClientRect().top < bottom)
  below.focus()
  return [below.getBoundingClientRect().bottom, top]
})()`

async function exported(page: Page, name: string): Promise<string> {
  await page.getByText('Export', { exact: true }).click()
  const [file] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name }).click()])
  await page.keyboard.press('Escape')
  return readFile(await file.path(), 'utf8')
}

test('a room is read back to its first post, and the newest is one click away', async t => {
  const { page } = await inRoom(t)
  const feed = page.getByRole('region', { name: `Posts of ${testRoom}` })
  await feed.focus()
  await waitFor(
    async () => {
      await page.keyboard.press('Home')
      const isThere = await page.getByText('Here the room begins.').isVisible()
      // What glides on would be seen as somebody who scrolls.
      return isThere && (await page.evaluate<number>(`document.querySelector('.feed').scrollTop`)) === 0
    },
    { what: 'the first post' },
  )
  await postOf(page, 'Report 1').first().waitFor()
  await page.getByRole('button', { name: 'To the newest' }).click()
  await postOf(page, `=Bridge ${posts} is open`).waitFor()
})

test('a menu goes by Escape, and when one presses or goes elsewhere, not when one uses it', async t => {
  const { page } = await inRoom(t)
  const button = page.getByRole('button', { name: 'Export' })
  const sheet = page.getByRole('group', { name: 'Export' })
  const open = async () => {
    await button.click()
    await sheet.waitFor()
    assert.equal(await button.getAttribute('aria-expanded'), 'true')
  }
  const isGone = async () => {
    await sheet.waitFor({ state: 'detached' })
    assert.equal(await button.getAttribute('aria-expanded'), 'false')
  }
  await open()
  await sheet.getByText('at most the newest').click()
  await sheet.getByRole('button', { name: 'Copy as text' }).click()
  await sheet.getByText('150 posts copied.').waitFor()
  await page.keyboard.press('Escape')
  await isGone()
  assert.equal(await button.evaluate(element => element.ownerDocument.activeElement === element), true)
  await open()
  await page.getByRole('banner').click({ position: { x: 2, y: 2 } })
  await isGone()
  await open()
  for (let steps = 0; steps < 5; steps += 1) await page.keyboard.press('Tab')
  await isGone()
  await open()
  await button.click()
  await isGone()
})

test('what is looked for is found, linked to, and exported alone', async t => {
  const visit = await inRoom(t)
  const { page } = visit
  await page.getByRole('button', { name: 'Search' }).click()
  await page.getByLabel('Text or author').fill('bridge')
  await page.getByText('3 posts found').waitFor()
  await page.getByLabel('Author', { exact: true }).fill('ana')
  await page.getByText('0 posts found').waitFor()
  await page.getByLabel('Author', { exact: true }).fill('ben')
  await page.getByText('3 posts found').waitFor()
  assert.deepEqual(await page.locator('article mark').allTextContents(), ['Bridge', 'Bridge', 'Bridge'])
  const csv = await exported(page, 'CSV for a spreadsheet')
  assert.equal(csv.trim().split('\r\n').length, 4)
  assert.match(csv, /,'=Bridge 50 is open,50,/)
  assert.match(
    await exported(page, 'Text file'),
    /^Room frontrange at .*, 3 posts, .*\n\n.*Ben \(.*\): =Bridge 50 is open\n/,
  )
  const href = await postOf(page, '=Bridge 50 is open').getByRole('link').first().getAttribute('href')
  const other = await visit.tab(href ?? '')
  await postOf(other, '=Bridge 50 is open').waitFor()
  await postOf(other, 'Report 51').waitFor()
  await postOf(page, '=Bridge 50 is open').getByRole('link').first().click()
  await postOf(page, 'Report 51').waitFor()
  assert.equal(await page.getByRole('search').count(), 0)
  await page.getByRole('button', { name: 'To the newest' }).waitFor()
  const [focused, covered] = await page.evaluate<[number, number]>(focusBelow)
  assert.ok(focused <= covered, `the focus is at ${focused} px, the button from ${covered} px on`)
  await page.goBack()
  await page.getByText('3 posts found').waitFor()
  assert.equal(await page.getByLabel('Author', { exact: true }).inputValue(), 'ben')
  await page.getByText('Export', { exact: true }).click()
  await page.getByRole('link', { name: /ICS 309/ }).click()
  await page.getByText('Only what was searched for: “bridge”, author “ben”.').waitFor()
  await page.getByText('3 posts on 1 page.').waitFor()
  await page.getByRole('button', { name: 'Take all posts' }).click()
  await page.getByText(`${posts} posts on`).waitFor()
})

test('the communications log has all that is shown, on sheets that hold it', async t => {
  const { page } = await inRoom(t)
  await page.getByText('Export', { exact: true }).click()
  await page.getByRole('link', { name: /ICS 309/ }).click()
  await page.getByLabel('Incident name and number').fill('Flood 7')
  await page.getByText(`${posts} posts on`).waitFor()
  const sheets = page.getByRole('region', { name: /^Page \d+ of \d+$/ })
  const pages = await sheets.count()
  assert.ok(pages > 3, `${pages} pages`)
  assert.equal(await page.locator('.sheet tbody tr').count(), posts)
  assert.match((await sheets.last().textContent()) ?? '', new RegExp(`Flood 7.*8\\. Page${pages} of ${pages}$`, 's'))
  const overflows = await page
    .locator('.sheet')
    .evaluateAll(all => all.filter(sheet => sheet.clientHeight > 964).length)
  assert.equal(overflows, 0)
  // A browser prints no grounds unless it is told to.
  const unlined = await page.locator('.sheet .box').evaluateAll(
    boxes =>
      boxes.filter(box => {
        const { borderRightStyle, borderBottomStyle } = (globalThis as unknown as PageStyles).getComputedStyle(box)
        return borderRightStyle !== 'solid' || borderBottomStyle !== 'solid'
      }).length,
  )
  assert.equal(unlined, 0)
  const pdf = (await page.pdf({ format: 'A4' })).toString('latin1')
  assert.equal(pdf.match(/\/Type \/Page\b(?!s)/g)?.length, pages)
})

test('a room on paper is the posts that were on the screen, from the top of the first page', async t => {
  const { page } = await inRoom(t)
  await page.emulateMedia({ media: 'print' })
  const first = page.locator('.feed-row').first()
  await waitFor(async () => (await first.boundingBox())?.y ?? Infinity, { what: 'it at the top', until: y => y < 200 })
  await postOf(page, `=Bridge ${posts} is open`).waitFor()
  assert.equal(await page.getByRole('button', { name: 'Search' }).isVisible(), false)
})

test('whoever writes a long text keeps the end of the feed in sight', async t => {
  const { page, text } = await asOperator(t, { width: 1280, height: 800 })
  await text.focus()
  for (let line = 0; line < 12; line++) await page.keyboard.insertText(`${'All stations stand by. '.repeat(2)}\n`)
  await page.getByText(/ in \d parts$/).waitFor()
  await page.keyboard.insertText('And one word more')
  await waitFor(() => below(page), { what: 'the end of the feed', until: px => px < 2 })
  await page.getByRole('button', { name: 'To the newest' }).waitFor({ state: 'detached' })
})

test('at 400 % nothing is cut off: the page scrolls down to its last line, and not to the side', async t => {
  const { page, text } = await asOperator(t, { width: 320, height: 256 })
  const feed = await page.locator('.feed').boundingBox()
  assert.ok((feed?.height ?? 0) > 128, `the feed is ${feed?.height} px high`)
  // What is told of the cities comes later, and moves it.
  await page.getByText('No city is linked').waitFor()
  await text.scrollIntoViewIfNeeded()
  const box = await text.boundingBox()
  assert.ok(box !== null && box.y >= 0 && box.y + box.height <= 256, JSON.stringify(box))
  assert.ok((await page.evaluate<number>('document.documentElement.scrollWidth')) <= 320)
})
