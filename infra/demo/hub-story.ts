// What happens when the hub dies: the cities carry the posts themselves, and hand them back to the hub when it lives again.
import { type City, hubLinkOf } from './federation.ts'
import { handback, linesFromNow, takeover } from './log-watch.ts'
import type { SentPost } from './people.ts'
import { duration, heading, number, say, styled } from './screen.ts'
import { held, type Stage, showBurst, showCounts, showTravel, storedBy, three } from './story.ts'
import { until } from './until.ts'

/** Kills the hub, lets everybody post on without it, starts it again, and shows what it was sent. */
export async function hubDies(stage: Stage): Promise<void> {
  const { federation, people, signal } = stage
  const [first] = federation.hubs
  if (first === undefined) throw new Error('there is no hub')
  const hub = { ...first, name: 'the hub' }
  const everybody = [...federation.cities, hub]
  await held(everybody, people.sent.length, signal)
  const heldBefore = await storedBy(hub)
  await withoutHub(stage)
  await hubReturns(stage)
  await held(everybody, people.sent.length, signal)
  await sayUploads(federation.cities, people.sent.length - heldBefore, signal)
  await showCounts(everybody, people.sent.length)
}

async function withoutHub({ federation, people, signal }: Stage): Promise<void> {
  const { cities, hubs } = federation
  const [denver, boulder, pueblo] = three(cities)
  heading('6  The hub dies')
  const lines = linesFromNow(cities)
  const killedAt = performance.now()
  await federation.killHub()
  for (const { name } of hubs) say(`${name.padEnd(8)} ${styled('red', 'killed (SIGKILL)')}`)
  await lines.show({ pattern: /Federation peer ".+" disconnected/, count: cities.length, signal })
  const asked = await people.postByHttp(denver, 'Is the hub gone?')
  await lines.show({ pattern: takeover, count: cities.length, signal })
  say()
  say(
    `The last city took over ${duration(performance.now() - killedAt)} after the hub's death: direct links carry the posts.`,
  )
  say(styled('dim', 'takeover_seconds is 1 here, not 15 as usual; up to as much again is added at random.'))
  say()
  const show = (way: string, post: SentPost) => showTravel(people, way, post, cities)
  await show('HTTP', asked)
  await show('TCP', await people.postByLine(boulder, 'Looks like it. We go on'))
  await show('TCP', await people.postByLine(pueblo, 'Loud and clear without it'))
  await show('HTTP', await people.postByHttp(denver, 'Good. Chains stay on'))
  say(styled('dim', 'The first was posted when the hub had just died, and waited on the disk in Denver.'))
  say()
  await showBurst({ cities, people, signal })
}

async function hubReturns({ federation, signal }: Stage): Promise<void> {
  const { cities, hubs } = federation
  heading('7  The hub is back')
  const hubLines = linesFromNow(hubs)
  const cityLines = linesFromNow(cities)
  const startedAt = performance.now()
  await federation.restartHub()
  const upMs = performance.now() - startedAt
  for (const { name, program } of hubs)
    say(`${name.padEnd(8)} ${styled('dim', `process ${program.pid}`)}   with the files that the dead one has left`)
  await cityLines.seen({ pattern: handback, count: cities.length, signal })
  const servedMs = performance.now() - startedAt
  await hubLines.show({ pattern: /Federation peer ".+" (connected|caught up)/, count: cities.length, signal })
  await cityLines.show({ pattern: handback, count: cities.length, signal })
  say()
  say(`It answers after ${duration(upMs)}, and serves all cities again ${duration(servedMs - upMs)} later.`)
}

/** What the cities have sent to the hub since it is back, all together, against what it lacked. */
async function sayUploads(cities: readonly City[], lacked: number, signal: AbortSignal): Promise<void> {
  const settledRooms = async () => {
    const links = await Promise.all(cities.map(hubLinkOf))
    const rooms = links.flatMap(link => link?.rooms ?? [])
    return !links.includes(undefined) && rooms.every(({ toSend }) => toSend === 0) ? rooms : undefined
  }
  const rooms = await until(settledRooms, { what: 'every city to have nothing left for the hub', signal })
  const sent = rooms.reduce((sum, room) => sum + room.sent, 0)
  const tail = sent === lacked ? 'each of them once' : `${number(sent - lacked)} of them for nothing`
  say(`It lacked ${number(lacked)} posts. The cities have sent it ${number(sent)} together, ${tail}.`)
}
