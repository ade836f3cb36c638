// A server with another federation secret gets nowhere, keeps serving its own room, and does not hammer; then the secret is mended.
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { decodeFrame } from '#common/protocol/codec.ts'
import { startEdge, startHub, testSecret } from '#test/support/programs.ts'
import { newSelf, proveAnyway } from '#test/support/prove-anyway.ts'
import { startRelay } from '#test/support/relay.ts'
import { expectEverywhere, writeBurst } from '#test/support/traffic.ts'
import { waitFor } from '#test/support/wait-for.ts'

const federation = { reconnect_max_seconds: 1 }
const wrongProof = 'wrong federation secret, or somebody between us speaks TLS for the other end'

test('an edge with another secret says so once, serves its room, tries seldom, and links when the secret is mended', async () => {
  await using hub = await startHub()
  await using toHub = await startRelay(hub)
  await using nowhere = await startRelay(hub)
  nowhere.cut()
  const otherSecret = randomBytes(32).toString('hex')
  const wrong = { federation: { ...federation, federation_secret: otherSecret } }
  await using edge = await startEdge({ name: 'City A', hubs: [toHub], conf: wrong })
  await using _control = await startEdge({ name: 'Control', hubs: [nowhere], conf: { federation } })

  const complaint = new RegExp(`^\\[WARN\\] no link to the hub: ${wrongProof}; posts are kept and sent later$`)
  const refusedAt = performance.now()
  await edge.waitForLine(complaint)
  await hub.waitForLine(new RegExp(`^\\[WARN\\] link from 127\\.0\\.0\\.1:\\d+ refused: ${wrongProof}$`))
  const texts = await writeBurst(edge, 'alone', 40)
  const [peer] = (await edge.status()).peers
  assert.deepEqual({ state: peer?.state, lastError: peer?.lastError }, { state: 'waiting', lastError: wrongProof })

  // As often as it would try where nobody tells it that trying is of no use.
  const triesBefore = nowhere.accepted
  await waitFor(() => nowhere.accepted >= triesBefore + 6, { what: 'an edge without a hub to try again' })
  // It comes back after 30 s, which may pass on a busy machine.
  assert.ok(toHub.accepted <= 1 + (performance.now() - refusedAt) / 29_000, `${toHub.accepted} tries`)
  assert.equal(edge.lines.filter(line => complaint.test(line)).length, 1)
  assert.deepEqual((await hub.status()).rooms, [])
  assert.deepEqual((await edge.posts()).map(({ text }) => text).toSorted(), texts.toSorted())

  await edge.stop()
  const path = join(edge.dir, 'program.conf')
  await writeFile(path, (await readFile(path, 'utf8')).replace(otherSecret, testSecret))
  await edge.run()
  await expectEverywhere([hub, edge], texts)
})

/** How the hub ends the link of a dialler with this secret, and how long it takes to. */
async function refusedProof(port: number, secret: string) {
  const { reader } = await proveAnyway({ port, self: newSelf({ secret }) })
  const sentAt = performance.now()
  const bye = decodeFrame(await reader.next(30_000))
  const tookMs = performance.now() - sentAt
  await assert.rejects(reader.next(30_000), { code: 4401, message: wrongProof })
  return { bye, tookMs }
}

test('a wrong proof is answered after a second, with 4401, and holds up nobody else', async () => {
  await using hub = await startHub()
  await using edge = await startEdge({ name: 'City A', hubs: [hub], conf: { federation } })
  const guesses = Array.from({ length: 20 }, () => refusedProof(hub.port, randomBytes(32).toString('hex')))
  await edge.post('while they guess')
  for (const { bye, tookMs } of await Promise.all(guesses)) {
    assert.deepEqual(bye, { t: 'bye', code: 4401, reason: wrongProof })
    assert.ok(tookMs > 950 && tookMs < 9000, `${tookMs} ms`)
  }
  await expectEverywhere([hub, edge], ['while they guess'])
  assert.deepEqual(
    (await hub.status()).peers.map(({ name }) => name),
    ['City A'],
  )
})
