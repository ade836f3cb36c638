// What net control hears of: a city goes silent and comes back, a priority notice comes in, cities are in trouble; on every view, by
// sound, by notification, in all tabs until somebody has acknowledged it.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ReportedSelf } from '#common/spoke-report.ts'
import { startBrowser } from '#test/support/browser.ts'
import { hubPage } from '#test/support/console-world.ts'
import { quickLooks } from '#test/support/preloads.ts'
import { createToken, type HubProgram, startHub, testRoom } from '#test/support/programs.ts'
import { RawLink } from '#test/support/raw-link.ts'
import { reportedRadio, reportedRoom, reportedSelf } from '#test/support/reports.ts'
import { goTo, heardBy, listenAt, wasRungFor } from '#test/support/ringing.ts'
import { waitFor } from '#test/support/wait-for.ts'

/** The page asks every 5 s, the hub looks every 0.5 s; on a busy machine. */
const toldMs = 60_000

test('a silent city and a priority notice, until they are acknowledged', async t => {
  await using hub = await startHub({ conf: { alerts: { silent_minutes: 0.03 } } })
  const link = { port: hub.port, name: 'Golden' }
  const golden = await RawLink.connect(link)
  const { identity } = golden
  // Ends before the server, which its page asks again and again.
  await using browser = await startBrowser()
  const visit = await browser.visit(t, { url: hubPage(hub) })
  const { page } = visit
  await listenAt(visit, await createToken(hub.dir, 'operator'))
  const other = await visit.tab('#/network')
  await goTo(page, 'Rooms')

  await golden[Symbol.asyncDispose]()
  const news = page.getByRole('region', { name: 'New alerts' })
  await news.getByText('City silent City "Golden" is silent for').waitFor({ timeout: toldMs })
  const said = await page.getByRole('status').filter({ hasText: 'Golden' }).textContent()
  assert.match(said ?? '', /city "Golden" is silent/i)
  await page.getByRole('link', { name: 'Alerts 1 not acknowledged' }).waitFor()
  assert.match(await page.title(), /^\(1\) /)
  assert.deepEqual(await visit.barriers(), [])
  const badge = other.getByRole('link', { name: 'Alerts 1 not acknowledged' })
  await badge.waitFor({ timeout: toldMs })
  const both = async () => (await heardBy(page)).tones - 2 + (await heardBy(other)).tones
  await waitFor(both, { what: 'one tab to ring', until: tones => tones > 0 })
  const [title] = (await heardBy(page)).notes
  assert.match(title ?? '', /^City silent: City "Golden" is silent/)
  await news.getByRole('button', { name: 'Acknowledge' }).click()
  await badge.waitFor({ state: 'detached' })
  await news.waitFor({ state: 'detached' })
  assert.doesNotMatch(await page.title(), /^\(/)

  await goTo(page, 'Alerts')
  const open = page.getByRole('region', { name: 'Not over yet' })
  await open.getByText('City silent').waitFor()
  await using _back = await RawLink.connect({ ...link, identity })
  await open.getByText('Nothing, as far as').waitFor({ timeout: toldMs })
  await page.getByRole('region', { name: 'All alerts' }).getByText('City "Golden" is back').waitFor()
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

/** Cities linked with the hub, as good as any. */
function cityOf({ port }: HubProgram, parts: AsyncDisposableStack) {
  return async (name: string) => {
    const link = parts.use(await RawLink.connect({ port, name }))
    await link.follow()
    return link
  }
}

test('four cities in trouble at the same time: each is told, and that it is over', async t => {
  await using hub = await startHub({ env: quickLooks() })
  await using parts = new AsyncDisposableStack()
  const cities = await Promise.all(['Aspen', 'Boulder', 'Golden', 'Vail'].map(cityOf(hub, parts)))
  const [aspen, boulder, golden, vail] = cities as [RawLink, RawLink, RawLink, RawLink]
  // Ends before the server, which its page asks again and again.
  await using browser = await startBrowser()
  const visit = await browser.visit(t, { url: hubPage(hub) })
  const { page } = visit
  await listenAt(visit, await createToken(hub.dir, 'operator'))
  await goTo(page, 'Network')

  for (const text of ['one', 'two', 'three']) await hub.post(text)
  await aspen.ship([aspen.post('four'), aspen.post('five')])
  aspen.send({ t: 'gap', room: testRoom, epoch: aspen.epoch, from: 3, to: 42, why: 'trimmed' })
  const { epoch } = await golden.waitForFrame('posts', ({ next }) => next === 5)
  const tell = (link: RawLink, stored: number, self: Partial<ReportedSelf> = {}) =>
    link.send({ t: 'report', rooms: [reportedRoom({ stored: { epoch, offset: stored } })], self: reportedSelf(self) })
  tell(boulder, 5, { radio: reportedRadio({ budgetUsed: 0.76, queued: 4 }) })
  tell(golden, 1)
  tell(vail, 5, { systemOffMs: -20 * 60_000 })

  const told: Readonly<Record<string, RegExp>> = {
    'Posts wait': /4 posts wait for "Golden", the oldest for \d+ min: it is linked, and does not keep up/,
    'Air used up': /The duty cycle of "Boulder" is used up: 76 % of 360 s an hour, .*; 4 packets wait for the air/,
    'Clock wrong': /The clock of the machine of "Vail" is 20 min ahead: check NTP there;/,
    'Posts lost': /Gap in room "frontrange": 40 posts of "Aspen" did not come before they were dropped there/,
  }
  const news = page.getByRole('region', { name: 'New alerts' })
  await page.getByRole('link', { name: 'Alerts 4 not acknowledged' }).waitFor({ timeout: toldMs })
  await news.getByRole('link', { name: '1 more' }).waitFor()
  await news.getByRole('button', { name: 'Acknowledge all 4' }).waitFor()
  assert.deepEqual(await visit.barriers(), [])
  const heard = await wasRungFor(page, Object.values(told))
  for (const [kind, text] of Object.entries(told)) {
    const row = news.getByRole('listitem').filter({ has: page.getByRole('link', { name: kind }) })
    await row.getByText(text).first().waitFor()
    await row.getByRole('button', { name: /^Acknowledge/ }).click()
    await row.waitFor({ state: 'detached' })
  }
  await news.waitFor({ state: 'detached' })
  await goTo(page, 'Alerts')
  const all = page.getByRole('region', { name: 'All alerts' })
  for (const text of Object.values(told)) await all.getByText(text).waitFor()
  const open = page.getByRole('region', { name: 'Not over yet' })
  assert.deepEqual((await open.locator('strong').allInnerTexts()).toSorted(), [
    'Air used up',
    'Clock wrong',
    'Posts wait',
  ])
  // The view scrolls, and not the page with it: also by what is said to screen readers alone.
  await page.setViewportSize({ width: 1280, height: 500 })
  assert.equal(await page.evaluate('document.documentElement.scrollHeight'), 500)
  assert.deepEqual(await visit.barriers(), [])

  tell(boulder, 5, { radio: reportedRadio({ budgetUsed: 0.5 }) })
  tell(golden, 5)
  tell(vail, 5)
  await open.getByText('Nothing, as far as').waitFor({ timeout: toldMs })
  for (const text of [
    'Boulder" has air again: 50 % of its duty cycle is used',
    '"Golden" has caught up again after',
    'The clock of the machine of "Vail" is right again',
  ])
    await all.getByText(text).waitFor()
  // Good news are there for who looks.
  assert.deepEqual(await heardBy(page), heard)
})
