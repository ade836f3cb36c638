// A node in one city posts by radio, and a node in another hears it: real edges with a radio at a serial port, a real hub.
import assert from 'node:assert/strict'
import { mkdtempDisposable, readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { identityFromPrivateKey } from '#edge/radio/crypto.ts'
import { type EdgeProgram, startEdge, startHub, testRoom } from '#test/support/programs.ts'
import { RadioIsland } from '#test/support/radio-island.ts'
import type { RadioNode } from '#test/support/radio-node.ts'
import { waitFor } from '#test/support/wait-for.ts'

const deadlineMs = 30_000

function confWith(island: RadioIsland) {
  return {
    room: { admin_password: 'master', guest_password: 'hello' },
    radio: island.conf,
    federation: { reconnect_max_seconds: 1 },
  }
}

/** The key of the room on the radio, as its members have it among their contacts. */
async function roomKey({ dir }: EdgeProgram): Promise<Uint8Array> {
  const text = await readFile(join(dir, 'data', `room-${testRoom}.key`), 'utf8')
  return identityFromPrivateKey(Buffer.from(text.trim(), 'hex')).publicKey
}

function textsOf(node: RadioNode): string[] {
  return node.pushes.map(({ text }) => Buffer.from(text).toString())
}

function until(probe: () => boolean, what: string): Promise<unknown> {
  return waitFor(probe, { what, deadlineMs })
}

test('a post goes by radio, hub and radio from node to node; the edge may be restarted and the radio unplugged', async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'mcfed-radio-'))
  await using islandA = await RadioIsland.start(join(folder.path, 'tty-a'))
  await using islandB = await RadioIsland.start(join(folder.path, 'tty-b'))
  await using hub = await startHub()
  await using cityA = await startEdge({ name: 'City A', hubs: [hub], conf: confWith(islandA) })
  await using cityB = await startEdge({ name: 'City B', hubs: [hub], conf: confWith(islandB) })
  await cityA.waitForLine(/Radio at .* is ready/, deadlineMs)
  await cityB.waitForLine(/Radio at .* is ready/, deadlineMs)

  const ana = islandA.node('Ana', await roomKey(cityA))
  const ben = islandB.node('Ben', await roomKey(cityB))
  ana.advertise()
  await islandA.logIn(ana, 'hello')
  await islandB.logIn(ben, 'hello')
  const ack = ana.post('Chains on')
  await until(() => ana.acks.includes(ack), 'the ACK of the room')
  await until(() => ben.pushes.length === 1, 'the push in the other city')
  assert.deepEqual(textsOf(ben), ['Ana: Chains on'])
  const [post] = await cityB.posts()
  assert.deepEqual([post?.author, post?.source], [{ name: 'Ana', key: ana.key }, 'lora'])

  await cityB.restart('SIGKILL')
  await islandB.unplug()
  await islandB.replug()
  await cityA.post('from the desk', { author: 'Net control' })
  const news = 'Net control: from the desk'
  await until(() => textsOf(ben).includes(news), 'a push after the restart, without a login')
  assert.deepEqual(new Set(textsOf(ben)), new Set(['Ana: Chains on', news]))
  await until(() => ana.pushes.length >= 1, 'the push in the city itself')
  assert.deepEqual(new Set(textsOf(ana)), new Set([news]))

  const { radio } = await cityA.status()
  assert.equal(radio?.state, 'ready')
  const kinds = Object.keys(radio?.airtime.lastHour.byKind ?? {})
  assert.deepEqual(new Set(kinds), new Set(['ack', 'login', 'push-local', 'advert']))
  assert.ok((radio?.sent ?? 0) >= 3 && (radio?.budgetUsed ?? 0) > 0 && (radio?.budgetUsed ?? 1) < 0.1)
})

test('a wrong password is met with silence; a post that is said again is stored once', async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'mcfed-radio-'))
  await using island = await RadioIsland.start(join(folder.path, 'tty'))
  await using city = await startEdge({ conf: confWith(island) })
  await city.waitForLine(/Radio at .* is ready/, deadlineMs)
  const room = await roomKey(city)
  const [eve, ana] = [island.node('Eve', room), island.node('Ana', room)]
  eve.login('guess')
  await city.waitForLine(/login of node [0-9a-f]{8} to room "frontrange" refused: wrong password/, deadlineMs)
  await island.logIn(ana, 'hello')
  const timestamp = Math.floor(Date.now() / 1000) + 5
  const acks = [0, 1, 2].map(attempt => ana.post('only once', { timestamp, attempt }))
  await until(() => acks.every(ack => ana.acks.includes(ack)), 'an ACK for every try')
  assert.deepEqual(
    (await city.posts()).map(({ text }) => text),
    ['only once'],
  )
  assert.equal(eve.welcomes.length, 0)
})
