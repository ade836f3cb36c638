// Row 5: a spoke that knows the room was away while very many posts were written; how fast it gets them all.
import { Tally, within } from '../deadline.ts'
import { Inventory } from '../inventory.ts'
import { newIdentity, roomNames, type Scenario, writeAll } from '../stage.ts'

const runMs = 120_000
/** A broker that has dropped posts falls silent: after this long without one, what came is all. */
const silenceMs = 3000

export const catchUp: Scenario = async (stage, params) => {
  const rooms = roomNames(1)
  const deliveries = new Tally()
  const inventory = new Inventory(params.posts)
  const reader = stage.spoke({
    name: 'reader',
    identity: newIdentity(),
    rooms,
    follows: true,
    onDelivery: (seq, at) => {
      inventory.mark(seq)
      deliveries.add(at)
    },
    onAck: () => {},
  })
  await reader.connect()
  await reader.disconnect()
  await writeAll(stage, rooms, params.posts)
  return stage.measure(params.posts, async () => {
    const startAt = performance.now()
    await reader.connect()
    await Promise.race([
      deliveries.reach(params.posts, runMs, 'deliveries'),
      within(runMs, 'silence', silence(deliveries)),
    ])
    const postsPerSecond = (deliveries.count / (deliveries.lastAt - startAt)) * 1000
    const { distinct, repeats } = inventory
    return { postsPerSecond, arrived: distinct, missing: params.posts - distinct, repeats }
  })
}

function silence(deliveries: Tally): Promise<void> {
  const startAt = performance.now()
  return new Promise(resolve => {
    const timer = setInterval(() => {
      if (performance.now() - Math.max(startAt, deliveries.lastAt) < silenceMs) return
      clearInterval(timer)
      resolve()
    }, 100)
  })
}
