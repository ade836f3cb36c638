// Rows 1 and 9: a room of spokes that all write as fast as acks come; every post goes to all but its author.
import type { BenchPost, Spoke } from '../broker.ts'
import type { Figures, Params } from '../control.ts'
import { Tally } from '../deadline.ts'
import { Inventory } from '../inventory.ts'
import { makePosts } from '../posts.ts'
import { Author, newIdentity, roomNames, type Scenario, type Stage } from '../stage.ts'

const runMs = 120_000

interface Member {
  spoke: Spoke
  posts: BenchPost[]
  author: Author | undefined
  inventory: Inventory
}

export const ingest: Scenario = async (stage, params) => {
  const room = new BusyRoom(stage, params)
  await room.connect()
  const warmUp = Math.floor(params.warmUpPosts / params.spokes)
  const posts = Math.floor(params.posts / params.spokes)
  await room.write(0, warmUp)
  const figures = await stage.measure(posts * params.spokes, () => room.write(warmUp, posts))
  room.check(warmUp + posts)
  return figures
}

class BusyRoom {
  readonly #members: Member[]
  readonly #echoes: boolean
  #acks = new Tally()
  #deliveries = new Tally()

  constructor(stage: Stage, params: Params) {
    this.#echoes = stage.echoes
    const perSpoke = Math.floor(params.warmUpPosts / params.spokes) + Math.floor(params.posts / params.spokes)
    this.#members = Array.from({ length: params.spokes }, (_, i) => this.#member(stage, i, perSpoke, params.spokes))
  }

  #member(stage: Stage, index: number, perSpoke: number, spokes: number): Member {
    const identity = newIdentity()
    const rooms = roomNames(1)
    const inventory = new Inventory(perSpoke * spokes)
    const spoke = stage.spoke({
      name: `spoke-${index}`,
      identity,
      rooms,
      follows: this.#follows(index),
      onDelivery: (seq, at) => {
        inventory.mark(seq)
        this.#deliveries.add(at)
      },
      onAck: (_seq, at) => {
        this.#acks.add(at)
        member.author?.acked()
      },
    })
    const posts = makePosts({ identity, rooms, count: perSpoke, firstSeq: index * perSpoke })
    const member: Member = { spoke, posts, author: undefined, inventory }
    return member
  }

  async connect(): Promise<void> {
    for (const { spoke } of this.#members) await spoke.connect()
  }

  /** Has every spoke write `count` of its posts, from its post `from` on; resolves when all are acked and delivered. */
  async write(from: number, count: number): Promise<Figures> {
    const total = count * this.#members.length
    this.#acks = new Tally()
    this.#deliveries = new Tally()
    const startAt = performance.now()
    for (const member of this.#members) {
      member.author = new Author(member.spoke, member.posts.slice(from, from + count))
      member.author.start()
    }
    await this.#acks.reach(total, runMs, 'acks')
    await this.#deliveries.reach(total * (this.#members.length - 1), runMs, 'deliveries')
    const endAt = Math.max(this.#acks.lastAt, this.#deliveries.lastAt)
    return {
      postsPerSecond: (total / (endAt - startAt)) * 1000,
      ackedPerSecond: (total / (this.#acks.lastAt - startAt)) * 1000,
    }
  }

  check(perSpoke: number): void {
    // An echo is one's own post: with it, a follower has what all have written.
    const others = this.#members.length - (this.#echoes ? 0 : 1)
    for (const [i, { inventory }] of this.#members.entries())
      inventory.mustBe(this.#follows(i) ? perSpoke * others : 0, `spoke-${i}`)
  }

  /** Where authors hear their own posts, one follower fewer makes the same number of deliveries. */
  #follows(index: number): boolean {
    return !(this.#echoes && index === 0)
  }
}
