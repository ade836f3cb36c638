// What net control hears of: a city goes silent and comes back, a priority notice comes in; on every view, by sound, by notification,
// in all tabs until somebody has acknowledged it.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Page } from 'playwright-core'
import { startBrowser } from '#test/support/browser.ts'
import { hubPage } from '#test/support/console-world.ts'
import { createToken, startHub, testRoom } from '#test/support/programs.ts'
import { RawLink } from '#test/support/raw-link.ts'
import { waitFor } from '#test/support/wait-for.ts'

/** The page asks every 5 s, the hub looks every 0.5 s. */
const toldMs = 20_000

/** In the page: counts its tones, keeps what it would show outside of itself, and has somebody look at another window. */
const listen = `
  window.heard = { tones: 0, notes: [] }
  const { createOscillator } = AudioContext.prototype
  AudioContext.prototype.createOscillator = function () {
    heard.tones += 1
    return createOscillator.call(this)
  }
  window.Notification = class {
    static permission = 'granted'
    constructor(title, { body }) {
      heard.notes.push(title + ': ' + body)
    }
  }
  document.hasFocus = () => false
`

function heardBy(page: Page): Promise<{ tones: number; notes: string[] }> {
  return page.evaluate('heard')
}

function goTo(page: Page, view: 'Alerts' | 'Rooms' | 'Network'): Promise<void> {
  return page.getByRole('navigation').getByRole('link', { name: view }).click()
}

test('a silent city and a priority notice, until they are acknowledged', async t => {
  await using hub = await startHub({ conf: { alerts: { silent_minutes: 0.03 } } })
  await using browser = await startBrowser()
  const link = { port: hub.port, name: 'Golden' }
  const golden = await RawLink.connect(link)
  const { identity } = golden
  const visit = await browser.visit(t, { url: hubPage(hub) })
  await visit.context.addInitScript({ content: listen })
  const { page } = visit
  await page.reload()
  await page.getByLabel(/token/i).fill(await createToken(hub.dir, 'operator'))
  await page.getByRole('button', { name: /sign in/i }).click()
  await goTo(page, 'Alerts')
  await page.getByText('Nothing, as far as').waitFor()
  await page.getByText('Sound off, notifications off').click()
  await page.getByLabel('by sound').check()
  await page.getByLabel('by notifications').check()
  await page.getByText('Sound on, notifications on').waitFor()
  await waitFor(async () => (await heardBy(page)).tones === 2, { what: 'the sound to be tried' })
  const other = await visit.tab('#/network')
  await goTo(page, 'Rooms')

  await golden[Symbol.asyncDispose]()
  const news = page.getByRole('region', { name: 'New alerts' })
  await news.getByText('Spoke "Golden" is silent for').waitFor({ timeout: toldMs })
  const said = await page.getByRole('status').filter({ hasText: 'Golden' }).textContent()
  assert.match(said ?? '', /spoke "Golden" is silent/i)
  await page.getByRole('link', { name: 'Alerts 1 not acknowledged' }).waitFor()
  assert.match(await page.title(), /^\(1\) /)
  assert.deepEqual(await visit.barriers(), [])
  const badge = other.getByRole('link', { name: 'Alerts 1 not acknowledged' })
  await badge.waitFor({ timeout: toldMs })
  const both = async () => (await heardBy(page)).tones - 2 + (await heardBy(other)).tones
  await waitFor(both, { what: 'one tab to ring', until: tones => tones > 0 })
  const [title] = (await heardBy(page)).notes
  assert.match(title ?? '', /^City silent: spoke "Golden" is silent/)
  await news.getByRole('button', { name: 'Acknowledge' }).click()
  await badge.waitFor({ state: 'detached' })
  await news.waitFor({ state: 'detached' })
  assert.doesNotMatch(await page.title(), /^\(/)

  await goTo(page, 'Alerts')
  const open = page.getByRole('region', { name: 'Not over yet' })
  await open.getByText('City silent').waitFor()
  await using _back = await RawLink.connect({ ...link, identity })
  await open.getByText('Nothing, as far as').waitFor({ timeout: toldMs })
  await page.getByRole('region', { name: 'All alerts' }).getByText('Spoke "Golden" is back').waitFor()
  assert.equal(await both(), 2)

  await goTo(page, 'Rooms')
  const evil = '<img src=x onerror=alert(1)>'
  await hub.post(`PRIORITY: all stations stand by ${evil}`, { author: 'Net control' })
  const notice = page.getByRole('region', { name: 'Priority notices' })
  await notice.getByText(`all stations stand by ${evil}`, { exact: true }).waitFor({ timeout: toldMs })
  await page.getByRole('alert').filter({ hasText: 'Priority notice: Net control: all stations' }).waitFor()
  await waitFor(both, { what: 'it to ring in one tab', until: tones => tones === 8 })
  assert.match((await heardBy(page)).notes.at(-1) ?? '', new RegExp(`^PRIORITY in ${testRoom}: Net control: all`))
  await page.reload()
  await notice.getByRole('button', { name: /^Acknowledge/ }).click()
  await notice.waitFor({ state: 'detached' })
  await other.getByRole('region', { name: 'Priority notices' }).waitFor({ state: 'detached' })
  await goTo(page, 'Alerts')
  await page.getByRole('heading', { name: 'All alerts' }).waitFor()
  assert.deepEqual(await visit.barriers(), [])
})
