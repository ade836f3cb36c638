// What the picture of all cities costs an instance of a hub on Redis: node test/bench/network-picture.ts [cities …]
import { randomBytes } from 'node:crypto'
import { createLog } from '#common/log.ts'
import { LOCAL } from '#common/post-log.ts'
import { ServerDirectory } from '#common/server-directory.ts'
import { NetworkPicture } from '#hub/network/network-picture.ts'
import { networkText } from '#hub/network/network-text.ts'
import { readSamples, writeSamples } from '#hub/network/samples.ts'
import { SpokeReports } from '#hub/network/spoke-reports.ts'
import { openRedisHubStore } from '#hub/redis/redis-hub-store.ts'
import { RedisServer } from '#test/support/redis-server.ts'
import { newPosts, storeOptions } from '#test/support/redis-stores.ts'
import { reportedRadio, reportedRoom, reportedSelf } from '#test/support/reports.ts'

const log = createLog({ json: false, level: 'silent' })
const rooms = ['frontrange', 'plains', 'west']
const rounds = 10
/** A tenth of the cities lag. */
const lagging = 10
const newId = () => randomBytes(32).toString('base64url')
const hubId = newId()
const guid = '00000000-0000-4000-8000-000000000000'

for (const cities of process.argv.slice(2).map(Number)) await measure(cities)

async function measure(count: number): Promise<void> {
  const ends: (() => unknown)[] = []
  const { url } = await RedisServer.start({ after: end => void ends.unshift(end) })
  const store = await openRedisHubStore(storeOptions({ url }))
  ends.unshift(() => store.close())
  const logs = await Promise.all(rooms.map(room => store.log(room)))
  for (const roomLog of logs) await roomLog.append({ from: LOCAL, posts: newPosts(roomLog.room, 500) })
  const options = { notes: store.reports, isShared: true, isLinked: () => true, log, now: Date.now }
  const [heard, reports] = [new SpokeReports(options), new SpokeReports(options)]
  const ids = Array.from({ length: count }, newId)
  const tell = (id: string, n: number) => {
    const link = { id: hubId, name: 'hub', role: 'hub' as const, state: 'connected' as const, latencyMs: 9, toSend: 0 }
    const self = reportedSelf({ uptimeSeconds: n, radio: reportedRadio(), links: [link, { ...link, id: newId() }] })
    const air = Array.from({ length: 4 }, () => ({ guid, state: 'on-air' as const }))
    const offset = n % lagging === 0 ? 480 : 500
    const told = logs.map(({ room, head: { epoch } }) =>
      reportedRoom({ room, stored: { epoch, offset }, rf: true, air }),
    )
    heard.hear(id, { self, rooms: told })
  }
  const spoke = {
    lastSeenAt: Date.now(),
    address: '192.0.2.1:50000',
    software: 's/1',
    instance: 'one',
    connected: true,
  }
  for (const [n, id] of ids.entries()) {
    await store.registry.spokeSeen({ id, name: `City ${n}`, ...spoke })
    tell(id, n)
  }
  while ((await store.reports.all('')).size < 2 * count) await heard.flush()

  let ticks = 0
  const picture = new NetworkPicture({ store, enrol: 'open', reports, hubId, now: Date.now, ticks: () => ticks })
  const look = () => {
    ticks += 1e6
    return picture.get()
  }
  console.log(`${count} cities`)
  await timed('the first picture', look)
  await timed(
    `a picture, of ${rounds}; in between a thirtieth of the cities tell something`,
    async () => {
      for (let round = 1; round <= rounds; round += 1) {
        for (let n = round; n < count; n += 30) tell(ids[n] ?? '', n + count * round)
        await heard.flush()
        await look()
      }
    },
    rounds,
  )
  const seen = await picture.get()
  const directory = new ServerDirectory({ selfId: hubId, keepMs: 1, now: Date.now })
  const server = { id: hubId, name: 'hub', role: 'hub' as const, version: '1', uptimeSeconds: 1, reasons: [] }
  const answer = (since?: number) =>
    networkText(seen, { server: { ...server, certificateDays: null, position: null }, directory, since })
  const all = await timed('the whole answer', () => answer())
  const some = await timed('the answer with news', () => answer(Date.now()))
  console.log(`  ${Math.round(all.length / 1024)} KiB, ${Math.round(some.length / 1024)} KiB`)
  await timed('the samples of five minutes', () =>
    writeSamples(
      store.samples,
      seen.cities.map(({ city }) => city),
      Date.now(),
    ),
  )
  await timed('the day of 50 cities', () => readSamples(store.samples, ids.slice(0, 50), Date.now()))
  await Promise.all([heard.close(), reports.close()])
  for (const end of ends) await end()
}

async function timed<T>(what: string, job: () => T | Promise<T>, times = 1): Promise<T> {
  const before = process.cpuUsage()
  const result = await job()
  const { user, system } = process.cpuUsage(before)
  console.log(`  ${what}: ${((user + system) / 1000 / times).toFixed(1)} ms of a core`)
  return result
}
