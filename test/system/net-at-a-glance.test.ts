// Net control asks any instance of the hub: how all cities are, and how far its post has come, while one of them goes away and comes back.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { City, Deliveries, Network } from '#common/network.ts'
import { type HubProgram, startEdge, startHub, testRoom } from '#test/support/programs.ts'
import { RedisServer } from '#test/support/redis-server.ts'
import { waitFor } from '#test/support/wait-for.ts'

const deadlineMs = 60_000

async function cityAt(hub: HubProgram, name: string): Promise<City | undefined> {
  const { cities } = (await hub.api.get('/api/v1/network')) as Network
  return cities.find(city => city.name === name)
}

function until(hub: HubProgram, what: string, isSo: (city: City) => boolean): Promise<City> {
  const name = what.slice(0, 'City A'.length)
  return waitFor(() => cityAt(hub, name), {
    what,
    deadlineMs,
    until: city => city !== undefined && isSo(city),
  }) as Promise<City>
}

async function statesAt(hub: HubProgram, guid: string): Promise<Record<string, string>> {
  const { cities } = (await hub.api.get(`/api/v1/rooms/${testRoom}/posts/${guid}/deliveries`)) as Deliveries
  return Object.fromEntries(cities.map(({ name, state }) => [name, state]))
}

test('every instance shows all cities and the way of a post, and what a city has missed', async t => {
  const redis = await RedisServer.start(t)
  await using one = await startHub({ name: 'hub 1', redisUrl: redis.url })
  await using other = await startHub({ name: 'hub 2', redisUrl: redis.url })
  const conf = { federation: { reconnect_max_seconds: 1 }, room: { latitude: 39.7, longitude: -105 } }
  await using _a = await startEdge({ name: 'City A', hubs: [one], conf })
  await using b = await startEdge({ name: 'City B', hubs: [other], conf })
  const isAll = ({ connected, rooms, self }: City) => connected && rooms.length === 1 && self?.links.length === 1
  for (const hub of [one, other]) {
    const [seenA, seenB] = [
      await until(hub, 'City A at the hubs', isAll),
      await until(hub, 'City B at the hubs', isAll),
    ]
    assert.deepEqual([seenA.self?.position, seenB.backlog], [{ latitude: 39.7, longitude: -105 }, 0])
  }
  const untilStates = (hub: HubProgram, guid: string, states: Record<string, string>) => {
    const what = `${JSON.stringify(states)} at ${hub.name}`
    const text = JSON.stringify(states)
    return waitFor(() => statesAt(hub, guid), { what, deadlineMs, until: found => JSON.stringify(found) === text })
  }
  const { guid } = await one.api.post('to all', { room: testRoom })
  for (const hub of [one, other]) await untilStates(hub, guid, { 'City A': 'stored', 'City B': 'stored' })

  await b.kill()
  const gone = await until(one, 'City B to be away', ({ connected }) => !connected)
  assert.deepEqual([gone.latencyMs, gone.rooms.length], [null, 1])
  const missed = await one.api.post('and this', { room: testRoom })
  for (const hub of [one, other]) await untilStates(hub, missed.guid, { 'City A': 'stored', 'City B': 'away' })
  const behind = await until(other, 'City B to be behind', ({ backlog }) => backlog === 1)
  assert.ok((behind.lagSeconds ?? -1) >= 0)

  await b.run()
  for (const hub of [one, other]) await untilStates(hub, missed.guid, { 'City A': 'stored', 'City B': 'stored' })
  await until(one, 'City B to have it all', ({ connected, backlog }) => connected && backlog === 0)
})
