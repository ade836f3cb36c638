// The disk of an edge, then that of an embedded hub, is full for a while: nothing acknowledged is lost, and all goes on by itself.
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { LinesClient } from '#test/support/lines-client.ts'
import { waitForStored } from '#test/support/link-status.ts'
import { runToEnd } from '#test/support/program.ts'
import {
  type EdgeProgram,
  type HubProgram,
  type ServerProgram,
  startEdge,
  startHub,
  testRoom,
} from '#test/support/programs.ts'
import { SmallDisk } from '#test/support/small-disk.ts'
import { waitFor } from '#test/support/wait-for.ts'

const conf = { federation: { reconnect_max_seconds: 1 } }
/** A fault is told for ten seconds after the last one. */
const mendedDeadlineMs = 60_000

test('posts are refused while there is no room, what was acknowledged is everywhere in the end, and links go on', async t => {
  const edgeDisk = await SmallDisk.mount(t, 8)
  const hubDisk = await SmallDisk.mount(t, 8)
  await using hub = await startHub({ dir: hubDisk.dir })
  await using cityA = await startEdge({ name: 'City A', dir: edgeDisk.dir, hubs: [hub], conf })
  await using cityB = await startEdge({ name: 'City B', hubs: [hub], conf })
  const acked = [...(await posted(cityA, 'before', 20)), ...(await posted(cityB, 'before B', 20))]
  for (const server of [hub, cityA, cityB]) await waitForStored(server, acked.length)

  await edgeDisk.fill()
  acked.push(...(await untilRefused(cityA)))
  await isNotReady(cityA)
  const doctor = await whileRefused(
    cityA,
    runToEnd('edge/main.ts', ['doctor', '--config', join(cityA.dir, 'program.conf')]),
  )
  assert.equal(doctor.code, 1)
  assert.match(doctor.out, /FAULT disk: only \d+ B free in .*\n {6}do: make room/)
  assert.match(doctor.out, /FAULT room server: .*the disk is full/)
  const whileFull = await posted(cityB, 'while City A is full', 50)
  await waitForStored(hub, acked.length + whileFull.length)
  acked.push(...whileFull)
  await edgeDisk.empty()
  acked.push(...(await posted(cityA, 'room again', 5)))
  for (const server of [hub, cityA, cityB]) await waitForStored(server, acked.length, mendedDeadlineMs)

  await hubDisk.fill()
  const kept = await fillHub(hub, [cityA, cityB])
  await isNotReady(hub)
  const stored = (await hub.status()).rooms[0]?.stored ?? 0
  assert.ok(stored < acked.length + kept.length, 'the hub has acknowledged what it could not store')
  await hubDisk.empty()
  acked.push(...kept)
  for (const server of [hub, cityA, cityB]) {
    await waitForStored(server, acked.length, mendedDeadlineMs)
    const posts = await server.posts()
    assert.deepEqual(posts.map(({ text }) => text).toSorted(), acked.toSorted(), server.name)
    await waitFor(() => server.api.isOk('/readyz'), {
      what: `${server.name} to be ready`,
      deadlineMs: mendedDeadlineMs,
    })
  }
})

async function posted(server: ServerProgram, prefix: string, count: number): Promise<string[]> {
  const texts = Array.from({ length: count }, (_, n) => `${prefix} ${n + 1}`)
  for (const text of texts) await server.post(text)
  return texts
}

/** Posts until the disk takes no more; gives those that were acknowledged. The log beside the database has some room left. */
async function untilRefused(edge: EdgeProgram): Promise<string[]> {
  await using lines = await LinesClient.connect(edge.ports.lines)
  const acked: string[] = []
  for (let n = 0; n < 20_000; n += 1) {
    const text = `${'full '.repeat(80)}${n}`
    const refused = await lines.send(text).then(
      () => acked.push(text) < 0,
      (error: Error) => error,
    )
    if (refused === false) continue
    assert.match(String(refused), /"code":"store_unavailable"/)
    assert.match(String(refused), /the disk is full/)
    await isRefused(edge)
    return acked
  }
  throw new Error('the disk takes everything')
}

async function isRefused(edge: EdgeProgram): Promise<void> {
  const path = `/api/v1/rooms/${testRoom}/posts`
  const { status, text } = await edge.api.send({ path, method: 'POST', body: { text: 'refused', author: 'Ana' } })
  assert.equal(status, 503)
  assert.match(text, /"error":"store_unavailable".*the disk is full/)
}

/** Somebody goes on trying: ten seconds after the last try a fault is told no more. */
async function whileRefused<T>(edge: EdgeProgram, work: Promise<T>): Promise<T> {
  let isOver = false
  const done = work.finally(() => {
    isOver = true
  })
  await waitFor(() => isRefused(edge).then(() => isOver), { what: 'the end of it', deadlineMs: 90_000 })
  return done
}

/** The edges write until the hub takes no more of it. */
async function fillHub(hub: HubProgram, edges: readonly EdgeProgram[]): Promise<string[]> {
  const texts: string[] = []
  for (let n = 0; n < 100; n += 1) {
    const batch = Array.from({ length: 40 }, (_, i) => `${'full '.repeat(80)}${n} ${i}`)
    await Promise.all(batch.map((text, i) => edges[i % edges.length]?.post(text)))
    texts.push(...batch)
    if ((await hub.api.send({ path: '/readyz' })).status === 503) return texts
  }
  throw new Error("the hub's disk takes everything")
}

async function isNotReady(server: ServerProgram): Promise<void> {
  const { status, text } = await server.api.send({ path: '/readyz' })
  assert.equal(status, 503)
  assert.match(text, /the disk is full/)
}
