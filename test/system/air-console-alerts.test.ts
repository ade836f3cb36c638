// The console of a city tells of the city's own troubles, and of those of its links: for who has no hub to look at.
import assert from 'node:assert/strict'
import { mkdtempDisposable, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Locator, Page } from 'playwright-core'
import { startBrowser } from '#test/support/browser.ts'
import { expectOutage } from '#test/support/console.ts'
import { edgePage } from '#test/support/console-world.ts'
import { quickLooks } from '#test/support/preloads.ts'
import { type EdgeProgram, freeEdgePorts, startEdge, testRoom } from '#test/support/programs.ts'
import { startRadioCity } from '#test/support/radio-city.ts'
import { RawLink } from '#test/support/raw-link.ts'
import { listenAt, wasRungFor } from '#test/support/ringing.ts'
import { clockAt } from '#test/support/system-clock.ts'

/** On a busy machine. */
const toldMs = 60_000
const posts = 12

/** Of the page of alerts. */
const regionOf = (page: Page) => (name: 'Not over yet' | 'All alerts') => page.getByRole('region', { name })

async function seesAll(region: Locator, texts: readonly RegExp[]): Promise<void> {
  for (const text of texts) await region.getByText(text).waitFor({ timeout: toldMs })
}

/** As an operator would: in the file, with a restart. */
async function setDutyCycle(edge: EdgeProgram, percent: number): Promise<void> {
  const file = join(edge.dir, 'program.conf')
  await writeFile(file, (await readFile(file, 'utf8')).replace(/^duty_cycle = .*$/m, `duty_cycle = ${percent}`))
  await edge.restart()
}

test('a neighbour that takes no posts, and has lost some; air that is used up', async t => {
  const radio = { duty_cycle: 0.3 }
  await using city = await startRadioCity({ name: 'Denver', env: quickLooks(), conf: { radio } })
  const { edge } = city
  // Ends before the server, which its page asks again and again.
  await using browser = await startBrowser()
  const visit = await browser.visit(t, { url: edgePage(edge) })
  expectOutage(visit)
  const { page } = visit
  const region = regionOf(page)
  await listenAt(visit)
  await using golden = await RawLink.connect({ port: edge.ports.federation, name: 'Golden' })
  await golden.follow()
  await golden.ship([golden.post('four'), golden.post('five')])
  golden.send({ t: 'gap', room: testRoom, epoch: golden.epoch, from: 3, to: 42, why: 'trimmed' })
  golden.takesPosts = false
  // There are 11 s of air, of which pushes may have 8.
  await city.member('Ana')
  for (let n = 0; n < posts; n += 1) await edge.post(`${n}: ${'all stations stand by '.repeat(6)}`)
  const told = [
    /\d+ posts wait for "Golden", the oldest for \d+ min: it is linked, and does not keep up/,
    /The duty cycle of "Denver" is used up: \d+ % of 11 s an hour, and what is left is for logins and ACKs/,
    /Gap in room "frontrange": 40 posts of "Golden" did not come before they were dropped there/,
  ]
  const all = region('All alerts')
  await seesAll(all, told)
  await wasRungFor(page, told)
  const open = region('Not over yet').locator('strong')
  assert.deepEqual((await open.allInnerTexts()).toSorted(), ['Air used up', 'Posts wait'])
  assert.deepEqual(await visit.barriers(), [])

  const { epoch, next } = await golden.waitForFrame('posts', frame => frame.next === posts + 2)
  golden.send({ t: 'ack', room: testRoom, epoch, offset: next })
  await seesAll(all, [/"Golden" has caught up again after/])
  await setDutyCycle(edge, 10)
  await seesAll(all, [/"Denver" has air again: \d % of its duty cycle is used/])
  await region('Not over yet').getByText('Nothing, as far as Denver').waitFor()
})

test('a clock that is wrong, until it is set', async t => {
  await using dir = await mkdtempDisposable(join(tmpdir(), 'mcfed-vail-'))
  const options = { name: 'Vail', dir: dir.path, ports: await freeEdgePorts() }
  const started = (env = {}) => startEdge({ ...options, env: { ...env, ...quickLooks({ hasTicks: true }) } })
  let edge = await started()
  t.after(() => edge[Symbol.asyncDispose]())
  // Ends before the server, which its page asks again and again.
  await using browser = await startBrowser()
  const visit = await browser.visit(t, { url: edgePage(edge) })
  expectOutage(visit)
  const { page } = visit
  await listenAt(visit)
  // The power was away, and there is no battery for the clock.
  await edge.stop()
  edge = await started(clockAt('2001-01-01 00:00:00'))
  const told = [/The clock of the machine of "Vail" is [\d,]+ days behind: check NTP there;/]
  await seesAll(regionOf(page)('Not over yet'), told)
  await wasRungFor(page, told)
  await edge.stop()
  edge = await started()
  await seesAll(regionOf(page)('All alerts'), [/The clock of the machine of "Vail" is right again/])
  await regionOf(page)('Not over yet').getByText('Nothing, as far as Vail').waitFor()
})
