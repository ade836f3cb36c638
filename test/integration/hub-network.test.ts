// The net as hubs in this process show it: what spokes tell by their links, the same at every instance, with Redis and without.
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { identityFromPem, newIdentityPem } from '#common/identity.ts'
import type { City, Deliveries, Network, NetworkHistory } from '#common/network.ts'
import { openRedisHubStore } from '#hub/redis/redis-hub-store.ts'
import { FileRegistry } from '#hub/registry/file-registry.ts'
import type { Registry } from '#hub/registry/registry.ts'
import { newToken } from '#hub/registry/tokens.ts'
import { ApiClient } from '#test/support/api-client.ts'
import { testAuthority } from '#test/support/certificates.ts'
import { hubInProcess } from '#test/support/hub-in-process.ts'
import { testRoom } from '#test/support/programs.ts'
import { RawLink } from '#test/support/raw-link.ts'
import { callsOf, sumOf } from '#test/support/redis-calls.ts'
import { RedisServer } from '#test/support/redis-server.ts'
import { storeOptions, whenReady } from '#test/support/redis-stores.ts'
import { reportedRadio, reportedRoom, reportedSelf } from '#test/support/reports.ts'
import { waitFor } from '#test/support/wait-for.ts'

const identity = identityFromPem(newIdentityPem())

async function tokenIn(registry: Pick<Registry, 'addToken'>): Promise<string> {
  const { token, record } = newToken('admin', 'tests')
  await registry.addToken(record)
  return token
}

function apiOf(port: number, token: string) {
  const ca = testAuthority().cert
  const client = new ApiClient({ baseUrl: `https://127.0.0.1:${port}`, ca, token: async () => token })
  const headers = { authorization: `Bearer ${token}` }
  const get = async <T>(path: string): Promise<T> => JSON.parse((await client.send({ path, headers })).text)
  const network = (since = '') => get<Network>(`/api/v1/network${since}`)
  const cityA = async () => (await network()).cities.find(({ id }) => id === identity.id)
  const until = (what: string, isSo: (city: City | undefined) => boolean) => waitFor(cityA, { what, until: isSo })
  const states = async (guid: string) => {
    const { cities } = await get<Deliveries>(`/api/v1/rooms/${testRoom}/posts/${guid}/deliveries`)
    return cities.map(({ name, state }) => `${name} ${state}`)
  }
  const post = async (text: string): Promise<string> => {
    const path = `/api/v1/rooms/${testRoom}/posts`
    const { text: answer } = await client.send({ method: 'POST', path, headers, body: { text, author: 'Net' } })
    return JSON.parse(answer).guid
  }
  return { client, headers, get, network, until, states, post }
}

interface Layout {
  /** Where the spoke is linked. */
  port: number
  asked: ReturnType<typeof apiOf>
  /** What is said of a post that the spoke has acknowledged, as long as it has not told so. */
  untold: string
}

/** A hub without Redis, and one of two instances on Redis, where the other is asked. */
const layouts: Record<string, (t: TestContext) => Promise<Layout>> = {
  'without Redis': async t => {
    const { port, dataDir, log } = await hubInProcess(t, 'latitude = 39.7\nlongitude = -104.9\n')
    const registry = await FileRegistry.open({ dir: dataDir, log })
    return { port, asked: apiOf(port, await tokenIn(registry)), untold: 'stored' }
  },
  'at another instance': async t => {
    const { url } = await RedisServer.start(t)
    const store = await openRedisHubStore(storeOptions({ url }))
    t.after(() => store.close())
    await whenReady(store)
    const conf = `redis_url = "${url}"\nlatitude = 39.7\nlongitude = -104.9\n`
    const [one, other] = await Promise.all([hubInProcess(t, conf), hubInProcess(t, conf)])
    return { port: one.port, asked: apiOf(other.port, await tokenIn(store.registry)), untold: 'under-way' }
  },
}

for (const [layout, start] of Object.entries(layouts)) {
  test(`what a spoke tells is shown, ${layout}: itself, its backlog, the way of a post, until it is forgotten`, async t => {
    const { port, asked, untold } = await start(t)
    const link = await RawLink.connect({ port, identity, name: 'City A' })
    t.after(() => link[Symbol.asyncDispose]())
    await link.follow()
    await asked.until('City A', city => city?.connected === true)
    const first = await asked.network()
    const { id, name, role, position, reasons } = first.server
    assert.deepEqual([name, role, position, reasons], ['hub', 'hub', { latitude: 39.7, longitude: -104.9 }, []])
    assert.deepEqual([first.ids, first.names[identity.id], first.names[id]], [[identity.id], 'City A', 'hub'])

    const guid = await asked.post('hello')
    const radio = reportedRadio({ budgetUsed: 0.5 })
    const hubLink = { id, name, role: 'hub' as const, state: 'connected' as const, latencyMs: 7, toSend: 2 }
    const { epoch } = await link.waitForFrame('posts')
    link.send({ t: 'report', rooms: [reportedRoom({ rf: true })], self: reportedSelf({ radio, links: [hubLink] }) })
    const behind = await asked.until('its report', city => city?.backlog === 1)
    assert.deepEqual([behind?.latencyMs, behind?.toSend, behind?.self?.radio], [7, 2, radio])
    assert.deepEqual(await asked.states(guid), [`City A ${untold}`])

    const air = [{ guid, state: 'on-air' as const }]
    link.send({ t: 'report', rooms: [reportedRoom({ rf: true, stored: { epoch, offset: 1 }, air })] })
    const there = await asked.until('the post to be there', city => city?.backlog === 0)
    assert.deepEqual([there?.lagSeconds, there?.self?.radio], [0, radio])
    assert.deepEqual(await asked.states(guid), ['City A on-air'])
    const { samples } = await asked.get<NetworkHistory>(`/api/v1/history?id=${identity.id}`)
    assert.ok(Array.isArray(samples[identity.id]))

    link.ws.terminate()
    const away = await asked.until('it to be away', city => city?.connected === false)
    assert.deepEqual([away?.latencyMs, away?.self?.radio], [null, radio])
    const later = await asked.network(`?since=${(await asked.network()).at + 60_000}`)
    assert.deepEqual([later.cities, later.ids], [[], [identity.id]])

    const path = `/api/v1/spokes/${identity.id}`
    assert.equal((await asked.client.send({ method: 'DELETE', path, headers: asked.headers })).status, 204)
    const isGone = async () => (await asked.network()).ids.length === 0
    await waitFor(isGone, { what: 'it to be forgotten' })
    await using again = await RawLink.connect({ port, identity, name: 'City A' })
    await again.follow()
    const back = await asked.until('it to be back', city => city?.connected === true)
    assert.deepEqual([back?.self, back?.rooms], [null, []])
  })
}

test('sixty spokes that tell of themselves cost Redis a command each two seconds', async t => {
  const redis = await RedisServer.start(t)
  const { port } = await hubInProcess(t, `redis_url = "${redis.url}"\n`)
  const links = await Promise.all(Array.from({ length: 60 }, (_, n) => RawLink.connect({ port, name: `City ${n}` })))
  t.after(() => Promise.all(links.map(link => link[Symbol.asyncDispose]())))
  await Promise.all(links.map(link => link.follow()))
  const kept = async () => Number(await redis.cli('HLEN', 'mcfed:reports'))
  const tell = (uptimeSeconds: number) => {
    for (const link of links) link.send({ t: 'report', rooms: [reportedRoom()], self: reportedSelf({ uptimeSeconds }) })
  }
  tell(1)
  await waitFor(async () => (await kept()) === 120, { what: 'all to be kept' })
  const before = await callsOf(redis)
  tell(2)
  const newest = async () => redis.cli('HGET', 'mcfed:reports', `self:${links.at(-1)?.identity.id}`)
  await waitFor(async () => (await newest()).includes('"uptimeSeconds":2'), {
    what: 'the new ones',
  })
  const after = await callsOf(redis)
  const hsets = (after.hset ?? 0) - (before.hset ?? 0)
  t.diagnostic(`${hsets} HSET, ${sumOf(after) - sumOf(before)} calls in all`)
  assert.ok(hsets >= 1 && hsets <= 3, `${hsets}`)
})
