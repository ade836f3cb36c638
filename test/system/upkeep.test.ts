// What a hub sees to by itself: old posts go, an operator hears of a spoke that is silent and of one that has used most of its line,
// and each thing is said once, whether the hub is one instance or two.
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { z } from 'zod'
import { alertSchema } from '#common/alerts/alerts.ts'
import { createLog } from '#common/log.ts'
import { LOCAL, type PostLog } from '#common/post-log.ts'
import { SqliteStore } from '#common/sqlite/sqlite-store.ts'
import { RedisStore } from '#hub/redis/redis-store.ts'
import { type HubProgram, startEdge, startHub, testRoom } from '#test/support/programs.ts'
import { RedisServer } from '#test/support/redis-server.ts'
import { newPosts, storeOptions } from '#test/support/redis-stores.ts'
import { waitFor } from '#test/support/wait-for.ts'

const startedAt = Date.now()
const dayMs = 86_400_000
const deadlineMs = 90_000
const shortRoom = 'weather'
const conf = {
  alerts: { silent_minutes: 0.05 },
  rooms: [{ name: shortRoom, retention_days: 2 }],
}
const alertsSchema = z.object({ alerts: z.array(alertSchema) })
const spokesSchema = z.object({
  spokes: z.array(z.object({ name: z.string(), bytesToday: z.number(), wanCapBytes: z.number().nullable() })),
})

const threeDaysAgo = () => Date.now() - 3 * dayMs

/** Five posts each that came in three days ago. */
async function fill(logOf: (room: string) => Promise<PostLog>): Promise<void> {
  for (const room of [testRoom, shortRoom])
    await (await logOf(room)).append({ from: LOCAL, posts: newPosts(room, 5, threeDaysAgo()) })
}

async function fillRedis(url: string): Promise<void> {
  const store = await RedisStore.open({ ...storeOptions({ url }), now: threeDaysAgo })
  await fill(room => store.log(room))
  await store.close()
}

async function fillEmbedded(dir: string): Promise<void> {
  const log = createLog({ json: true, level: 'silent' })
  const store = SqliteStore.open({ path: join(dir, 'data', 'hub.db'), retentionDays: 30, log, now: threeDaysAgo })
  await fill(async room => store.log(room))
  store.close()
}

async function alertsOf(hub: HubProgram, kind: string): Promise<string[]> {
  const { alerts } = alertsSchema.parse(await hub.api.get('/api/v1/alerts'))
  return alerts.filter(alert => alert.kind === kind).map(({ text }) => text)
}

/** Lines of all instances with this text in them. */
function said(hubs: readonly HubProgram[], text: string): string[] {
  return hubs.flatMap(({ lines }) => lines.filter(line => line.includes(text)))
}

/** Every instance is killed and started again; resolves when the silence of spokes was looked at some times since. */
async function diedAndLooked(hubs: readonly [HubProgram, ...HubProgram[]]): Promise<void> {
  await Promise.all(hubs.map(hub => hub.restart('SIGKILL')))
  const runs = async () => (await hubs[0].status()).jobs?.find(({ name }) => name === 'silence')?.runs ?? 0
  const before = await runs()
  await waitFor(runs, { what: 'more looks', deadlineMs, until: now => now > before + 2 })
}

async function upkeepOf(t: TestContext, hubs: readonly [HubProgram, ...HubProgram[]]): Promise<void> {
  const [hub] = hubs
  const kept = async (room: string) => (await hub.posts(room)).length
  const none = (count: number) => count === 0
  await waitFor(() => kept(shortRoom), { what: 'old posts to be dropped', deadlineMs, until: none })
  assert.equal(await kept(testRoom), 5)
  const dropped = `posts of room "${shortRoom}" are past its retention`
  await waitFor(() => said(hubs, dropped).length > 0, { what: 'a word on it', deadlineMs })

  const edge = await startEdge({ name: 'City A', hubs, conf: { federation: { wan_cap_mb: 0.1 } } })
  t.after(() => edge[Symbol.asyncDispose]())
  await hub.waitUntil(() => edge.status().then(({ peers }) => peers[0]?.state === 'connected'), {
    what: 'the link',
    deadlineMs,
  })
  const texts = Array.from({ length: 150 }, (_, n) => `${n} `.padEnd(500, 'x'))
  await Promise.all(texts.map(text => edge.post(text)))
  const full = 'city "City A" has used all of its 100 kB'
  await waitFor(() => said(hubs, full).length > 0, { what: 'a word on the line', deadlineMs })
  await edge.kill()
  await waitFor(() => said(hubs, 'city "City A" is silent').length > 0, { what: 'silence', deadlineMs })
  // All instances die and come back, and look at it again, before it is back and after.
  await diedAndLooked(hubs)
  await edge.run()
  await waitFor(() => said(hubs, 'city "City A" is back').length > 0, { what: 'the end of silence', deadlineMs })
  const { spokes } = spokesSchema.parse(await hub.api.get('/api/v1/spokes'))
  const [city] = spokes.filter(({ name }) => name === 'City A')
  assert.equal(city?.wanCapBytes, 100_000)
  assert.ok((city?.bytesToday ?? 0) > 100_000)

  await diedAndLooked(hubs)
  assert.equal(said(hubs, dropped).length, 1)
  assert.equal(said(hubs, full).length, 1)
  assert.equal(said(hubs, 'city "City A" is silent').length, 1)
  assert.equal(said(hubs, 'city "City A" is back').length, 1)
  for (const instance of hubs) {
    assert.equal((await alertsOf(instance, 'spoke-silent')).length, 1)
    assert.equal((await alertsOf(instance, 'spoke-back')).length, 1)
    assert.match((await alertsOf(instance, 'wan-cap')).at(-1) ?? '', /has used all/)
    const { jobs = [] } = await instance.status()
    assert.deepEqual(
      jobs.map(({ name, failures }) => ({ name, failures })),
      ['retention', 'silence', 'bandwidth', 'certificates', 'troubles', 'asking', 'samples'].map(name => ({
        name,
        failures: 0,
      })),
    )
    for (const { lastSuccess } of jobs) assert.ok(Date.parse(lastSuccess ?? '') >= startedAt)
    const { text } = await instance.api.send({ path: '/metrics' })
    assert.match(text, /^mcfed_job_last_success_timestamp_seconds\{job="retention"\} \d+/m)
  }
}

test('two instances on Redis do it once', async t => {
  const redis = await RedisServer.start(t)
  await fillRedis(redis.url)
  const hubs = await Promise.all(['hub 1', 'hub 2'].map(name => startHub({ name, redisUrl: redis.url, conf })))
  t.after(() => Promise.all(hubs.map(hub => hub[Symbol.asyncDispose]())))
  const [one, two] = hubs
  assert.ok(one !== undefined && two !== undefined)
  await upkeepOf(t, [one, two])
})

test('a hub without Redis does the same', async t => {
  await using hub = await startHub({ conf })
  await hub.stop()
  await fillEmbedded(hub.dir)
  await hub.run()
  await upkeepOf(t, [hub])
})
