// The net on a screen: 500 cities in the table and on the map, by mouse and by keys, and what admins decide.
import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import type { Page, Response } from 'playwright-core'
import { countsOf, rowsOf } from '#common/console/app/network/rows.ts'
import { type Network, sampleMs } from '#common/network.ts'
import { startBrowser, type TestBrowser, type VisitOptions } from '#test/support/browser.ts'
import { type FakeNet, startFakeNet } from '#test/support/fake-net.ts'
import { cityOf, idOf } from '#test/support/network-sample.ts'
import type { Cleanup } from '#test/support/redis-server.ts'
import { waitFor } from '#test/support/wait-for.ts'

/** A frame that takes longer is felt, on a machine that does `work` in `workMs`; one that is slower may take longer. */
const frameMsMax = 50
const workMs = 12
const roundsMax = 6

suite('the net on a screen', () => {
  let browser: TestBrowser
  let net: FakeNet
  before(async () => {
    ;[browser, net] = await Promise.all([startBrowser(), startFakeNet({ cities: 500 })])
  })
  after(async () => {
    await Promise.all([browser?.[Symbol.asyncDispose](), net?.[Symbol.asyncDispose]()])
  })
  const visit = async (t: Cleanup, hash: string, more: Partial<VisitOptions> = {}) => {
    const person = await browser.visit(t, { url: net.url, ...more })
    await person.page.goto(new URL(hash, more.url ?? net.url).href)
    return person
  }

  test('of 500 cities only rows in sight are drawn; arrows, End and Enter lead to the last one', async t => {
    const { page } = await visit(t, '#/network')
    await page.getByRole('link', { name: /^Network \d+ ask to join$/ }).waitFor()
    await page.getByRole('link', { name: 'Aspen 4', exact: true }).focus()
    assert.ok((await page.locator('[data-index]').count()) < 40)
    await page.keyboard.press('ArrowDown')
    await page.locator(':focus', { hasText: /^Aspen 8$/ }).waitFor()
    await page.keyboard.press('End')
    await page.locator('[data-index="499"] a:focus').waitFor()
    const name = await focused(page)
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name, level: 1 }).waitFor()
  })

  test('a table that stays open gets the samples that are taken meanwhile', async t => {
    const { page } = await visit(t, '#/network')
    await page.clock.install()
    await page.reload()
    await page.locator('.spark path').first().waitFor()
    const asked = page.waitForRequest(/\/api\/v1\/history/)
    await page.clock.fastForward(sampleMs)
    await asked
  })

  test('words and levels choose cities, heads sort them, and the choice outlives a look at a city', async t => {
    const { page } = await visit(t, '#/network')
    await page.getByRole('searchbox').fill('golden')
    await page.getByText('50 cities').waitFor()
    await page.getByRole('button', { name: /Warning$/ }).click()
    await page.getByRole('button', { name: 'City' }).click()
    await page.getByRole('button', { name: 'City' }).click()
    assert.equal(await page.locator('[aria-sort=descending]').textContent(), 'City▾')
    const first = page.locator('[data-index="0"] a')
    const name = await first.innerText()
    await first.click()
    await page.getByRole('heading', { name, level: 1 }).waitFor()
    await page.getByRole('link', { name: 'All cities' }).click()
    assert.equal(await page.locator('[data-index="0"] a').innerText(), name)
  })

  test('on the map all cities with a position have a mark, and the most urgent is found by a button', async t => {
    const { page } = await visit(t, '#/network/map')
    await waitFor(async () => (await page.locator('.net-city').count()) === 461, { what: 'marks of all cities' })
    const urgent = page.getByRole('region', { name: 'Most urgent' }).getByRole('button').first()
    const name = (await urgent.innerText()).split('\n')[0] ?? ''
    await urgent.click()
    await page.locator('.net-city.picked').waitFor()
    await page.getByRole('heading', { name, level: 2 }).waitFor()
    await page.getByRole('button', { name: 'Next city' }).click()
    await page.getByText('39 cities without a position').click()
    await page.locator('.unplaced li').nth(38).waitFor()
  })

  test('on a phone, too, no name on the map lies on another, on a mark or on a button', async t => {
    const small = await startFakeNet({ cities: 12 })
    t.after(() => small[Symbol.asyncDispose]())
    const { page } = await visit(t, '#/network/map', { url: small.url, phone: true })
    await waitFor(async () => (await page.locator('.net-name[data-side]').count()) > 3, { what: 'names with a place' })
    const boxes = await page.evaluate(shownBoxes)
    for (const [index, a] of boxes.entries())
      for (const b of boxes.slice(index + 1))
        if (a.isName || b.isName) assert.ok(!isOn(a, b), `"${a.what}" is on "${b.what}"`)
  })

  test('the times of a chart are of the zone that was chosen, in 24 hours', async t => {
    const { page } = await visit(t, '#/network')
    await page.evaluate("localStorage.setItem('mcfed.zone', 'utc')")
    await page.goto(new URL(`?again#/network/${idOf(45)}`, net.url).href)
    const chart = page.locator('.chart').first()
    const read = async () => {
      for (const x of [100, 120]) await chart.locator('.u-over').hover({ position: { x, y: 20 } })
      return chart.locator('.u-legend').innerText()
    }
    await waitFor(read, { what: 'the time', until: words => /Time \(UTC\)\s+\d\d:\d\d\s/.test(words) })
  })

  test(`a picture in which 50 of 500 cities have changed takes less than ${frameMsMax} ms of the page`, async t => {
    for (const [hash, sight] of [
      ['#/network', '[data-index="5"] .spark'],
      ['#/network/map', '.net-city'],
    ] as const) {
      const { page } = await visit(t, hash)
      await page.locator(sight).first().waitFor()
      const spentMs = await cpuClock(page)
      const worked = async () => {
        const before = await spentMs()
        await page.evaluate(work)
        return (await spentMs()) - before
      }
      let slowest = Math.max(workMs, await worked())
      let least = Number.POSITIVE_INFINITY
      // What takes too long for once, on a machine that has other things to do, does not do so each time.
      for (let round = 0; round < roundsMax && least >= (frameMsMax * slowest) / workMs; round += 1) {
        const from = await spentMs()
        const answered = page.waitForResponse(hasCities)
        net.change(changed(net, round))
        await (await answered).finished()
        await page.evaluate(twoFrames)
        const seen = () => page.locator('.filters button', { hasText: 'Warning' }).textContent()
        await waitFor(seen, { what: 'it on the screen', until: words => words === warnings(net) })
        least = Math.min(least, (await spentMs()) - from)
        // The machine may have become slower meanwhile.
        slowest = Math.max(slowest, await worked())
      }
      const mostMs = (frameMsMax * slowest) / workMs
      t.diagnostic(`${hash}: ${Math.round(least)} ms of ${Math.round(mostMs)}`)
      assert.ok(least < mostMs, `${least} of ${mostMs} ms`)
    }
  })

  test('an admin lets a city in, keeps one out with a reason, and changes rights, each after a question', async t => {
    const { page } = await visit(t, `#/network/${idOf(47)}`)
    const dialog = page.getByRole('dialog')
    await page.getByRole('button', { name: 'Approve…' }).click()
    await dialog.waitFor()
    await page.keyboard.press('Escape')
    await dialog.waitFor({ state: 'detached' })
    await page.getByRole('button', { name: 'Approve…' }).click()
    await dialog.waitFor()
    await page.mouse.click(2, 2)
    await dialog.waitFor({ state: 'detached' })
    assert.equal(net.decided.length, 0)
    await page.getByRole('button', { name: 'Approve…' }).click()
    await dialog.getByRole('button', { name: 'Approve' }).click()
    await dialog.waitFor({ state: 'detached' })
    await page.getByRole('button', { name: 'Revoke…' }).click()
    await dialog.getByLabel('Why').fill('stolen')
    await dialog.getByRole('button', { name: 'Revoke' }).click()
    await dialog.waitFor({ state: 'detached' })
    await page.getByRole('button', { name: 'Change the rights in all other rooms' }).click()
    await dialog.getByLabel('Its posts are taken in').uncheck()
    await dialog.getByRole('button', { name: 'Grant' }).click()
    await waitFor(() => net.decided.length === 3, { what: 'three decisions' })
    const path = `/api/v1/spokes/${idOf(47)}`
    assert.deepEqual(net.decided, [
      { method: 'POST', path: `${path}/approve`, body: {} },
      { method: 'POST', path: `${path}/revoke`, body: { why: 'stolen' } },
      { method: 'PUT', path: `${path}/rooms/*`, body: { read: true, write: false } },
    ])
  })

  test('title and focus go where a person goes, and on to the next when what had the focus is gone', async t => {
    const alerts = [1, 2].map(n => ({ n, at: Date.now(), kind: 'clock-wrong', spoke: idOf(n), text: `clock ${n}` }))
    const small = await startFakeNet({ cities: 3, alerts })
    const { page } = await visit(t, '#/network', { url: small.url })
    // After the page, which asks it to the end.
    t.after(() => small[Symbol.asyncDispose]())
    const isAt = (title: string, focus: string) =>
      waitFor(async () => `${await page.title()}: ${await page.locator(':focus').textContent()}`, {
        what: title,
        until: now => now === `${title}: ${focus}`,
      })
    await page.locator('[data-index="0"] a').focus()
    const name = await focused(page)
    await page.keyboard.press('Enter')
    await isAt(`(2) ${name} – hub`, name)
    await page.getByRole('link', { name: 'Alerts' }).press('Enter')
    await isAt('(2) Alerts – hub', 'Alerts')
    await page.getByRole('button', { name: /clock 2/ }).press('Enter')
    await isAt('(1) Alerts – hub', 'Acknowledge: clock 1')
    await page.getByRole('button', { name: /clock 1/ }).press('Enter')
    await isAt('Alerts – hub', 'Alerts')
    await page.goBack()
    await isAt(`${name} – hub`, name)
  })

  for (const [screen, more] of [
    ['light', {}],
    ['phone, dark', { phone: true, dark: true }],
  ] as const) {
    test(`nothing of the net hinders anybody: ${screen}`, async t => {
      const person = await visit(t, '#/network', more)
      for (const [hash, sight] of [
        ['#/network', '[data-index="3"] a'],
        ['#/network/map', '.net-city'],
        [`#/network/${idOf(45)}`, '.chart canvas'],
        ['#/network/decisions', '.decisions'],
      ] as const) {
        await person.page.goto(new URL(hash, net.url).href)
        await person.page.locator(sight).first().waitFor()
        assert.deepEqual(await person.barriers(), [], hash)
        const overflow = await person.page.evaluate<number>('document.documentElement.scrollWidth - innerWidth')
        assert.ok(overflow <= 0, `${hash} is ${overflow} px too wide`)
      }
    })
  }

  test('a viewer decides nothing, and names with markup are words', async t => {
    const name = '<img src=x onerror=alert(1)>'
    const small = await startFakeNet({ cities: 3, role: 'viewer' })
    small.change([cityOf(1, { name })])
    const { page } = await visit(t, `#/network/${idOf(1)}`, { url: small.url })
    // After the page, which asks it to the end.
    t.after(() => small[Symbol.asyncDispose]())
    await page.getByRole('heading', { name, level: 1 }).waitFor()
    assert.equal(await page.getByRole('button', { name: /Approve|Revoke|Forget|Change the rights/ }).count(), 0)
    await page.goto(new URL('#/network/map', small.url).href)
    await page.locator('.net-name', { hasText: name }).waitFor()
    assert.equal(await page.locator('img').count(), 0)
  })
})

function focused(page: Page): Promise<string> {
  return page.locator(':focus').innerText()
}

/** Other ones in each round, and each time in another state. */
function changed(net: FakeNet, round: number) {
  return net.net.cities
    .filter((_, index) => index % 10 === round)
    .map(city => ({ ...city, latencyMs: 100 + round, backlog: 7, lagSeconds: 90 }))
}

/** An answer about the net in which something has changed. */
async function hasCities(response: Response): Promise<boolean> {
  if (!/\/api\/v1\/network\?since=/.test(response.url())) return false
  const { cities } = (await response.json()) as Network
  return cities.length > 0
}

function warnings({ net: { cities } }: FakeNet): string {
  const { warn } = countsOf(rowsOf(cities, Date.now()))
  return `${warn}Warning`
}

interface ShownBox {
  what: string
  isName: boolean
  left: number
  top: number
  right: number
  bottom: number
}

function isOn(a: ShownBox, b: ShownBox): boolean {
  return a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom
}

interface PageElement {
  className: string
  textContent: string
  matches: (selector: string) => boolean
  getBoundingClientRect: () => Omit<ShownBox, 'what' | 'isName'>
}

interface PageWindow {
  document: { querySelectorAll: (selector: string) => Iterable<PageElement> }
  getComputedStyle: (element: PageElement) => { visibility: string }
}

/** Runs in the page: names, marks and buttons of the map; a mark by its middle, for it is drawn larger where it is urgent. */
function shownBoxes(): ShownBox[] {
  const { document, getComputedStyle } = globalThis as unknown as PageWindow
  return [...document.querySelectorAll('.net-name, .net-city, .map-buttons button')]
    .filter(element => getComputedStyle(element).visibility === 'visible')
    .map(element => {
      const { left, top, right, bottom } = element.getBoundingClientRect()
      const isName = element.matches('.net-name')
      const inset = element.matches('.net-city') ? 4 : 0.5
      const what = element.textContent || element.className
      return { what, isName, left: left + inset, top: top + inset, right: right - inset, bottom: bottom - inset }
    })
}

/** Runs in the page. */
function work(): number {
  let sum = 0
  for (let i = 1; i < 3_000_000; i += 1) sum = (sum * 31 + i) % 65_521
  return sum
}

/** Runs in the page. */
function twoFrames(): Promise<number> {
  const { requestAnimationFrame: next } = globalThis as unknown as {
    requestAnimationFrame: (job: (at: number) => void) => void
  }
  return new Promise(resolve => next(() => next(resolve)))
}

/** Gives the time that the page's own thread has worked: ms. Other work of the machine is not in it. */
async function cpuClock(page: Page): Promise<() => Promise<number>> {
  const devtools = await page.context().newCDPSession(page)
  await devtools.send('Performance.enable', { timeDomain: 'threadTicks' })
  return async () => {
    const { metrics } = await devtools.send('Performance.getMetrics')
    return (metrics.find(({ name }) => name === 'TaskDuration')?.value ?? 0) * 1000
  }
}
