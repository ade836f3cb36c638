// npm run bench:console [-- ROUNDS]: scrolling a room of 10,000 posts and a net of 500 cities in the console, and the same rows all drawn at once.
import { startBrowser, type Visit } from '#test/support/browser.ts'
import { go, openRoom, showNet, signIn } from '#test/support/console.ts'
import { hubPage } from '#test/support/console-world.ts'
import { netOf } from '#test/support/network-sample.ts'
import { createToken, type HubProgram, startEdge, startHub, testRoom } from '#test/support/programs.ts'
import { writeBurst } from '#test/support/traffic.ts'
import { waitFor } from '#test/support/wait-for.ts'
import { drawAllRows } from './all-rows.ts'
import { type Smoothness, scrolled } from './frames.ts'

const posts = 10_000
const cities = 500
const rounds = Number(process.argv[2] ?? 1)
const frames = 120

interface Figures extends Smoothness {
  what: string
  /** Until the rows are on the screen. */
  drawMs: number
  /** Elements of the whole page. */
  elements: number
}

async function main(): Promise<void> {
  await using hub = await startHub()
  await using edge = await startEdge({ name: 'Denver', hubs: [hub] })
  await writeBurst(edge, 'Post number', posts)
  const hasAll = async () => (await hub.status()).rooms[0]?.stored === posts
  await waitFor(hasAll, { what: 'all posts at the hub', deadlineMs: 60_000 })
  const token = await createToken(hub.dir, 'viewer')
  const figures: Figures[] = []
  for (let round = 0; round < rounds; round += 1) figures.push(...(await measure(hub, token)))
  process.stdout.write(`${JSON.stringify(figures, undefined, 2)}\n`)
  for (const what of new Set(figures.map(figure => figure.what))) process.stderr.write(`${wordsOf(what, figures)}\n`)
}

/** One round: the console's lists, and then the same rows all at once. */
async function measure(hub: HubProgram, token: string): Promise<Figures[]> {
  await using browser = await startBrowser()
  // The page ends with its browser.
  const visit = await browser.visit({ after: () => {} }, { url: hubPage(hub) })
  const { page } = visit
  await showNet(page, () => netOf(cities, Date.now()))
  await page.route('**/api/v1/history*', route => route.fulfill({ json: { samples: {} } }))
  await signIn(page, token)
  const feed = page.getByRole('region', { name: `Posts of ${testRoom}` })
  const table = page.getByRole('table', { name: 'Cities' })
  return [
    ...(await both(visit, {
      what: 'posts',
      rows: posts,
      open: async () => {
        await openRoom(page, testRoom)
        await feed.getByText(`Post number ${posts}`, { exact: true }).waitFor()
      },
      box: '.feed',
      row: '.feed-row:has(article)',
      by: -1200,
    })),
    ...(await both(visit, {
      what: 'cities',
      rows: cities,
      open: async () => {
        await go(page, '#/network')
        await table.getByRole('link').first().waitFor()
      },
      box: '.cities-body',
      row: '.city-row',
      by: 120,
    })),
  ]
}

interface Lists {
  what: string
  rows: number
  open: () => Promise<void>
  box: string
  row: string
  by: number
}

async function both({ page }: Visit, { what, rows, open, box, row, by }: Lists): Promise<Figures[]> {
  const elements = async () => Number(await page.evaluate('document.querySelectorAll("*").length'))
  const openedAt = performance.now()
  await open()
  const drawMs = performance.now() - openedAt
  const scrolling = { box, frames, by }
  const own = {
    what: `${what}, in the console`,
    drawMs,
    ...(await scrolled(page, scrolling)),
    elements: await elements(),
  }
  const allMs = await drawAllRows(page, { box, row, rows, atEnd: by < 0 })
  const all = {
    ...(await scrolled(page, { ...scrolling, box: '#all-rows' })),
    elements: await elements(),
  }
  await page.reload()
  return [own, { what: `${what}, all rows`, drawMs: allMs, ...all }]
}

function wordsOf(what: string, figures: readonly Figures[]): string {
  const median = (key: keyof Smoothness | 'drawMs' | 'elements') => {
    const values = figures.filter(figure => figure.what === what).map(figure => figure[key])
    return (values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN).toFixed(1)
  }
  return `${what}: drawn after ${median('drawMs')} ms, frames over 50 ms ${median('slowPer100')} of 100, p50 ${median('p50Ms')} ms, p99 ${median('p99Ms')} ms, worst ${median('worstMs')} ms, ${median('elements')} elements`
}

await main()
