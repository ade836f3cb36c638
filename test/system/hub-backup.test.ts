// Something went wrong, and the operator puts back what was saved before: what came after it comes from the others, once.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { cp, mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { promisify } from 'node:util'
import { hubCommand } from '#test/support/hub-command.ts'
import { waitForStored } from '#test/support/link-status.ts'
import { type HubProgram, type ServerProgram, startEdge, startHub, testRoom } from '#test/support/programs.ts'
import { RedisServer } from '#test/support/redis-server.ts'
import { startStream, writeBurst, writerTo } from '#test/support/traffic.ts'
import { waitFor } from '#test/support/wait-for.ts'

const conf = { federation: { reconnect_max_seconds: 1 } }

/** Saves what the hub has; gives how to go back to it. */
type Save = (hub: HubProgram) => Promise<() => Promise<void>>

async function onRedis(t: TestContext): Promise<[redisUrl: string, save: Save]> {
  const redis = await RedisServer.start(t)
  const save: Save = async () => {
    const saved = `${redis.dir}.saved`
    t.after(() => rm(saved, { recursive: true, force: true }))
    await cp(redis.dir, saved, { recursive: true })
    return async () => {
      await redis.kill()
      await rm(redis.dir, { recursive: true })
      await cp(saved, redis.dir, { recursive: true })
      await redis.start()
    }
  }
  return [redis.url, save]
}

const embedded: Save = async hub => {
  const file = join(hub.dir, 'hub.tar')
  const [spoke] = (await hub.status()).peers
  const granted = await hubCommand(hub, ['spokes', 'grant', spoke?.id ?? '', testRoom, 'read,write'])
  assert.equal(granted.code, 0, granted.err)
  const { code, err } = await hubCommand(hub, ['backup', file])
  assert.equal(code, 0, err)
  assert.match(err, /hub\.tar: [\d.]+ [kM]B, of .*program\.conf, and the certificate\. Keep it secret\n$/)
  return async () => {
    await hub.kill()
    const data = join(hub.dir, 'data')
    await rm(data, { recursive: true })
    await mkdir(data, { mode: 0o700 })
    await promisify(execFile)('tar', ['-xpf', file, '-C', data])
    await hub.run()
    const audit = await hubCommand(hub, ['spokes', 'audit'])
    assert.match(audit.out, /grant/, 'what was decided of spokes is there')
  }
}

for (const [store, open] of Object.entries({
  'on Redis': onRedis,
  embedded: async (): Promise<[undefined, Save]> => [undefined, embedded],
})) {
  test(`${store}: a hub that is put back to an older state gets what came after it from its edges, once`, async t => {
    const [redisUrl, save] = await open(t)
    await using hub = await startHub({ ...(redisUrl && { redisUrl }) })
    await using cityA = await startEdge({ name: 'City A', hubs: [hub], conf })
    await using cityB = await startEdge({ name: 'City B', hubs: [hub], conf })
    const servers = [hub, cityA, cityB]
    const texts = [...(await writeBurst(cityA, 'old A', 150)), ...(await writeBurst(cityB, 'old B', 100))]
    const before = await streamed(servers, 10)
    const busy = startStream(writerTo(cityA), 'meanwhile')
    await busy.flows(20)
    const restore = await save(hub)
    await busy.flows(20)
    await busy.stop()
    const { id, rooms } = await hub.status()
    const after = await streamed(servers, 20)
    await waitForStored(cityB, texts.length + before.length + busy.acked.length + after.length)
    await restore()
    const last = await streamed(servers, 10)

    await onceEverywhere(servers, [...texts, ...before, ...busy.acked, ...after, ...last])
    const now = await hub.status()
    assert.equal(now.id, id, 'who the hub is was saved, too')
    assert.notEqual(now.rooms[0]?.epoch, rooms[0]?.epoch)
    assert.ok((await hub.posts()).length > 0, 'the token of before is known')
  })
}

test('an edge that is put back to an older state gets back what it had written itself', async () => {
  await using hub = await startHub()
  await using cityA = await startEdge({ name: 'City A', hubs: [hub], conf })
  await using cityB = await startEdge({ name: 'City B', hubs: [hub], conf })
  const servers = [hub, cityA, cityB]
  const texts = [...(await writeBurst(cityA, 'old', 100)), ...(await streamed(servers, 5))]
  for (const server of servers) await waitForStored(server, texts.length)
  await cityA.stop()
  const [database, saved] = [join(cityA.dir, 'data', 'room.db'), join(cityA.dir, 'saved.db')]
  await cp(database, saved, { preserveTimestamps: true })
  await cityA.run()
  texts.push(...(await writeBurst(cityA, 'lost', 50)), ...(await streamed(servers, 5)))
  for (const server of servers) await waitForStored(server, texts.length)
  await cityA.stop()
  await cp(saved, database, { preserveTimestamps: true })
  await cityA.run()
  // Written while the others still think that they have more of it than there is.
  texts.push(...(await streamed([cityA], 60)))
  await onceEverywhere(servers, texts)
})

/** `count` posts at each server at the same time. */
async function streamed(servers: readonly ServerProgram[], count: number): Promise<string[]> {
  const run = Math.random().toString(36).slice(2, 8)
  const texts = servers.map(({ name }) => Array.from({ length: count }, (_, n) => `${run} ${n} of ${name}`))
  const write = async (server: ServerProgram, texts: readonly string[]) => {
    for (const text of texts)
      await waitFor(() => server.post(text, { idempotencyKey: text }), { what: `an ack of ${text}` })
  }
  await Promise.all(servers.map((server, n) => write(server, texts[n] ?? [])))
  return texts.flat()
}

/** What a store has lost comes back in another order. */
async function onceEverywhere(servers: readonly ServerProgram[], texts: readonly string[]): Promise<void> {
  for (const server of servers) await waitForStored(server, texts.length, 30_000)
  for (const server of servers) {
    const posts = await server.posts()
    assert.equal(new Set(posts.map(({ guid }) => guid)).size, posts.length, `a GUID is twice at ${server.name}`)
    assert.deepEqual(posts.map(({ text }) => text).toSorted(), texts.toSorted(), server.name)
  }
}
