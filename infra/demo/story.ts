// What happens in the demo: posts travel, one city is cut off while all go on, and comes back.
import { postAndTell } from './air-story.ts'
import type { City, Federation, Server } from './federation.ts'
import type { People, SentPost } from './people.ts'
import type { Radios } from './radios.ts'
import { duration, heading, number, quote, say, styled, table } from './screen.ts'
import { until } from './until.ts'

const burstPosts = 100
const outagePosts = { alone: 150, together: 120 }

export interface Stage {
  federation: Federation
  people: People
  radios: Radios
  signal: AbortSignal
}

/** Posts from every city, one by one and then all at once, with the time each took to the others. */
export async function postsTravel({ federation: { cities }, people, signal }: Stage): Promise<void> {
  const [denver, boulder, pueblo] = three(cities)
  heading('3  Posts travel between programs')
  say(styled('dim', 'from the author to the people in the other cities, in a room without radio; on disk on the way'))
  say()
  const show = async (way: string, post: Promise<SentPost>) => showTravel(people, way, await post, cities)
  await show('HTTP', people.postByHttp(denver, 'Anybody on tonight?'))
  await show('TCP', people.postByLine(boulder, 'Boulder here, loud and clear'))
  await show('TCP', people.postByLine(pueblo, 'Pueblo too. Snow on the pass'))
  await show('HTTP', people.postByHttp(denver, 'Chains on, then'))
  say()
  const startedAt = performance.now()
  const posts = (await Promise.all(cities.map(city => people.burst(city, burstPosts, `${city.name} counts`)))).flat()
  const storedMs = performance.now() - startedAt
  const travels = await Promise.all(posts.map(post => people.arrivals(post, cities)))
  signal.throwIfAborted()
  const allMs = performance.now() - startedAt
  const times = travels.flatMap(arrivals => arrivals.map(({ ms }) => ms)).sort((a, b) => a - b)
  say(
    `${number(posts.length)} posts at once, ${burstPosts} from each city: on disk in their own city in ${duration(storedMs)},`,
  )
  say(
    `in all cities after ${duration(allMs)} (half of the arrivals within ${duration(times[times.length >> 1] ?? 0)}).`,
  )
}

/** Cuts Pueblo's cable, lets everybody post on, mends it, and shows how the two sides catch up. */
export async function cityCutOff(stage: Stage): Promise<void> {
  const { federation, people, radios, signal } = stage
  const [denver, boulder, pueblo] = three(federation.cities)
  heading('4  Pueblo loses its internet')
  const servers = [...federation.hubs, pueblo]
  const cutLines = linesFromNow(servers)
  federation.cable.cut()
  await federation.linked(pueblo, false)
  await cutLines.show({ pattern: /Federation peer ".+" disconnected/, count: 2, signal })
  say()
  const alone = await postAndTell(stage, pueblo, 'Pass closed, no internet')
  const together = await postAndTell(stage, denver, 'Plough is on its way')
  await Promise.all([
    people.burst(pueblo, outagePosts.alone, 'Pueblo alone'),
    people.burst(denver, outagePosts.together, 'Denver meanwhile'),
    people.burst(boulder, outagePosts.together, 'Boulder meanwhile'),
  ])
  say(`Everybody posts on: ${outagePosts.alone} posts in Pueblo, ${2 * outagePosts.together} in Denver and Boulder.`)
  const total = people.sent.length
  await held([denver, boulder], total - outagePosts.alone - 1, signal)
  await showCounts(federation.cities, total)
  say()
  await radios.heard([alone], pueblo)
  for (const city of [denver, boulder]) await radios.heard([together], city)

  heading('5  The internet is back')
  const mendLines = linesFromNow(servers)
  const mendedAt = performance.now()
  federation.cable.mend()
  await federation.linked(pueblo, true)
  const linkedMs = performance.now() - mendedAt
  await held(federation.cities, total, signal)
  const allMs = performance.now() - mendedAt
  await mendLines.show({ pattern: /Federation peer ".+" (connected|caught up)/, count: 4, signal })
  say()
  say(`Linked again after ${duration(linkedMs)}, everything everywhere ${duration(allMs - linkedMs)} later.`)
  await showCounts(federation.cities, total)
  say()
  await radios.heard([alone, together])
}

async function showTravel(people: People, way: string, post: SentPost, cities: readonly City[]): Promise<void> {
  const arrivals = (await people.arrivals(post, cities)).map(({ city, ms }) =>
    `${city.name} ${duration(ms)}`.padEnd(17),
  )
  const from = `${post.city.name.padEnd(8)} ${styled('dim', `${post.author} (${way})`.padEnd(11))}`
  say(`${from} ${post.text.padEnd(30)} ${styled('cyan', arrivals.join('').trimEnd())}`)
}

async function held(cities: readonly City[], posts: number, signal: AbortSignal): Promise<void> {
  const names = cities.map(({ name }) => name).join(' and ')
  const isHeld = async () => (await Promise.all(cities.map(storedBy))).every(stored => stored >= posts)
  await until(isHeld, { what: `${names} to hold ${posts} posts`, signal, deadlineMs: 30_000 })
}

async function storedBy({ api }: City): Promise<number> {
  return (await api.status()).rooms.reduce((sum, { stored }) => sum + stored, 0)
}

async function showCounts(cities: readonly City[], total: number): Promise<void> {
  const stored = await Promise.all(cities.map(storedBy))
  say()
  table([
    ['', ...cities.map(({ name }) => name)],
    [`posts held, of ${number(total)}`, ...stored.map(number)],
  ])
}

interface WantedLines {
  pattern: RegExp
  /** Fewer are waited for. */
  count: number
  signal: AbortSignal
}

/** The log lines that these servers write from now on. */
function linesFromNow(servers: readonly Server[]): { show: (wanted: WantedLines) => Promise<void> } {
  const marks = servers.map(({ name, program }) => ({ name, program, count: program.lineCount }))
  const find = (pattern: RegExp) =>
    marks.flatMap(({ name, program, count }) =>
      program.linesSince(count).flatMap(line => (pattern.test(line) ? [{ name, line }] : [])),
    )
  return {
    show: async ({ pattern, count, signal }) => {
      await until(() => find(pattern).length >= count, { what: `${count} log lines like ${pattern}`, signal })
      for (const { name, line } of find(pattern)) quote(name, line)
    },
  }
}

function three(cities: readonly City[]): [City, City, City] {
  const [a, b, c] = cities
  if (a === undefined || b === undefined || c === undefined) throw new Error('the demo needs three cities')
  return [a, b, c]
}
