// Row 8: very many links that follow a room in which nobody writes; what each costs in the broker's memory.
import { connectAll, newIdentity, roomNames, type Scenario } from '../stage.ts'

export const idleLinks: Scenario = async (stage, params) => {
  const rooms = roomNames(1)
  const identities = Array.from({ length: params.links }, newIdentity)
  const before = await stage.order('usage')
  const startAt = performance.now()
  const links = identities.map((identity, i) =>
    stage.spoke({ name: `idle-${i}`, identity, rooms, follows: true, onDelivery: () => {}, onAck: () => {} }),
  )
  await connectAll(links)
  const connectMs = performance.now() - startAt
  const after = await stage.order('usage')
  return {
    kilobytesPerLink: (after.rssBytes - before.rssBytes) / params.links / 1000,
    linksPerSecond: (params.links / connectMs) * 1000,
  }
}
