// Spokes that take nothing any more while thousands of posts flow: they cost the hub little, disturb nobody, and are let go.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Cursor } from '#common/cursor.ts'
import { windowBytes } from '#common/protocol/frames.ts'
import { type HubProgram, startEdge, startHub, testRoom } from '#test/support/programs.ts'
import { RawLink } from '#test/support/raw-link.ts'
import { writeBurst } from '#test/support/traffic.ts'
import { waitFor } from '#test/support/wait-for.ts'

const edgeConf = { federation: { reconnect_max_seconds: 1 } }
/** Silent for 4.5 s is dead. */
const hubConf = { limits: { ping_seconds: 2 } }
const deadlineMs = 60_000
const sleepers = 20
const pingsAtOnce = 1000
/** Each is answered by as much. */
const pingsMax = 2_000_000
/** With 500 more characters a post is about 800 bytes on the wire. */
const long = 'x'.repeat(500)

/** Resident memory of a program in bytes. */
function memoryOf({ pid }: HubProgram): number {
  const kib = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
  return Number(kib) * 1024
}

async function headOf(server: HubProgram): Promise<Cursor> {
  const room = (await server.status()).rooms.find(({ room }) => room === testRoom)
  assert.ok(room)
  return { epoch: room.epoch, offset: room.head }
}

test('sleepers cost a window each, and are dropped; the rest get everything meanwhile', async () => {
  await using hub = await startHub({ conf: hubConf })
  await using cityA = await startEdge({ name: 'City A', hubs: [hub], conf: edgeConf })
  await using cityB = await startEdge({ name: 'City B', hubs: [hub], conf: edgeConf })
  const storedAtB = async () => (await cityB.status()).rooms[0]?.stored ?? 0
  const cityBHas = (count: number) =>
    waitFor(storedAtB, { what: `${count} posts at City B`, deadlineMs, until: stored => stored === count })
  await writeBurst(cityA, `${long} warm-up`, 4000)
  await cityBHas(4000)

  await using stack = new AsyncDisposableStack()
  const names = ['talker', ...Array.from({ length: sleepers }, (_, n) => `sleeper ${n + 1}`)]
  const links = await Promise.all(names.map(name => RawLink.connect({ port: hub.port, name })))
  const head = await headOf(hub)
  for (const link of links) {
    stack.use(link)
    await link.follow(head)
    link.ws.pause()
  }
  const [talker] = links
  assert.ok(talker)
  // It does not read either, but the hub hears from it.
  const talking = setInterval(() => talker.send({ t: 'ping', n: 1 }), 200)
  stack.defer(() => clearInterval(talking))

  const before = memoryOf(hub)
  await writeBurst(cityA, `${long} wide awake`, 6000)
  await cityBHas(10_000)
  const asleep = (await hub.status()).peers.filter(({ name }) => names.includes(name))
  for (const { name, bytesOut } of asleep) assert.ok(bytesOut < windowBytes * 1.5, `${bytesOut} bytes for ${name}`)
  for (const name of names.slice(1))
    await hub.waitForLine(
      new RegExp(`^\\[WARN\\] Federation peer "${name}" disconnected \\(nothing heard for 4.5 s\\)$`),
    )
  const grownMib = (memoryOf(hub) - before) / 2 ** 20
  assert.ok(grownMib < 64, `the hub has grown by ${grownMib} MiB`)

  // Who was only slow goes on where it was.
  talker.ws.resume()
  await talker.waitForFrame('posts', ({ next }) => next === head.offset + 6000)
  const posts = talker.frames.flatMap(frame => (frame.t === 'posts' ? frame.posts : []))
  assert.equal(posts.length, 6000)
  const peers = (await hub.status()).peers.map(({ name }) => name)
  assert.deepEqual(peers.toSorted(), ['City A', 'City B', 'talker'])
})

test('who asks and asks and never takes an answer is dropped before the answers fill the memory', async () => {
  // Slowed down to its frames a second it would take minutes to get there.
  const limits = { ...hubConf.limits, frames_per_second_spoke: 0 }
  await using hub = await startHub({ conf: { limits } })
  await using cityA = await startEdge({ name: 'City A', hubs: [hub], conf: edgeConf })
  await using link = await RawLink.connect({ port: hub.port, name: 'deaf' })
  await link.waitForFrame('resume')
  link.ws.pause()
  const isDropped = () => hub.lines.some(line => line.includes('"deaf" disconnected'))
  const before = memoryOf(hub)
  for (let asked = 0; !isDropped(); asked += pingsAtOnce) {
    assert.ok(asked < pingsMax, `${asked} answers wait to be read`)
    for (let i = 0; i < pingsAtOnce; i += 1) link.send({ t: 'ping', n: 1 })
    await waitFor(() => link.ws.bufferedAmount < 65_536 || isDropped(), { what: 'the hub to read on', deadlineMs })
    await nextTurn()
  }
  await hub.waitForLine(/"deaf" disconnected \(does not read what it is sent\)$/)
  const grownMib = (memoryOf(hub) - before) / 2 ** 20
  // Most of it is what reading so many questions leaves behind; answers without a limit would be a gigabyte.
  assert.ok(grownMib < 256, `the hub has grown by ${grownMib} MiB`)
  const { guid } = await cityA.post('still here')
  const arrived = async () => (await hub.posts()).some(post => post.guid === guid)
  await waitFor(arrived, { what: 'a post of City A at the hub', deadlineMs })
})
