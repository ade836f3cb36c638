// The nodes on the islands of the demo: they find the room by its advert, log in to it, post, and hear what it pushes.
import { payloadType } from '#edge/radio/packet.ts'
import type { IslandNode, Push } from '../island/node.ts'
import { airRoom, guestPassword } from './conf.ts'
import type { City } from './federation.ts'
import type { People, SentPost } from './people.ts'
import { until } from './until.ts'

export interface Radio {
  city: City
  node: IslandNode
  /** Repeaters between it and the room server. */
  hops: number
  /** It took so long from its login to its welcome. */
  loginMs: number
}

/** Told of each push as it comes to a node, with the ms since its post was sent; undefined when nobody here sent it. */
export type Listener = (radio: Radio, line: string, ms: number | undefined) => void

const namesByCity: Readonly<Record<string, readonly [near: string, far: string]>> = {
  Denver: ['Dot', 'Dex'],
  Boulder: ['Bea', 'Bo'],
  Pueblo: ['Pia', 'Pim'],
}

export class Radios {
  readonly all: Radio[] = []
  onPush: Listener = () => {}
  readonly #people: People
  readonly #signal: AbortSignal

  private constructor(people: People, signal: AbortSignal) {
    this.#people = people
    this.#signal = signal
  }

  /** Two nodes log in in each city; of one city the second is behind a repeater. */
  static async join(cities: readonly City[], people: People, signal: AbortSignal): Promise<Radios> {
    const radios = new Radios(people, signal)
    const joined = await Promise.all(cities.map(city => radios.#joinCity(city, city === cities[1] ? 1 : 0)))
    radios.all.push(...joined.flat())
    return radios
  }

  /** Posts by radio; resolves when the room server has acknowledged it, and the post is found in its log. */
  async post({ city, node }: Radio, text: string): Promise<SentPost> {
    return await this.#people.postByRadio({ city, author: node.name, text }, async () => {
      const { isAcked } = await node.post(text)
      if (!isAcked) throw new Error(`the post of ${node.name} in ${city.name} was never acknowledged`)
      const post = (await city.api.posts(airRoom)).find(one => one.text === text)
      if (post === undefined) throw new Error(`${city.name} has acknowledged a post that it does not hold`)
      return post.guid
    })
  }

  /** Resolves when these texts have come to all nodes, or those of one city, but to their authors. */
  async heard(posts: readonly SentPost[], city?: City): Promise<void> {
    const listeners = this.all.filter(radio => city === undefined || radio.city === city)
    const isHeard = ({ author, text }: SentPost) =>
      listeners.every(({ node }) => node.name === author || node.texts.some(line => line.endsWith(text)))
    const what = `every node to hear ${posts.map(({ text }) => `"${text}"`).join(' and ')}`
    await until(() => posts.every(isHeard), { what, signal: this.#signal, deadlineMs: 60_000 })
  }

  async #joinCity(city: City, farHops: number): Promise<Radio[]> {
    const { island } = city
    const what = `the room of ${city.name} to make itself known`
    const heard = () => (island.air.isQuiet ? island.rooms.get(city.name) : undefined)
    const room = await until(heard, { what, signal: this.#signal })
    const joined = (namesByCity[city.name] ?? []).map((name, index): Radio => {
      const hops = index === 0 ? 0 : farHops
      return { city, node: island.node(name, { room, hops }), hops, loginMs: 0 }
    })
    for (const radio of joined) {
      radio.node.onPush = push => this.onPush(radio, lineOf(radio.node, push, room), this.#msSince(push))
      // So that the others see its name.
      radio.node.advertise(radio.hops === 0 ? 'direct' : 'flood')
      radio.loginMs = await logIn(radio)
      await this.#fallsSilent(radio)
    }
    return joined
  }

  /** After its welcome it tells the room the way to it: the next one would talk over that. */
  async #fallsSilent({ city: { island }, node: { name } }: Radio): Promise<void> {
    const isTold = () => island.sent.some(({ who, packet }) => who === name && packet?.type === payloadType.path)
    await until(() => isTold() && island.air.isQuiet, { what: `${name} to fall silent`, signal: this.#signal })
  }

  #msSince({ text }: Push): number | undefined {
    const post = this.#people.sent.find(sent => text.endsWith(sent.text))
    return post && performance.now() - post.sentAt
  }
}

/** Gives the ms until the welcome. */
async function logIn({ city, node }: Radio): Promise<number> {
  const startedAt = performance.now()
  const welcome = await node.login(guestPassword)
  if (welcome === undefined) throw new Error(`${node.name} could not log in in ${city.name}`)
  return performance.now() - startedAt
}

/** As an app shows it: the name of a neighbour by the key in the push; where the room speaks, it stands in the text. */
function lineOf(node: IslandNode, { authorPrefix, text }: Push, room: Uint8Array): string {
  if (Buffer.from(room).toString('hex').startsWith(authorPrefix)) return text
  const author = [...node.contacts].find(([key]) => key.startsWith(authorPrefix))
  return `${author?.[1] ?? 'Unknown'}: ${text}`
}
