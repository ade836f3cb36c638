// The pictures of the README: an evening on the net, as consoles show it. Made by `npm run pictures`, and by the tests to see that they can be.
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import type { TestBrowser } from '#test/support/browser.ts'
import { arrivalMs, go, openRoom, seesPost, send, showNet, signIn } from '#test/support/console.ts'
import { type ConsoleWorld, hubPage, startLateCity } from '#test/support/console-world.ts'
import { createToken, testRoom } from '#test/support/programs.ts'
import type { Cleanup } from '#test/support/redis-server.ts'
import { sampleHistory, sampleNet } from './sample-net.ts'

/** Changes to the config of the hub. */
export const hubConf = { name: 'Front Range hub' }
/** Of the token with which they are taken. */
const who = 'Kim K0FRH'

export interface Stage {
  world: ConsoleWorld
  browser: TestBrowser
  /** Where the pictures go. */
  folder: string
}

interface Scene {
  /** Of the file, without its ending. */
  name: string
  phone?: boolean
  dark?: boolean
  size?: { width: number; height: number }
  /** From the rooms to what is to be seen. */
  show: (page: Page) => Promise<unknown>
}

const lateText = 'Bridge at the mill is under water, we turn traffic round'
const lastText = 'All stations: shelter at the school is open, 40 beds'
const evening: readonly [city: 'onAir' | 'far', author: string, text: string][] = [
  ['far', 'Boulder EOC', 'Boulder EOC on the net. Creek gauge at 6.2 ft and rising'],
  ['onAir', 'Dispatch', 'Denver copies. Two trucks on the way to Lyons, ETA 25 min'],
  ['far', 'Boulder EOC', 'Thanks. Highway 36 is closed from mile 12 on'],
  ['onAir', 'Dispatch', 'Copy, closed from mile 12'],
]

const scenes: readonly Scene[] = [
  { name: 'room', size: { width: 1200, height: 760 }, show: showRoom },
  {
    name: 'network',
    dark: true,
    size: { width: 1280, height: 620 },
    show: async page => {
      await fakeNet(page)
      await go(page, '#/network')
      await page
        .getByRole('img', { name: /in 24 hours/ })
        .first()
        .waitFor()
    },
  },
  {
    name: 'map',
    size: { width: 1200, height: 620 },
    show: async page => {
      await fakeNet(page)
      await go(page, '#/network/map')
      await page.getByText('Portland').first().waitFor()
    },
  },
  { name: 'phone', phone: true, dark: true, show: showRoom },
]

/** Resolves to the paths of the pictures. */
export async function takePictures(test: Cleanup, { world, browser, folder }: Stage): Promise<string[]> {
  await mkdir(folder, { recursive: true })
  const token = await createToken(world.hub.dir, 'operator', who)
  await play(test, world, { browser, token })
  const paths: string[] = []
  for (const { name, show, ...look } of scenes) {
    const { page } = await browser.visit(test, { url: hubPage(world.hub), ...look })
    await signIn(page, token)
    await show(page)
    // What a mouse is over looks otherwise.
    await page.mouse.move(0, 0)
    const path = join(folder, `${name}.png`)
    await page.screenshot({ path, animations: 'disabled', caret: 'hide' })
    paths.push(path)
  }
  return paths
}

interface Kim {
  browser: TestBrowser
  token: string
}

/** What happens on the net before the pictures are taken. */
async function play(test: Cleanup, world: ConsoleWorld, { browser, token }: Kim): Promise<void> {
  const ana = await world.onAir.member('Ana K0MTN')
  const late = { name: 'Pueblo', texts: [lateText], agoMs: 12 * 60_000 }
  const edge = await startLateCity(world.hub, late)
  test.after(async () => edge[Symbol.asyncDispose]())
  for (const [city, author, text] of evening)
    await (city === 'far' ? world.far : world.onAir.edge).post(text, { author })
  await ana.post('At Lyons now, water over the road at 2nd and Main')
  const { page } = await browser.visit(test, { url: hubPage(world.hub) })
  await signIn(page, token)
  await openRoom(page, testRoom)
  await seesPost(page, lateText)
  await send(page, lastText, { author: 'Net control', isPriority: true })
  await page.getByText('Denver on air').waitFor({ timeout: arrivalMs })
}

/** Three cities make no picture of a net. */
async function fakeNet(page: Page): Promise<void> {
  await showNet(page, () => sampleNet(Date.now()))
  await page.route('**/api/v1/history*', route => route.fulfill({ json: sampleHistory(Date.now()) }))
  // As if it had never known another.
  await page.reload()
}

async function showRoom(page: Page): Promise<void> {
  await openRoom(page, testRoom)
  await seesPost(page, lastText)
}
