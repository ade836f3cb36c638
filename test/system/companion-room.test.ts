// A stock companion radio as the client of a room server that is there already: real edges, a real hub, a radio at a serial
// port. The room server is an edge that knows of no federation.
import assert from 'node:assert/strict'
import { mkdtempDisposable } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { Island } from '#infra/island/island.ts'
import type { IslandNode } from '#infra/island/node.ts'
import { type EdgeProgram, startEdge, startHub } from '#test/support/programs.ts'
import { roomKey } from '#test/support/room-key.ts'
import { StockRadio } from '#test/support/stock-radio.ts'
import { waitFor } from '#test/support/wait-for.ts'

const deadlineMs = 60_000

/** It needs the island's modem. */
async function oldRoomOn(island: Island): Promise<EdgeProgram> {
  const conf = {
    room: { admin_password: 'master', guest_password: 'hello' },
    radio: island.conf,
    federation: { enabled: false },
  }
  const oldRoom = await startEdge({ name: 'Old room', conf })
  await oldRoom.waitForLine(/Radio at .* is ready/, deadlineMs)
  return oldRoom
}

function clientOf(room: Uint8Array, radio: StockRadio) {
  const server = { key: Buffer.from(room).toString('hex'), name: 'Old room', password: 'hello' }
  return { radio: { driver: 'companion', port: radio.port, room: server } }
}

/** Says who it is until the radio has heard it: an advert may collide, and nobody acknowledges it. */
async function makeKnown(node: IslandNode, radio: StockRadio): Promise<void> {
  const isKnown = () => radio.contacts.get(node.identity.publicKey) !== undefined
  const says = () => {
    node.advertise()
    return waitFor(isKnown, { what: 'the radio to know it', deadlineMs: 2000 }).catch(() => false)
  }
  await waitFor(says, { what: 'an advert that is heard', deadlineMs })
}

test('posts go from an old room by a companion radio to another city, and back; neither a kill -9 nor an empty battery loses or doubles one', async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'mcfed-companion-'))
  await using island = await Island.start({ speed: 20 })
  await island.modem({ tcp: true })
  await using oldRoom = await oldRoomOn(island)
  const room = await roomKey(oldRoom)
  await using radio = await StockRadio.start(island, { name: 'Gateway', serialPort: join(folder.path, 'tty') })
  await using hub = await startHub()
  await using cityA = await startEdge({
    name: 'City A',
    hubs: [hub],
    conf: clientOf(room, radio),
  })
  await using cityB = await startEdge({ name: 'City B', hubs: [hub] })
  await cityA.waitForLine(/Logged in to the room "Old room"/, deadlineMs)

  const ana = island.node('Ana', { room })
  await makeKnown(ana, radio)
  assert.ok(await ana.login('hello'))
  assert.ok((await ana.post('Chains on')).isAcked)
  const [first] = await waitFor(() => cityB.posts(), {
    what: 'the post in the other city',
    deadlineMs,
    until: posts => posts.length === 1,
  })
  assert.deepEqual([first?.author, first?.source, first?.text], [{ name: 'Ana', key: ana.key }, 'lora', 'Chains on'])

  await cityB.post('all clear', { author: 'Ben' })
  await waitFor(() => ana.texts.includes('Ben@City B: all clear'), { what: 'the push to the node', deadlineMs })
  assert.equal(ana.pushes[0]?.authorPrefix, radio.key.slice(0, 8))

  // Killed when it asks for the next: what it has read is on its disk, and the rest is still in the radio.
  let kill: Promise<unknown> | undefined
  let reads = 0
  radio.onReply = reply => {
    reads += Number(reply.kind === 'contact-text')
    if (reads !== 2 || kill !== undefined) return reply
    kill = cityA.kill('SIGKILL')
    radio.queue.unshift(reply)
    return null
  }
  for (const text of ['one', 'two', 'three']) assert.ok((await ana.post(text)).isAcked)
  await waitFor(() => kill !== undefined, { what: 'the second text to be read', deadlineMs })
  await kill
  await cityA.run()
  const ofAna = async () => (await cityB.posts()).filter(post => post.author.key === ana.key).map(({ text }) => text)
  await waitFor(ofAna, { what: 'the texts behind the kill', deadlineMs, until: texts => texts.includes('three') })
  assert.deepEqual(await ofAna(), ['Chains on', 'one', 'two', 'three'])

  // The radio acknowledges a post, and its battery is empty before the edge has read it.
  await cityA.kill('SIGKILL')
  assert.ok((await ana.post('four')).isAcked)
  await waitFor(() => radio.queue.length === 1, { what: 'the radio to have heard it', deadlineMs })
  radio.queue.length = 0
  await cityA.run()
  await waitFor(ofAna, { what: 'what was lost', deadlineMs: 2 * deadlineMs, until: texts => texts.includes('four') })
  assert.deepEqual(await ofAna(), ['Chains on', 'one', 'two', 'three', 'four'])

  const { radio: status } = await cityA.status()
  assert.equal(status?.companion?.room?.silences, 0)
  assert.equal(status?.companion?.key, radio.key)
})

test('two gateways in one room: each post is one, in the room and out of it, whoever of them says it', async () => {
  await using island = await Island.start({ speed: 20 })
  await island.modem({ tcp: true })
  await using oldRoom = await oldRoomOn(island)
  const room = await roomKey(oldRoom)
  await using radioA = await StockRadio.start(island, { name: 'GW-A' })
  await using radioB = await StockRadio.start(island, { name: 'GW-B' })
  await using hub = await startHub()
  await using cityA = await startEdge({ name: 'City A', hubs: [hub], conf: clientOf(room, radioA) })
  await using cityB = await startEdge({ name: 'City B', hubs: [hub], conf: clientOf(room, radioB) })
  await using cityC = await startEdge({ name: 'City C', hubs: [hub] })
  for (const city of [cityA, cityB]) await city.waitForLine(/Logged in to the room/, deadlineMs)
  const ana = island.node('Ana', { room })
  assert.ok(await ana.login('hello'))
  assert.ok((await ana.post('Chains on')).isAcked)
  const heard = async () => {
    const all = await Promise.all([cityA, cityB].map(city => city.status()))
    return all.map(({ radio }) => radio?.companion?.heard ?? { posts: 0, duplicates: 0, echoes: 0 })
  }
  const haveBoth = (counts: { posts: number; duplicates: number }[]) =>
    counts.every(one => one.posts + one.duplicates === 1)
  await waitFor(heard, { what: 'both to have it from the room', deadlineMs, until: haveBoth })
  await cityC.post('all clear', { author: 'Ben' })
  await waitFor(() => ana.texts.includes('Ben@City C: all clear'), { what: 'the push to the node', deadlineMs })
  const hasEcho = (counts: { echoes: number }[]) => counts.some(({ echoes }) => echoes > 0)
  await waitFor(heard, { what: 'the other gateway to hear it', deadlineMs, until: hasEcho })

  assert.ok((await ana.post('marker')).isAcked)
  const texts = () => cityC.posts().then(posts => posts.map(({ text }) => text))
  await waitFor(texts, { what: 'the marker', deadlineMs, until: all => all.includes('marker') })
  assert.deepEqual(await texts(), ['Chains on', 'all clear', 'marker'])
  // Nothing of Ana's was written into the room a second time.
  const inRoom = (await oldRoom.posts()).map(({ text }) => text)
  assert.deepEqual(
    inRoom.filter(text => !text.startsWith('Ben@City C: ')),
    ['Chains on', 'marker'],
  )
})
