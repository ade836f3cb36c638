// Cities know each other's names through hubs that they share: on the air, after a restart without any hub, and by nobody else's word.
import assert from 'node:assert/strict'
import { mkdtempDisposable, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { Island } from '#infra/island/island.ts'
import { cardOf, newIdentity, radioKey } from '#test/support/cards.ts'
import { type EdgeProgram, type ServerProgram, startEdge, startHub, testRoom } from '#test/support/programs.ts'
import { RawLink } from '#test/support/raw-link.ts'
import { RedisServer } from '#test/support/redis-server.ts'
import { restartOnAir } from '#test/support/restart-on-air.ts'
import { roomKey } from '#test/support/room-key.ts'
import { waitFor } from '#test/support/wait-for.ts'

const deadlineMs = 60_000
const conf = { federation: { reconnect_max_seconds: 1 } }

function radioConf(island: Island) {
  return { ...conf, room: { admin_password: 'master', guest_password: 'hello' }, radio: island.conf }
}

async function islandAt(port: string): Promise<Island> {
  const island = await Island.start({ speed: 20 })
  await island.modem({ port })
  return island
}

/** Names of the other servers that one knows. */
async function knownTo(server: ServerProgram): Promise<string[]> {
  return ((await server.status()).servers ?? []).map(({ name }) => name)
}

function untilKnown(server: ServerProgram, names: string[]): Promise<string[]> {
  const isAll = (known: string[]) => names.every(name => known.includes(name))
  return waitFor(() => knownTo(server), { what: `${names} at ${server.name}`, deadlineMs, until: isAll })
}

/** As an operator does it. */
async function rename(edge: EdgeProgram, name: string): Promise<void> {
  const path = join(edge.dir, 'program.conf')
  const text = await readFile(path, 'utf8')
  await writeFile(path, text.replace(/^name = .*$/m, `name = ${JSON.stringify(name)}`))
  await edge.restart()
}

test('posts of other cities bear their names on the air, through two hub instances and after a restart without them', async t => {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'mcfed-cards-'))
  await using islandA = await islandAt(join(folder.path, 'tty-a'))
  await using islandB = await islandAt(join(folder.path, 'tty-b'))
  const redis = await RedisServer.start(t)
  await using first = await startHub({ name: 'hub 1', redisUrl: redis.url })
  await using second = await startHub({ name: 'hub 2', redisUrl: redis.url })
  await using cityB = await startEdge({ name: 'City B', hubs: [second], conf: radioConf(islandB) })
  await using cityA = await startEdge({ name: 'City A', hubs: [first], conf: radioConf(islandA) })
  await using cityC = await startEdge({ name: 'City C', hubs: [first], conf })
  assert.deepEqual(await untilKnown(cityB, ['City A', 'City C', 'hub']), ['City A', 'City C', 'hub'])
  await untilKnown(second, ['City A', 'City B', 'City C'])
  await untilKnown(cityC, ['City A', 'City B', 'hub'])
  const cards = (await cityB.status()).servers
  const gateways = cards?.map(card => card.gateways)
  assert.deepEqual(gateways, [[Buffer.from(await roomKey(cityA)).toString('hex')], [], []])

  await cityB.waitForLine(/Radio at .* is ready/, deadlineMs)
  await cityA.post('Chains on', { author: 'Ana' })
  await first.post('All stations', { author: 'NCS' })
  const room = await roomKey(cityB)
  const ben = islandB.node('Ben', { room })
  assert.ok(await ben.login('hello'))
  const until = (texts: string[], node = ben) =>
    waitFor(() => texts.every(text => node.texts.includes(text)), { what: `${texts} on the air`, deadlineMs })
  const texts = ['Ana@City A: Chains on', 'NCS@hub: All stations']
  await until(texts)

  await first.stop()
  await second.stop()
  await restartOnAir(cityB, 'SIGKILL')
  assert.deepEqual(await knownTo(cityB), ['City A', 'City C', 'hub'])
  const eve = islandB.node('Eve', { room })
  assert.ok(await eve.login('hello'))
  await until(texts, eve)

  await first.run()
  await second.run()
  await rename(cityA, 'Alphaville')
  await untilKnown(cityB, ['Alphaville'])
  assert.deepEqual(await knownTo(cityB), ['Alphaville', 'City C', 'hub'])
  await cityA.post('Same people', { author: 'Ana' })
  await until(['Ana@Alphaville: Same people'])
})

test('nobody gives another city a name: a forged card is dropped, counted and logged, and the link goes on', async () => {
  await using hub = await startHub()
  await using cityA = await startEdge({ name: 'City A', hubs: [hub], conf })
  await using cityB = await startEdge({ name: 'City B', hubs: [hub], conf })
  await untilKnown(cityB, ['City A'])
  await using raw = await RawLink.connect({ port: hub.port })
  const { id } = await cityA.status()
  const at = Date.now() + 60_000
  const forged = [
    { ...cardOf(raw.identity, { name: 'Forged', at }), id },
    { ...cardOf(newIdentity(), { name: 'Forged', at }), gateways: [radioKey(1)] },
  ]
  const marker = cardOf(raw.identity, { name: 'City R' })
  const elsewhere = cardOf(newIdentity(), { name: 'Elsewhere' })
  const items = [...forged, marker].map(card => ({ rooms: [testRoom], card }))
  raw.send({ t: 'cards', cards: [...items, { rooms: ['elsewhere'], card: elsewhere }] })
  assert.deepEqual(await untilKnown(cityB, ['City R']), ['City A', 'City R', 'hub'])
  assert.equal((await hub.status()).refusedCards, 2)
  assert.equal((await cityB.status()).refusedCards, 0)
  assert.deepEqual(await knownTo(hub), ['City A', 'City B', 'City R'])
  await hub.waitForLine(/^\[WARN\] dropped a server card from "raw": not signed by server [\w-]{43}$/)
  assert.equal(raw.ended, undefined)
})
