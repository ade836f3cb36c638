// Row 5 through an edge: the edge was away while very many posts were written at the hub; how fast it stores them all.
import { EdgeHttp } from '../clients/edge-http.ts'
import { headOf, isCaughtUp, statusWhen } from '../edge-status.ts'
import { roomNames, type Scenario, writeAll } from '../stage.ts'

const ready = { ms: 60_000, lookMs: 10 }
const run = { ms: 180_000, lookMs: 10 }

export const edgeCatchUp: Scenario = async (stage, params) => {
  const rooms = roomNames(1)
  const edge = new EdgeHttp(stage.edge.port, rooms[0] ?? '')
  await stage.order('edge-start')
  await statusWhen(edge, ready, isCaughtUp)
  await stage.order('edge-stop')
  await writeAll(stage, rooms, params.posts)
  return stage.measure(params.posts, async () => {
    await stage.order('edge-start')
    // An edge dials after a wait at random, so the clock starts with the first posts it has stored.
    const first = headOf(await statusWhen(edge, ready, status => headOf(status) > 0))
    const before = await stage.order('edge-usage')
    const startAt = performance.now()
    const last = headOf(await statusWhen(edge, run, status => headOf(status) >= params.posts))
    const ms = performance.now() - startAt
    const edgeMs = (await stage.order('edge-usage')).cpuMs - before.cpuMs
    const postsPerSecond = ((last - first) / ms) * 1000
    return { postsPerSecond, arrived: last, missing: params.posts - last, edgeCpuPercent: (edgeMs / ms) * 100 }
  })
}
