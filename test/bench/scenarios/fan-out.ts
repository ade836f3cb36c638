// Row 3: one author, very many followers; the author writes as fast as its acks come.
import type { Figures } from '../control.ts'
import { Tally } from '../deadline.ts'
import { Inventory } from '../inventory.ts'
import { makePosts } from '../posts.ts'
import { Author, connectAll, newIdentity, roomNames, type Scenario } from '../stage.ts'

const runMs = 120_000

export const fanOut: Scenario = async (stage, { posts, warmUpPosts, links }) => {
  const rooms = roomNames(1)
  const total = posts + warmUpPosts
  let deliveries = new Tally()
  const followers = Array.from({ length: links }, (_, i) => {
    const inventory = new Inventory(total)
    const onDelivery = (seq: number, at: number) => {
      inventory.mark(seq)
      deliveries.add(at)
    }
    const name = `follower-${i}`
    const spoke = stage.spoke({ name, identity: newIdentity(), rooms, follows: true, onDelivery, onAck: () => {} })
    return { name, spoke, inventory }
  })
  await connectAll(followers.map(f => f.spoke))
  const identity = newIdentity()
  let author: Author | undefined
  const onAck = () => author?.acked()
  const spoke = stage.spoke({ name: 'author', identity, rooms, follows: false, onDelivery: () => {}, onAck })
  const all = makePosts({ identity, rooms, count: total, firstSeq: 0 })
  await spoke.connect()

  async function write(from: number, to: number): Promise<Figures> {
    deliveries = new Tally()
    author = new Author(spoke, all.slice(from, to))
    const startAt = performance.now()
    author.start()
    await deliveries.reach((to - from) * links, runMs, 'deliveries')
    return { deliveriesPerSecond: (((to - from) * links) / (deliveries.lastAt - startAt)) * 1000 }
  }

  await write(0, warmUpPosts)
  const figures = await stage.measure(posts, () => write(warmUpPosts, total))
  for (const { name, inventory } of followers) inventory.mustBe(total, name)
  return figures
}
