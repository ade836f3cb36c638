// Rows 2 and 4: spokes write in turn at a steady rate; how long until the author has its ack, and the others the post.

import type { BenchPost, Spoke } from '../broker.ts'
import type { Params } from '../control.ts'
import { Tally } from '../deadline.ts'
import { makePosts } from '../posts.ts'
import { newIdentity, quantile, roomNames, type Scenario, type Stage } from '../stage.ts'

const drainMs = 20_000
/** The first posts find cold caches everywhere and are left out: this share of them. */
const warmUpShare = 0.1

export const paced: Scenario = async (stage, params) => {
  const watch = new Watch(params)
  const team = makeTeam(stage, params, watch)
  for (const { spoke } of team) await spoke.connect()
  return stage.measure(params.posts, async () => {
    await publishAtRate(team, params, watch)
    await watch.deliveries.reach(params.posts * (params.spokes - 1), drainMs, 'deliveries')
    await watch.acks.reach(params.posts, drainMs, 'acks')
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
    const count = Math.ceil(params.posts / params.spokes)
    // Shifted by the spoke's number, so that every room hears every spoke.
    const ownRooms = rooms.map((_, r) => rooms[(r + i) % rooms.length] ?? '')
    return { spoke, posts: makePosts({ identity, rooms: ownRooms, count, firstSeq: i * count }) }
  })
}

function publishAtRate(team: readonly Member[], params: Params, watch: Watch): Promise<void> {
  const startAt = performance.now()
  const perMs = params.postsPerSecond / 1000
  let sent = 0
  return new Promise(resolve => {
    const timer = setInterval(() => {
      const due = Math.min(params.posts, Math.floor((performance.now() - startAt) * perMs))
      for (; sent < due; sent += 1) {
        const member = team[sent % team.length]
        const post = member?.posts[Math.floor(sent / team.length)]
        if (member === undefined || post === undefined) continue
        watch.sent(post.seq, sent)
        member.spoke.publish(post)
      }
      if (sent < params.posts) return
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
  readonly #counts: Uint8Array
  readonly #ackMs: Float64Array
  readonly #deliveryMs: Float64Array
  readonly #warmUp: number
  #ackSamples = 0
  #deliverySamples = 0

  constructor({ posts, spokes }: Params) {
    const seqs = Math.ceil(posts / spokes) * spokes
    this.#sentAt = new Float64Array(seqs)
    this.#counts = new Uint8Array(seqs)
    this.#ackMs = new Float64Array(seqs)
    this.#deliveryMs = new Float64Array(seqs * spokes)
    this.#warmUp = posts * warmUpShare
  }

  sent(seq: number, order: number): void {
    this.#sentAt[seq] = performance.now()
    this.#counts[seq] = order < this.#warmUp ? 0 : 1
  }

  acked(seq: number, at: number): void {
    this.acks.add(at)
    if (this.#counts[seq] === 1) this.#ackMs[this.#ackSamples++] = at - (this.#sentAt[seq] ?? 0)
  }

  delivered(seq: number, at: number): void {
    this.deliveries.add(at)
    if (this.#counts[seq] === 1) this.#deliveryMs[this.#deliverySamples++] = at - (this.#sentAt[seq] ?? 0)
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
