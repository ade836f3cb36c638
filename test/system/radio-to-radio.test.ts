// A node in one city posts by radio, and a node in another hears it: real edges with a radio at a serial port, a real hub.
import assert from 'node:assert/strict'
import { mkdtempDisposable } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { payloadType } from '#edge/radio/packet.ts'
import { Island } from '#infra/island/island.ts'
import { startEdge, startHub } from '#test/support/programs.ts'
import { roomKey } from '#test/support/room-key.ts'
import { waitFor } from '#test/support/wait-for.ts'

const deadlineMs = 30_000

function confWith(island: Island) {
  return {
    room: { admin_password: 'master', guest_password: 'hello' },
    radio: island.conf,
    federation: { reconnect_max_seconds: 1 },
  }
}

async function islandAt(port: string): Promise<Island> {
  const island = await Island.start({ speed: 20 })
  await island.modem({ port })
  return island
}

function until(probe: () => boolean, what: string): Promise<unknown> {
  return waitFor(probe, { what, deadlineMs })
}

test('a post goes by radio, hub and radio from node to node; the edge may be restarted and the radio unplugged', async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'mcfed-radio-'))
  await using islandA = await islandAt(join(folder.path, 'tty-a'))
  await using islandB = await islandAt(join(folder.path, 'tty-b'))
  await using hub = await startHub()
  await using cityA = await startEdge({ name: 'City A', hubs: [hub], conf: confWith(islandA) })
  await using cityB = await startEdge({ name: 'City B', hubs: [hub], conf: confWith(islandB) })
  await cityA.waitForLine(/Radio at .* is ready/, deadlineMs)
  await cityB.waitForLine(/Radio at .* is ready/, deadlineMs)

  const ana = islandA.node('Ana', { room: await roomKey(cityA) })
  const ben = islandB.node('Ben', { room: await roomKey(cityB), hops: 1 })
  ana.advertise()
  assert.ok(await ana.login('hello'))
  assert.ok(await ben.login('hello'))
  assert.ok((await ana.post('Chains on')).isAcked)
  await until(() => ben.pushes.length === 1, 'the push in the other city')
  assert.deepEqual(ben.texts, ['Ana@City A: Chains on'])
  const [post] = await cityB.posts()
  assert.deepEqual([post?.author, post?.source], [{ name: 'Ana', key: ana.key }, 'lora'])

  await cityB.restart('SIGKILL')
  await islandB.modems[0]?.unplug()
  await islandB.modems[0]?.replug()
  await cityA.post('from the desk', { author: 'Net control' })
  const news = 'Net control@City A: from the desk'
  await until(() => ben.texts.includes(news), 'a push after the restart, without a login')
  assert.deepEqual(new Set(ben.texts), new Set(['Ana@City A: Chains on', news]))
  await until(() => ana.pushes.length >= 1, 'the push in the city itself')
  assert.deepEqual(new Set(ana.texts), new Set(['Net control: from the desk']))

  const { radio } = await cityA.status()
  assert.equal(radio?.state, 'ready')
  const kinds = Object.keys(radio?.airtime.lastHour.byKind ?? {})
  assert.deepEqual(new Set(kinds), new Set(['ack', 'login', 'push-local', 'advert']))
  assert.ok((radio?.sent ?? 0) >= 3 && (radio?.budgetUsed ?? 0) > 0 && (radio?.budgetUsed ?? 1) < 0.1)
  // What the edge has counted is what was on the air.
  const ledgerMs = 1000 * (radio?.airtime.sinceStart.seconds ?? 0)
  assert.ok(Math.abs(ledgerMs - islandA.airtimeMs('modem')) < 1, `${ledgerMs} of ${islandA.airtimeMs('modem')} ms`)
})

test('a wrong password is met with silence; a post whose ACKs are lost is said again, and stored once', async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'mcfed-radio-'))
  await using island = await islandAt(join(folder.path, 'tty'))
  await using city = await startEdge({ conf: confWith(island) })
  await city.waitForLine(/Radio at .* is ready/, deadlineMs)
  const room = await roomKey(city)
  const [eve, ana] = [island.node('Eve', { room }), island.node('Ana', { room })]
  const refused = eve.login('guess', { tries: 1 })
  await city.waitForLine(/login of node [0-9a-f]{8} to room "frontrange" refused: wrong password/, deadlineMs)
  assert.ok(await ana.login('hello'))
  let lost = 0
  island.air.loses = ({ packet }, to) => {
    const isAck = to === 'Ana' && (packet[0] ?? 0) >> 2 === payloadType.ack && lost < 2
    if (isAck) lost += 1
    return isAck
  }
  const { isAcked, tries } = await ana.post('only once')
  assert.deepEqual({ isAcked, tries }, { isAcked: true, tries: 3 })
  assert.deepEqual(
    (await city.posts()).map(({ text }) => text),
    ['only once'],
  )
  assert.equal(await refused, undefined)
})
