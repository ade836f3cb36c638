// The people of the demo: one in each city, who posts, hears what the others post, and takes the time.
import { airRoom, deskRoom } from './conf.ts'
import type { City } from './federation.ts'
import { type HeardPost, LinesClient } from './lines-client.ts'
import { until } from './until.ts'

/** A post that was stored by the city it was posted to. */
export interface SentPost {
  guid: string
  city: City
  author: string
  text: string
  /** performance.now() before it left the author. */
  sentAt: number
  /** From then until the city said that it is stored. */
  storedMs: number
}

interface Person {
  name: string
  city: City
  /** In the room for programs. */
  desk: LinesClient
  /** In the room that is on the air, where he only listens. */
  air: LinesClient
}

/** Told of every post in every city, with the ms since it was first heard anywhere: 0 where it was posted. */
export type Witness = (post: HeardPost, city: City, ms: number) => void

const names = ['Ana', 'Ben', 'Cleo']

export class People {
  /** Everything that a city has said is stored: what must be everywhere in the end. */
  readonly sent: SentPost[] = []
  readonly #signal: AbortSignal
  readonly #people: Person[] = []
  /** performance.now() by city, by GUID. */
  readonly #heardAt = new Map<string, Map<string, number>>()
  onHeard: Witness = () => {}

  private constructor(signal: AbortSignal) {
    this.#signal = signal
  }

  /** One person joins in each city, over TCP. */
  static async join(cities: readonly City[], signal: AbortSignal): Promise<People> {
    const people = new People(signal)
    for (const [index, city] of cities.entries()) {
      const name = names[index] ?? city.name
      const onPost = (post: HeardPost) => people.#heard(post, city)
      const join = (room: string) => LinesClient.join({ port: city.ports.lines, room, name, onPost })
      people.#people.push({ name, city, desk: await join(deskRoom), air: await join(airRoom) })
    }
    return people
  }

  /** Posts over the HTTP API of the city; resolves when it is stored there. */
  postByHttp(city: City, text: string, room: string = deskRoom): Promise<SentPost> {
    const { name } = this.#personIn(city)
    return this.#send({ city, author: name, text }, () => city.api.post(room, name, text))
  }

  /** Posts over the TCP port for lines. */
  postByLine(city: City, text: string): Promise<SentPost> {
    const { name, desk } = this.#personIn(city)
    return this.#send({ city, author: name, text }, () => desk.send(text))
  }

  /** Posts this often over TCP without waiting in between; resolves when all are stored. */
  burst(city: City, count: number, text: string): Promise<SentPost[]> {
    return Promise.all(Array.from({ length: count }, (_, index) => this.postByLine(city, `${text} ${index + 1}`)))
  }

  /** Resolves when this post was heard in all of the cities; gives the ms from its author to each city but his own. */
  async arrivals({ guid, city, sentAt }: SentPost, cities: readonly City[]): Promise<{ city: City; ms: number }[]> {
    const others = cities.filter(other => other !== city)
    const isHeard = () => others.every(({ name }) => this.#heardAt.get(guid)?.has(name))
    await until(isHeard, { what: `a post of ${city.name} to be heard everywhere`, signal: this.#signal })
    return others.map(other => ({ city: other, ms: (this.#heardAt.get(guid)?.get(other.name) ?? 0) - sentAt }))
  }

  /** Posts as somebody else does, by radio; `send` resolves to the GUID when the city has acknowledged it. */
  postByRadio(post: Pick<SentPost, 'city' | 'author' | 'text'>, send: () => Promise<string>): Promise<SentPost> {
    return this.#send(post, send)
  }

  leave(): void {
    for (const { desk, air } of this.#people) for (const lines of [desk, air]) lines.close()
  }

  async #send(post: Pick<SentPost, 'city' | 'author' | 'text'>, send: () => Promise<string>): Promise<SentPost> {
    const sentAt = performance.now()
    const guid = await send()
    const sent = { ...post, guid, sentAt, storedMs: performance.now() - sentAt }
    this.sent.push(sent)
    return sent
  }

  #heard(post: HeardPost, city: City): void {
    const now = performance.now()
    const byCity = this.#heardAt.get(post.guid) ?? new Map<string, number>()
    this.#heardAt.set(post.guid, byCity.set(city.name, now))
    const [firstAt = now] = byCity.values()
    this.onHeard(post, city, now - firstAt)
  }

  #personIn(city: City): Person {
    const person = this.#people.find(one => one.city === city)
    if (person === undefined) throw new Error(`nobody is in ${city.name}`)
    return person
  }
}
