// Rows 2 and 4: spokes write in turn at a steady rate; how long until the author has its ack, and the others the post.
import type { BenchPost, Spoke } from '../broker.ts'
import type { Params } from '../control.ts'
import { Tally } from '../deadline.ts'
import { makePosts } from '../posts.ts'
import { newIdentity, quantile, roomNames, type Scenario, type Stage } from '../stage.ts'

const drainMs = 20_000
/** Before what is measured: the busy hours that a broker has behind it. */
const warmUpPostsPerSecond = 2000

export const paced: Scenario = async (stage, params) => {
  const { posts, warmUpPosts, spokes } = params
  const watch = new Watch(posts + warmUpPosts, spokes)
  const team = makeTeam(stage, params, watch)
  for (const { spoke } of team) await spoke.connect()
  const write = async (from: number, to: number, postsPerSecond: number) => {
    await publishAtRate(team, watch, { from, to, postsPerSecond })
    await watch.deliveries.reach(to * (spokes - 1), drainMs, 'deliveries')
    await watch.acks.reach(to, drainMs, 'acks')
  }
  await write(0, warmUpPosts, warmUpPostsPerSecond)
  watch.forget()
  return stage.measure(posts, async () => {
    await write(warmUpPosts, warmUpPosts + posts, params.postsPerSecond)
    return watch.figures()
  })
}

interface Member {
  spoke: Spoke
  posts: BenchPost[]
}

/** Post i is written by spoke i modulo spokes, into room i modulo rooms. */
function makeTeam(stage: Stage, params: Params, watch: Watch): Member[] {
  const rooms = roomNames(params.rooms)
  return Array.from({ length: params.spokes }, (_, i) => {
    const identity = newIdentity()
    const spoke = stage.spoke({
      name: `spoke-${i}`,
      identity,
      rooms,
      follows: !(stage.echoes && i === 0),
      onDelivery: (seq, at) => watch.delivered(seq, at),
      onAck: (seq, at) => watch.acked(seq, at),
    })
    const count = Math.ceil((params.posts + params.warmUpPosts) / params.spokes)
    // Shifted by the spoke's number, so that every room hears every spoke.
    const ownRooms = rooms.map((_, r) => rooms[(r + i) % rooms.length] ?? '')
    return { spoke, posts: makePosts({ identity, rooms: ownRooms, count, firstSeq: i * count }) }
  })
}

interface Run {
  /** Number of the first post, and of the one behind the last. */
  from: number
  to: number
  postsPerSecond: number
}

function publishAtRate(team: readonly Member[], watch: Watch, { from, to, postsPerSecond }: Run): Promise<void> {
  const startAt = performance.now()
  const perMs = postsPerSecond / 1000
  let sent = from
  return new Promise(resolve => {
    const timer = setInterval(() => {
      const due = Math.min(to, from + Math.floor((performance.now() - startAt) * perMs))
      for (; sent < due; sent += 1) {
        const member = team[sent % team.length]
        const post = member?.posts[Math.floor(sent / team.length)]
        if (member === undefined || post === undefined) continue
        watch.sent(post.seq)
        member.spoke.publish(post)
      }
      if (sent < to) return
      clearInterval(timer)
      resolve()
    }, 1)
  })
}

/** Times of every post's sending, ack and deliveries. */
class Watch {
  readonly acks = new Tally()
  readonly deliveries = new Tally()
  readonly #sentAt: Float64Array
  readonly #ackMs: Float64Array
  readonly #deliveryMs: Float64Array
  #ackSamples = 0
  #deliverySamples = 0

  constructor(posts: number, spokes: number) {
    const seqs = Math.ceil(posts / spokes) * spokes
    this.#sentAt = new Float64Array(seqs)
    this.#ackMs = new Float64Array(seqs)
    this.#deliveryMs = new Float64Array(seqs * spokes)
  }

  sent(seq: number): void {
    this.#sentAt[seq] = performance.now()
  }

  acked(seq: number, at: number): void {
    this.acks.add(at)
    this.#ackMs[this.#ackSamples++] = at - (this.#sentAt[seq] ?? 0)
  }

  delivered(seq: number, at: number): void {
    this.deliveries.add(at)
    this.#deliveryMs[this.#deliverySamples++] = at - (this.#sentAt[seq] ?? 0)
  }

  /** What was timed so far does not count. */
  forget(): void {
    this.#ackSamples = 0
    this.#deliverySamples = 0
  }

  figures() {
    const acks = this.#ackMs.subarray(0, this.#ackSamples)
    const deliveries = this.#deliveryMs.subarray(0, this.#deliverySamples)
    return {
      deliveryP50Ms: quantile(deliveries, 0.5),
      deliveryP99Ms: quantile(deliveries, 0.99),
      ackP50Ms: quantile(acks, 0.5),
      ackP99Ms: quantile(acks, 0.99),
    }
  }
}
