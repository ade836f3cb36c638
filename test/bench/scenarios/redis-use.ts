// Row 13: what a post costs in Redis, and what nothing at all costs, with few and with many idle rooms and links.
import type { Spoke } from '../broker.ts'
import type { Figures } from '../control.ts'
import { Tally } from '../deadline.ts'
import { makePosts } from '../posts.ts'
import { connectAll, newIdentity, roomNames, type Scenario, type Stage } from '../stage.ts'

const ackMs = 10_000
const idleMs = 5000
/** What links that have just come ask of the store is asked by then. */
const settleMs = 2000

export const redisUse: Scenario = async (stage, { posts, links, rooms }) => {
  const [busy = '', ...idle] = roomNames(rooms + 1)
  const few = Math.min(10, rooms, links)
  const perLink = Math.ceil((rooms - few) / (links - few))
  const writer = new OneByOne(stage, busy, 2 * posts)
  await writer.connect()
  await connectAll(Array.from({ length: few }, (_, i) => follower(stage, i, idle.slice(i, i + 1))))
  const withFew = await use(stage, writer, posts)
  const many = Array.from({ length: links - few }, (_, i) =>
    follower(stage, few + i, idle.slice(few + i * perLink, few + (i + 1) * perLink)),
  )
  await connectAll(many.filter(({ hasRooms }) => hasRooms))
  const withMany = await use(stage, writer, posts)
  return { ...named(withFew, `${few} rooms`), ...named(withMany, `${rooms} rooms, ${links} links`) }
}

function follower(stage: Stage, n: number, rooms: readonly string[]): Spoke & { hasRooms: boolean } {
  const nothing = () => {}
  const identity = newIdentity()
  const spoke = stage.spoke({ name: `idle-${n}`, identity, rooms, follows: true, onDelivery: nothing, onAck: nothing })
  return Object.assign(spoke, { hasRooms: rooms.length > 0 })
}

/** Writes a post when the one before is acknowledged: nothing is grouped. */
class OneByOne {
  readonly #spoke: Spoke
  readonly #posts
  #acks = new Tally()
  #next = 0

  constructor(stage: Stage, room: string, count: number) {
    const identity = newIdentity()
    const onAck = (_seq: number, at: number) => this.#acks.add(at)
    this.#spoke = stage.spoke({ name: 'writer', identity, rooms: [room], follows: false, onDelivery: () => {}, onAck })
    this.#posts = makePosts({ identity, rooms: [room], count, firstSeq: 0 })
  }

  connect(): Promise<void> {
    return this.#spoke.connect()
  }

  async write(count: number): Promise<void> {
    for (const post of this.#posts.slice(this.#next, this.#next + count)) {
      this.#next += 1
      this.#spoke.publish(post)
      await this.#acks.reach(this.#next, ackMs, 'acks')
    }
  }
}

async function use(stage: Stage, writer: OneByOne, posts: number): Promise<Figures> {
  await pause(settleMs)
  const before = await stage.order('usage')
  await pause(idleMs)
  const idle = await stage.order('usage')
  const startAt = performance.now()
  await writer.write(posts)
  const seconds = (performance.now() - startAt) / 1000
  const after = await stage.order('usage')
  const idlePerSecond = (((idle.redisCommands ?? 0) - (before.redisCommands ?? 0)) / idleMs) * 1000
  const per = (from = 0, to = 0) => (to - from - idlePerSecond * seconds) / posts
  return {
    idleCommandsPerSecond: idlePerSecond,
    callsPerPost: ((after.redisCalls ?? 0) - (idle.redisCalls ?? 0)) / posts,
    commandsPerPost: per(idle.redisCommands, after.redisCommands),
  }
}

function pause(ms: number): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, ms))
}

function named(figures: Figures, where: string): Figures {
  return Object.fromEntries(Object.entries(figures).map(([name, value]) => [`${name} (${where})`, value]))
}
