// Rows 6 and 7: the broker dies right after it acknowledged the last post, by kill -9 or with the power; what is lost, what comes twice.
import type { Spoke } from '../broker.ts'
import { Tally } from '../deadline.ts'
import { Inventory } from '../inventory.ts'
import { makePosts } from '../posts.ts'
import { Author, newIdentity, roomNames, type Scenario, type Stage } from '../stage.ts'

const runMs = 120_000
const afterRestartMs = 90_000

export const crash: Scenario = async (stage, params) => {
  const rooms = roomNames(1)
  const offline = new Receiver(stage, 'offline', params.posts)
  const online = new Receiver(stage, 'online', params.posts)
  await offline.spoke.connect()
  await offline.spoke.disconnect()
  await online.spoke.connect()
  const identity = newIdentity()
  const acks = new Tally()
  const onAck = (_seq: number, at: number) => {
    acks.add(at)
    author.acked()
  }
  const spoke = stage.spoke({ name: 'author', identity, rooms, follows: false, onDelivery: () => {}, onAck })
  const [marker, ...posts] = makePosts({ identity, rooms, count: params.posts + 1, firstSeq: 0 }).reverse()
  const author = new Author(spoke, posts.reverse())
  await spoke.connect()
  // What is set up before the crash is old, and has long reached the disk.
  await stage.order('sync')
  author.start()
  await acks.reach(params.posts, runMs, 'acks')
  await online.tally.reach(params.posts, runMs, 'deliveries')
  await stage.order(params.powerCut ? 'power-cut' : 'kill')
  await Promise.all([spoke.disconnect(), online.spoke.disconnect()])
  const downAt = performance.now()
  await stage.order('start')
  const readyMs = performance.now() - downAt
  for (const link of [offline.spoke, online.spoke, spoke]) await link.connect()
  if (marker !== undefined) spoke.publish(marker)
  // The marker is the newest post: who has it has everything that is still to come before it.
  await offline.has(params.posts)
  await online.has(params.posts)
  return {
    lostOffline: params.posts - offline.distinct,
    lostOnline: params.posts - online.distinct,
    deliveredTwice: offline.repeats + online.repeats,
    readyMs,
  }
}

/** Counts every post it gets, by number. */
class Receiver {
  readonly tally = new Tally()
  readonly spoke: Spoke
  readonly #inventory: Inventory
  readonly #waiting = new Map<number, Tally>()

  /** For posts 0 to `posts`, the last of them the marker. */
  constructor(stage: Stage, name: string, posts: number) {
    const rooms = roomNames(1)
    this.#inventory = new Inventory(posts + 1)
    const onDelivery = (seq: number, at: number) => this.#onDelivery(seq, at)
    this.spoke = stage.spoke({ name, identity: newIdentity(), rooms, follows: true, onDelivery, onAck: () => {} })
  }

  /** Resolves when post `seq` has come. */
  has(seq: number): Promise<void> {
    const come = new Tally()
    this.#waiting.set(seq, come)
    if (this.#inventory.has(seq)) come.add(0)
    return come.reach(1, afterRestartMs, `post ${seq} after the restart`)
  }

  /** How many of the posts have come, the marker left out: ask only when it has come. */
  get distinct(): number {
    return this.#inventory.distinct - 1
  }

  get repeats(): number {
    return this.#inventory.repeats
  }

  #onDelivery(seq: number, at: number): void {
    this.#inventory.mark(seq)
    this.tally.add(at)
    this.#waiting.get(seq)?.add(at)
  }
}
