// Server cards in Redis: the contract, on a real server; and all instances of a hub know the same, whatever Redis forgets.
import assert from 'node:assert/strict'
import test, { type TestContext } from 'node:test'
import { encodeKnownCard } from '#common/server-card.ts'
import type { ServerDirectory } from '#common/server-directory.ts'
import { RedisCards } from '#hub/redis/redis-cards.ts'
import { connectRedis } from '#hub/redis/redis-connections.ts'
import { cardOf, knownOf, newDirectory, newIdentity } from '#test/support/cards.ts'
import { RedisServer } from '#test/support/redis-server.ts'
import { waitFor } from '#test/support/wait-for.ts'
import { keptCardsContract, knownBy, self } from './kept-cards-contract.ts'
import { quiet } from './sqlite-files.ts'

const everyMs = 50

async function connected(t: TestContext, server: RedisServer) {
  const redis = connectRedis({ conf: server.conf, name: 'test', deadlineMs: 15_000 })
  redis.on('error', () => {})
  t.after(() => redis.disconnect())
  await waitFor(() => redis.status, { what: 'a connection to Redis', until: status => status === 'ready' })
  return redis
}

/** An instance of the hub, as far as cards go. */
async function instance(t: TestContext, server: RedisServer): Promise<ServerDirectory> {
  const directory = newDirectory(self.id)
  const cards = await RedisCards.open({ redis: await connected(t, server), directory, log: quiet, everyMs })
  t.after(() => cards.close())
  return directory
}

function same(...directories: ServerDirectory[]): Promise<unknown> {
  const [first, ...rest] = directories.map(directory => () => JSON.stringify(sorted(knownBy(directory))))
  return waitFor(() => rest.every(known => known() === first?.()), { what: 'all instances to know the same' })
}

function sorted(known: Record<string, unknown>) {
  return Object.entries(known).sort()
}

keptCardsContract('Redis', async t => {
  const server = await RedisServer.start(t, { appendfsync: 'no' })
  const redis = await connected(t, server)
  return async directory => {
    const cards = await RedisCards.open({ redis, directory, log: quiet, everyMs })
    return { close: () => cards.close() }
  }
})

test('Redis: an instance knows what another was told, and two that are told at once lose nothing', async t => {
  const server = await RedisServer.start(t)
  const [one, two] = [await instance(t, server), await instance(t, server)]
  const twice = newIdentity()
  const now = Date.now()
  for (let i = 0; i < 20; i++) {
    one.learn([
      knownOf(cardOf(newIdentity(), { name: `one ${i}` })),
      knownOf(cardOf(twice, { at: now + i }), { rooms: ['a'] }),
    ])
    two.learn([
      knownOf(cardOf(newIdentity(), { name: `two ${i}` })),
      knownOf(cardOf(twice, { at: now + i }), { rooms: ['b'] }),
    ])
    await new Promise(resolve => setImmediate(resolve))
  }
  await waitFor(() => one.ids().length === 41 && two.ids().length === 41, { what: 'all cards everywhere' })
  await same(one, two)
  const three = await instance(t, server)
  await same(one, three)
})

test('Redis: what it has lost comes back from the instances; what somebody else wrote there is passed over', async t => {
  const server = await RedisServer.start(t)
  const [one, two] = [await instance(t, server), await instance(t, server)]
  const [a, b] = [newIdentity(), newIdentity()]
  one.learn([knownOf(cardOf(a))])
  await waitFor(() => two.get(a.id), { what: 'the card at the other instance' })
  const before = await server.cli('HGET', 'mcfed:cards', a.id)
  await server.cli('FLUSHALL')
  assert.equal(await waitFor(() => server.cli('HGET', 'mcfed:cards', a.id), { what: 'the card again' }), before)
  await server.cli('HSET', 'mcfed:cards', b.id, '{', 'nobody', '{}', self.id, before, 'version', 'x')
  one.learn([knownOf(cardOf(b))])
  await waitFor(() => two.get(b.id), { what: 'the next card' })
  assert.equal(two.get(self.id), undefined)
  await same(one, two)
})

test('Redis: a card that is too old is let go of, whoever put it there', async t => {
  const server = await RedisServer.start(t)
  const directory = await instance(t, server)
  const old = cardOf(newIdentity(), { at: Date.now() - 50 * 86_400_000 })
  await server.cli('HSET', 'mcfed:cards', old.id, encodeKnownCard(knownOf(old)), 'version', 'x')
  const isGone = async () => (await server.cli('HEXISTS', 'mcfed:cards', old.id)) === '0'
  await waitFor(isGone, { what: 'the old card to be gone' })
  assert.deepEqual(directory.ids(), [])
})

test('Redis: while it is away cards wait, and arrive when it is back', async t => {
  const server = await RedisServer.start(t)
  const [one, two] = [await instance(t, server), await instance(t, server)]
  const other = newIdentity()
  await server.stop()
  one.learn([knownOf(cardOf(other, { name: 'meanwhile' }))])
  await server.start()
  await waitFor(() => two.cityOf(other.id), { what: 'the card' })
})

test('Redis: nothing is written while nothing changes', async t => {
  const server = await RedisServer.start(t)
  const [one, two] = [await instance(t, server), await instance(t, server)]
  one.learn([knownOf(cardOf(newIdentity()))])
  await same(one, two)
  const version = () => server.cli('HGET', 'mcfed:cards', 'version')
  const settled = await version()
  const reads = async () => Number(/cmdstat_hget:calls=(\d+)/.exec(await server.cli('INFO', 'commandstats'))?.[1])
  const before = await reads()
  await waitFor(async () => (await reads()) > before + 10, { what: 'ten more looks' })
  assert.equal(await version(), settled)
})
