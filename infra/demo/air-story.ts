// What the demo shows of the air: nodes that post by radio, what the others hear, and how much of the air it took.
import { airRoom } from './conf.ts'
import { airSpeed, type City } from './federation.ts'
import type { SentPost } from './people.ts'
import type { Radio } from './radios.ts'
import { duration, heading, say, styled, table } from './screen.ts'
import type { Stage } from './story.ts'

/** A node posts in one city, a program in another, and every node of all cities hears both. */
export async function nodesOnTheAir(stage: Stage): Promise<void> {
  const { federation, people, radios } = stage
  const [denver, boulder] = federation.cities
  heading('2  Nodes on the air')
  say(styled('dim', 'Simulated: radios, air and nodes, the air of each city for itself. All else is real,'))
  say(styled('dim', `the modem's protocol included. This air runs ${airSpeed} times as fast as a real one.`))
  say()
  for (const { city, node, hops, loginMs } of radios.all) {
    const way = hops === 0 ? '' : `, ${hops} repeater between`
    say(`${city.name.padEnd(8)} ${node.name.padEnd(4)} logged in after ${duration(loginMs)}${way}`)
  }
  say()
  if (denver === undefined || boulder === undefined) return
  const byRadio = await postAndTell(stage, denver, 'Chains on at the tunnel')
  const byHttp = await people.postByHttp(boulder, 'Thanks, will do', airRoom)
  sayPost(byHttp, 'HTTP', `on disk after ${duration(byHttp.storedMs)}`)
  await radios.heard([byRadio, byHttp])
}

/** The first node of the city posts by radio. */
export async function postAndTell({ radios }: Stage, city: City, text: string): Promise<SentPost> {
  const radio = radios.all.find(one => one.city === city)
  if (radio === undefined) throw new Error(`no node is in ${city.name}`)
  const post = await radios.post(radio, text)
  sayPost(post, 'radio', `on disk and acknowledged after ${duration(post.storedMs)}`)
  return post
}

function sayPost({ city, author, text }: SentPost, way: string, what: string): void {
  const from = `${city.name.padEnd(8)} ${styled('dim', `${author} (${way})`.padEnd(12))}`
  say(`${from}${text.padEnd(26)} ${styled('cyan', what)}`)
}

/** Shows what a node hears, as it comes. */
export function showPush({ city, node }: Radio, line: string, ms: number | undefined): void {
  const time = ms === undefined ? '' : styled('cyan', duration(ms))
  say(`  ${styled('dim', `${city.name.padEnd(8)} ${node.name.padEnd(4)} hears`)}  ${line.padEnd(36)} ${time}`)
}

/** How long each city's radio was on the air, and what for: as /status says. */
export async function showAirtime(cities: readonly City[]): Promise<void> {
  const rows: string[][] = []
  let budgetSeconds = 0
  for (const { name, api } of cities) {
    const { radio } = await api.status()
    if (radio === undefined) throw new Error(`${name} says nothing of its radio`)
    const { packets, seconds, byKind } = radio.airtime.sinceStart
    budgetSeconds = radio.budgetSeconds
    const pushes = (byKind['push-local'] ?? 0) + (byKind['push-federated'] ?? 0)
    const shown = [pushes, byKind.ack ?? 0, byKind.login ?? 0, byKind.advert ?? 0, seconds]
    const used = `${(100 * radio.budgetUsed).toFixed(1)} %`
    rows.push([name, String(packets), ...shown.map(value => `${value.toFixed(1)} s`), used])
  }
  table([['on the air', 'packets', 'pushes', 'ACKs', 'logins', 'adverts', 'in all', 'of the budget'], ...rows])
  say(styled('dim', `Seconds of a real air. The duty cycle allows ${budgetSeconds} s in any hour.`))
}
