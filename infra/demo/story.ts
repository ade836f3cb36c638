// What happens in the demo: posts travel, one city is cut off while all go on, and comes back.
import { postAndTell } from './air-story.ts'
import type { City, Federation, Server } from './federation.ts'
import { handback, linesFromNow, takeover } from './log-watch.ts'
import type { People, SentPost } from './people.ts'
import type { Radios } from './radios.ts'
import { duration, heading, number, say, styled, table } from './screen.ts'
import { until } from './until.ts'

const burstPosts = 100
const outagePosts = { alone: 150, together: 120 }

export interface Stage {
  federation: Federation
  people: People
  radios: Radios
  signal: AbortSignal
}

interface Crowd {
  cities: readonly City[]
  people: People
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
  await showBurst({ cities, people, signal })
}

/** Posts from all cities at once, and the time until all are in all cities. */
export async function showBurst({ cities, people, signal }: Crowd): Promise<void> {
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
  say(styled('dim', 'all of it: the link to the hub, and the direct ones that stand by for it'))
  say()
  const servers = [...federation.hubs, pueblo]
  const cutLines = linesFromNow(servers)
  federation.cable.cut()
  await federation.linked(pueblo, false)
  await cutLines.show({ pattern: /Federation peer ".+" disconnected/, count: 4, signal })
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
  await cutLines.seen({ pattern: takeover, count: 1, signal })

  heading('5  The internet is back')
  const mendLines = linesFromNow(servers)
  const mendedAt = performance.now()
  federation.cable.mend()
  await held(federation.cities, total, signal)
  const allMs = performance.now() - mendedAt
  await mendLines.seen({ pattern: handback, count: 1, signal })
  const servedMs = performance.now() - mendedAt
  await mendLines.seen({ pattern: /Federation peer ".+" connected/, count: 4, signal })
  await mendLines.show({ pattern: /Federation peer ".+" (connected|caught up)/, count: 4, signal })
  say()
  say(`Everything everywhere after ${duration(allMs)}, by whichever link was there first: the direct ones carry`)
  say(`posts until the hub serves Pueblo again, which it does after ${duration(servedMs)}.`)
  await showCounts(federation.cities, total)
  say()
  await radios.heard([alone, together])
}

/** A post, and how long it took from its author to the people of each other city. */
export async function showTravel(people: People, way: string, post: SentPost, cities: readonly City[]): Promise<void> {
  const arrivals = (await people.arrivals(post, cities)).map(({ city, ms }) =>
    `${city.name} ${duration(ms)}`.padEnd(17),
  )
  const from = `${post.city.name.padEnd(8)} ${styled('dim', `${post.author} (${way})`.padEnd(11))}`
  say(`${from} ${post.text.padEnd(30)} ${styled('cyan', arrivals.join('').trimEnd())}`)
}

/** Resolves when these servers hold so many posts. */
export async function held(servers: readonly Server[], posts: number, signal: AbortSignal): Promise<void> {
  const names = servers.map(({ name }) => name).join(' and ')
  const isHeld = async () => (await Promise.all(servers.map(storedBy))).every(stored => stored >= posts)
  await until(isHeld, { what: `${names} to hold ${posts} posts`, signal, deadlineMs: 30_000 })
}

/** Posts of all rooms. */
export async function storedBy({ api }: Server): Promise<number> {
  return (await api.status()).rooms.reduce((sum, { stored }) => sum + stored, 0)
}

export async function showCounts(servers: readonly Server[], total: number): Promise<void> {
  const stored = await Promise.all(servers.map(storedBy))
  say()
  table([
    ['', ...servers.map(({ name }) => name)],
    [`posts held, of ${number(total)}`, ...stored.map(number)],
  ])
}

/** The three cities by themselves. */
export function three(cities: readonly City[]): [City, City, City] {
  const [a, b, c] = cities
  if (a === undefined || b === undefined || c === undefined) throw new Error('the demo needs three cities')
  return [a, b, c]
}
