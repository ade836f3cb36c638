// The picture of all cities: what is known of each, what it lacks and for how long, what is news, how often the store is read.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { StoreUnavailableError } from '#common/errors.ts'
import type { Network } from '#common/network.ts'
import { LOCAL } from '#common/post-log.ts'
import { ServerDirectory } from '#common/server-directory.ts'
import { NetworkTexts, networkText } from '#hub/network/network-text.ts'
import { hubId, NetworkWorld } from '#test/support/network-world.ts'
import { newPosts } from '#test/support/redis-stores.ts'
import { reportedRoom, reportedSelf } from '#test/support/reports.ts'
import { spokeId } from '#test/support/upkeep-world.ts'

const server = {
  ...{ id: hubId, name: 'hub', role: 'hub' as const, version: '1', uptimeSeconds: 1, reasons: [] },
  ...{ certificateDays: null, position: null },
}

async function asked(world: NetworkWorld, since?: number): Promise<Network> {
  const directory = new ServerDirectory({ selfId: hubId, keepMs: 1, now: () => world.at })
  return JSON.parse(networkText(await world.picture.get(), { server, directory, since }))
}

test('a city is what the registry, operators and its own word say of it', async () => {
  const world = new NetworkWorld('frontrange')
  const id = world.spoke('A', { cloned: { addresses: ['a', 'b'], at: world.at } })
  world.rights.push({ id, name: '', state: 'approved', rooms: { x: { read: true, write: false } }, at: 1 })
  world.used.set(id, { bytes: 7, cap: 9 })
  const link = { id: hubId, name: 'hub', role: 'hub' as const, state: 'connected' as const, latencyMs: 12.5, toSend: 3 }
  const self = reportedSelf({ links: [{ ...link, id: spokeId('B'), latencyMs: 99 }, link] })
  world.reports.hear(id, { self, rooms: [reportedRoom()] })
  const reportedAt = world.at
  const { lastSeenAt, ...city } = (await world.cities()).get('City A') ?? assert.fail()
  assert.equal(lastSeenAt, world.seen[0]?.lastSeenAt)
  assert.deepEqual(city, {
    ...{ id, name: 'City A', role: 'edge', standing: 'approved', connected: true, software: 's/1' },
    ...{ address: '192.0.2.1', instance: 'one', cloned: true, latencyMs: 12.5, backlog: 0, lagSeconds: 0, toSend: 3 },
    ...{ bytesToday: 7, wanCapBytes: 9, self, reportedAt, rooms: [reportedRoom()] },
    rights: { '*': { read: true, write: true }, x: { read: true, write: false } },
  })
})

test('of a city that never told anything, or is away, it is not known how it is linked', async () => {
  const world = new NetworkWorld('frontrange')
  world.spoke('A')
  const away = world.spoke('B', { connected: false })
  const link = { id: hubId, name: 'hub', role: 'hub' as const, state: 'connected' as const, latencyMs: 12, toSend: 3 }
  world.reports.hear(away, { self: reportedSelf({ links: [link] }) })
  const cities = await world.cities()
  for (const name of ['City A', 'City B']) {
    const { latencyMs, toSend, backlog, lagSeconds } = cities.get(name) ?? assert.fail()
    assert.deepEqual([latencyMs, toSend, backlog, lagSeconds], [null, null, null, null], name)
  }
  assert.equal(cities.get('City A')?.reportedAt, null)
})

test('the backlog is what others wrote after its cursor, in rooms that it may read, and the lag the age of the oldest', async () => {
  const world = new NetworkWorld('frontrange', 'secret')
  const { log } = world.room('frontrange')
  const id = world.spoke('A')
  world.rights.push({ id, name: '', state: 'undecided', rooms: { secret: { read: false, write: true } }, at: 1 })
  await world.room('secret').say('one', 'two')
  await log.append({ from: LOCAL, posts: newPosts('frontrange', 2) })
  const hear = (offset: number, epoch = log.head.epoch) => {
    const others = [reportedRoom({ room: 'secret' }), reportedRoom({ room: 'x' })]
    world.reports.hear(id, { rooms: [reportedRoom({ stored: { epoch, offset } }), ...others] })
  }
  const facts = async () => {
    const { backlog, lagSeconds } = (await world.cities()).get('City A') ?? assert.fail()
    return [backlog, lagSeconds]
  }
  hear(2)
  assert.deepEqual(await facts(), [0, 0])
  await log.append({ from: id, posts: newPosts('frontrange', 3) })
  assert.deepEqual(await facts(), [0, 0])
  world.at += 60_000
  await log.append({ from: LOCAL, posts: newPosts('frontrange', 4) })
  world.at += 30_000
  assert.deepEqual(await facts(), [4, 32])
  hear(7)
  assert.deepEqual(await facts(), [2, 34])
  hear(99)
  assert.deepEqual(await facts(), [0, 0])
  hear(7, 'unknownunknown__')
  assert.deepEqual(await facts(), [null, null])
})

test('a cursor in an epoch that has ended says as much as the log kept of it', async () => {
  const world = new NetworkWorld('frontrange')
  const { log } = world.room('frontrange')
  const id = world.spoke('A')
  await log.append({ from: LOCAL, posts: newPosts('frontrange', 5) })
  const lost = log.snapshot()
  const { epoch } = log.head
  await log.append({ from: LOCAL, posts: newPosts('frontrange', 5) })
  world.reports.hear(id, { rooms: [reportedRoom({ stored: { epoch, offset: 10 } })] })
  assert.equal((await world.cities()).get('City A')?.backlog, 0)
  log.restore(lost)
  assert.notEqual(log.head.epoch, epoch)
  assert.equal((await world.cities()).get('City A')?.backlog, 0)
  await log.append({ from: LOCAL, posts: newPosts('frontrange', 2) })
  assert.equal((await world.cities()).get('City A')?.backlog, 2)
})

test('with since only cities with news are told, and the ids of all', async () => {
  const world = new NetworkWorld('frontrange')
  const [a, b] = [world.spoke('A'), world.spoke('B')]
  world.reports.hear(a, { self: reportedSelf() })
  const first = await asked(world)
  assert.deepEqual([first.cities.map(({ id }) => id), first.server], [[a, b], server])
  // Another instance may have seen it so much later.
  assert.equal((await asked(world, first.at + 9_999)).cities.length, 2)
  // The clock was set back since.
  assert.equal((await asked(world, first.at + 86_400_000)).cities.length, 2)
  world.at += 60_000
  // Nobody tells these two each time.
  world.used.set(b, { bytes: 100, cap: undefined })
  for (const spoke of world.seen) spoke.lastSeenAt = world.at
  const quiet = await asked(world, first.at + 20_000)
  assert.deepEqual([quiet.cities, quiet.ids], [[], [a, b]])
  assert.equal((await asked(world)).cities[1]?.bytesToday, 100)
  world.at += 60_000
  world.reports.hear(a, { self: reportedSelf({ uptimeSeconds: 120 }) })
  const told = await asked(world, quiet.at)
  assert.deepEqual(
    told.cities.map(({ id, self }) => [id, self?.uptimeSeconds]),
    [[a, 120]],
  )
  const air = [{ guid: '00000000-0000-4000-8000-000000000000', state: 'on-air' as const }]
  const rooms = [reportedRoom({ members: 4, air })]
  world.reports.hear(a, { rooms })
  world.at += 60_000
  const more = await asked(world, told.at)
  assert.deepEqual(
    more.cities.map(city => city.rooms),
    [[reportedRoom({ members: 4 })]],
  )
  world.reports.hear(a, { rooms: [reportedRoom({ members: 4 })] })
  world.at += 60_000
  assert.deepEqual((await asked(world, more.at + 20_000)).cities, [])
  world.at += 60_000
  Object.assign(world.seen[1] ?? {}, { connected: false })
  world.seen.shift()
  const gone = await asked(world, told.at)
  assert.deepEqual([gone.cities.map(({ id }) => id), gone.ids, gone.names], [[b], [b], { [b]: 'City B' }])
  assert.ok(gone.at > told.at)
})

test('the store is read at most once in two seconds, whoever asks', async () => {
  const world = new NetworkWorld('frontrange')
  world.spoke('A')
  await Promise.all(Array.from({ length: 50 }, () => world.picture.get()))
  assert.equal(world.reads, 1)
  world.at += 1_999
  await world.picture.get()
  assert.equal(world.reads, 1)
  world.at += 1
  await world.picture.get()
  assert.equal(world.reads, 2)
})

test('reading takes a tenth of a core at most, as far as it is the reader who uses it', async () => {
  const world = new NetworkWorld('frontrange')
  world.spoke('A')
  const readsAfter = async (ms: number) => {
    world.at += ms
    await world.picture.get()
    return world.reads
  }
  world.onRead = () => {
    world.at += 900
    world.usedMs += 500
  }
  assert.equal(await readsAfter(0), 1)
  assert.equal(await readsAfter(4_099), 1)
  assert.equal(await readsAfter(1), 2)
  world.onRead = () => {
    world.usedMs += 500
  }
  assert.equal(await readsAfter(5_000), 3)
  assert.equal(await readsAfter(2_000), 4)
})

test('while the store is away the last picture is shown; before there is one, it is said', async () => {
  const world = new NetworkWorld('frontrange')
  world.isAway = true
  await assert.rejects(world.picture.get(), StoreUnavailableError)
  world.isAway = false
  world.spoke('A')
  world.at += 2_000
  const picture = await world.picture.get()
  world.isAway = true
  world.at += 2_000
  assert.equal(await world.picture.get(), picture)
})

test('two instances show the same', async () => {
  const world = new NetworkWorld('frontrange')
  const { log } = world.room('frontrange')
  await log.append({ from: LOCAL, posts: newPosts('frontrange', 3) })
  const id = world.spoke('A')
  world.reports.hear(id, {
    self: reportedSelf(),
    rooms: [reportedRoom({ stored: { epoch: log.head.epoch, offset: 1 } })],
  })
  await world.reports.flush()
  const other = world.pictureOf(world.instance())
  const texts = await Promise.all([world.picture.get(), other.get()])
  const [one, two] = texts.map(({ cities }) => cities.map(({ text }) => text()))
  assert.deepEqual(one, two)
  assert.match(one?.[0] ?? '', /"backlog":2/)
})

test('who asks by the same time gets the same text, until there is another picture or something is wrong with this server', async () => {
  const world = new NetworkWorld('frontrange')
  world.spoke('A')
  const directory = new ServerDirectory({ selfId: hubId, keepMs: 1, now: () => world.at })
  const texts = new NetworkTexts()
  const picture = await world.picture.get()
  const text = (now = picture, changes: Partial<typeof server> = {}, since?: number) =>
    JSON.parse(texts.get(now, { server: { ...server, uptimeSeconds: 40, ...changes }, directory, since }))
  const first = text()
  assert.deepEqual([first.cities.length, first.server.uptimeSeconds], [1, 40])
  directory.namesById = () => assert.fail('it is written anew')
  assert.deepEqual(text(picture, { uptimeSeconds: 41 }), first)
  assert.throws(() => text(picture, { uptimeSeconds: 42 }))
  assert.throws(() => text(picture, {}, picture.at + 20_000))
  assert.throws(() => text({ ...picture }))
})

test('what has not changed between two times is one text for who asks by either: nobody fills the memory with many', async () => {
  const world = new NetworkWorld('frontrange')
  world.spoke('A')
  const directory = new ServerDirectory({ selfId: hubId, keepMs: 1, now: () => world.at })
  const texts = new NetworkTexts()
  const picture = await world.picture.get()
  let written = 0
  directory.namesById = () => {
    written += 1
    return {}
  }
  const citiesSince = (since: number) => JSON.parse(texts.get(picture, { server, directory, since })).cities.length
  for (let n = 0; n < 100; n += 1) assert.equal(citiesSince(n), 1)
  assert.equal(citiesSince(picture.at + 20_000), 0)
  assert.equal(written, 2)
})
