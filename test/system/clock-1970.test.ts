// A Raspberry Pi without a clock starts in 1970: it must serve its city, link to the hub, and make posts that nobody takes for old.
import assert from 'node:assert/strict'
import { mkdtempDisposable } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { freePort } from '#test/support/free-port.ts'
import { type EdgeOptions, type ServerProgram, startEdge, startHub } from '#test/support/programs.ts'
import { clockAt } from '#test/support/system-clock.ts'
import { expectEverywhere, writeBurst } from '#test/support/traffic.ts'

const federation = { reconnect_max_seconds: 1 }
const toleranceMs = 5 * 60_000
const dayMs = 86_400_000

const warning = /^\[WARN\] the system clock is wrong \(1970-01-01T00:01:.*\): posts are stamped from \d{4}-/

/** Starts an edge whose system clock says 1970. */
async function startIn1970(options: EdgeOptions) {
  return startEdge({ ...options, env: clockAt('1970-01-01 00:01:00') })
}

async function assertNoneExpired(servers: readonly ServerProgram[]): Promise<void> {
  for (const server of servers) assert.equal((await server.status()).messages.expired, 0, server.name)
}

test('it takes the time of the hub, whose certificate is of its future, and keeps its posts when the clock is set', async () => {
  await using dir = await mkdtempDisposable(join(tmpdir(), 'mcfed-1970-'))
  await using hub = await startHub()
  await using cityB = await startEdge({ name: 'City B', hubs: [hub], conf: { federation } })
  // No certificate of its own tells it how late it must be at least.
  const conf = { federation: { ...federation, tls_cert: undefined, tls_key: undefined } }
  const options = { name: 'City A', dir: dir.path, hubs: [hub], conf }
  let texts: string[]
  {
    await using cityA = await startIn1970(options)
    await cityA.waitForLine(warning)
    await hub.waitForLine(/^\[INFO\] Federation peer "City A" connected \(TLS, /)
    await cityA.waitForLine(/^\[WARN\] .*posts are stamped by the clock of "hub" until it is set/)
    const written = await Promise.all([writeBurst(cityA, 'from 1970', 200), writeBurst(cityB, 'from today', 200)])
    texts = await expectEverywhere([hub, cityA, cityB], written.flat())
    await assertNoneExpired([hub, cityA, cityB])
    const startedAt = Date.now() - toleranceMs
    for (const { at, receivedAt, text } of await cityA.posts())
      assert.ok(Math.min(at, receivedAt) > startedAt, `"${text}" of ${at}, received ${receivedAt}`)
    assert.ok((await cityA.status()).clock.systemOffMs > 50 * 365 * dayMs)
  }
  await using cityA = await startEdge(options)
  assert.equal((await cityA.status()).clock.systemOffMs, 0)
  await expectEverywhere([hub, cityA, cityB], texts)
})

test('without a hub it keeps its posts, and delivers them when the hub comes', async () => {
  const port = await freePort()
  await using cityA = await startIn1970({ name: 'City A', hubs: [{ port }], conf: { federation } })
  await cityA.waitForLine(warning)
  const early = await writeBurst(cityA, 'before the hub', 200)
  const yesterday = Date.now() - dayMs - toleranceMs
  // Its certificate is valid from yesterday on: it cannot be earlier.
  for (const { at, text } of await cityA.posts()) assert.ok(at > yesterday, `"${text}" of ${at}`)
  await cityA.waitForLine(/^\[WARN\] no link to the hub: .*posts are kept and sent later$/)

  await using hub = await startHub({ port })
  await using cityB = await startEdge({ name: 'City B', hubs: [hub], conf: { federation } })
  await hub.waitForLine(/"City A" connected/)
  const late = await writeBurst(cityA, 'with the hub', 50)
  await expectEverywhere([hub, cityA, cityB], [...early, ...late])
  await assertNoneExpired([hub, cityA, cityB])
})
