// The federation secret is changed while two cities post: one program restarted after the other, and nobody is shut out.
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { isUp } from '#common/status.ts'
import { runToEnd } from '#test/support/program.ts'
import {
  type EdgeProgram,
  type HubProgram,
  type ServerProgram,
  startEdge,
  startHub,
  testSecret,
} from '#test/support/programs.ts'
import { RawLink } from '#test/support/raw-link.ts'
import { RedisServer } from '#test/support/redis-server.ts'
import { expectEverywhere, startStream, writerTo } from '#test/support/traffic.ts'
import { waitFor } from '#test/support/wait-for.ts'

const [old, fresh] = [testSecret, randomBytes(32).toString('hex')]
const conf = { federation: { reconnect_max_seconds: 1 } }
const deadlineMs = 90_000
/** Seldom enough to be no load. */
const lookMs = 200
/** Whoever is refused a proof comes back after 30 s. A restart takes its own time. */
const gapMaxMs = 20_000
let longestRestartMs = 0
const wrongSecret = /wrong federation secret/

/** Writes other lines about the secret into the config, and restarts the program. */
async function giveSecrets(server: ServerProgram, secret: string, previous?: string, until?: string): Promise<void> {
  const path = join(server.dir, 'program.conf')
  const text = (await readFile(path, 'utf8')).replace(/^federation_secret_previous(_until)? = .*\n/gm, '')
  const lines = [`federation_secret = "${secret}"`]
  if (previous !== undefined) lines.push(`federation_secret_previous = "${previous}"`)
  if (until !== undefined) lines.push(`federation_secret_previous_until = "${until}"`)
  await writeFile(path, text.replace(/^federation_secret = .*$/m, lines.join('\n')))
  const from = performance.now()
  await server.restart()
  longestRestartMs = Math.max(longestRestartMs, performance.now() - from)
}

/** By which secret the links of a server are proved, of those to `role`. */
async function secretsOf(server: ServerProgram, role: 'hub' | 'edge'): Promise<string[]> {
  const { peers } = await server.status()
  return peers.flatMap(peer => (peer.role === role && isUp(peer) ? [peer.secret ?? 'unsaid'] : []))
}

/** For how long, at the longest, a city was without its hub. */
function watchGaps(edge: EdgeProgram) {
  let isOver = false
  let [longestMs, upAt, lookedAt] = [0, performance.now(), 0]
  const look = async () => {
    if (performance.now() - lookedAt < lookMs) return isOver
    lookedAt = performance.now()
    const found = await secretsOf(edge, 'hub').catch(() => [])
    longestMs = Math.max(longestMs, performance.now() - upAt)
    if (found.length > 0) upAt = performance.now()
    return isOver
  }
  const done = waitFor(look, { what: 'the end of the watch', deadlineMs: 480_000 })
  const stop = async () => {
    isOver = true
    await done
    return Math.round(longestMs)
  }
  return { stop }
}

test('the secret is changed under load, with no outage', async t => {
  const redis = await RedisServer.start(t)
  await using first = await startHub({ name: 'hub 1', redisUrl: redis.url })
  await using second = await startHub({ name: 'hub 2', redisUrl: redis.url })
  const hubs = [first, second]
  await using cityA = await startEdge({ name: 'City A', hubs, conf })
  const peers = [{ name: 'City A', port: cityA.ports.federation }]
  await using cityB = await startEdge({ name: 'City B', hubs, peers, conf })
  const edges = [cityA, cityB]
  const streams = edges.map(edge => startStream(writerTo(edge), edge.name, 1))
  const flow = () => Promise.all(streams.map(stream => stream.flows(10)))
  const allAre = (server: ServerProgram, role: 'hub' | 'edge', word: string) =>
    server.waitUntil(
      async () => {
        const found = await secretsOf(server, role)
        return found.length > 0 && found.every(secret => secret === word)
      },
      { what: `links by a secret that is ${word}`, deadlineMs },
    )
  await allAre(cityA, 'hub', 'current')
  await allAre(cityB, 'edge', 'current')
  await flow()
  const gaps = edges.map(watchGaps)

  for (const hub of hubs) {
    await giveSecrets(hub, fresh, old)
    await flow()
  }
  for (const edge of edges) await allAre(edge, 'hub', 'outdated')
  const metrics = await Promise.all(hubs.map(hub => hub.api.send({ path: '/metrics' })))
  const previous = metrics.map(({ text }) => Number(/^mcfed_links_previous_secret\S* (\d+)$/m.exec(text)?.[1]))
  assert.equal((previous[0] ?? 0) + (previous[1] ?? 0), 2)

  const doctor = await runToEnd('edge/main.ts', ['doctor', '--config', join(cityA.dir, 'program.conf')])
  assert.match(doctor.out, /^warn +hub ".*": "hub" has a newer federation secret, and will end this one$/m)

  await giveSecrets(cityA, fresh, old)
  await allAre(cityA, 'hub', 'current')
  await allAre(cityA, 'edge', 'previous')
  await allAre(cityB, 'edge', 'outdated')
  await flow()
  await giveSecrets(cityB, fresh)
  await allAre(cityB, 'hub', 'current')
  await allAre(cityA, 'edge', 'current')
  await flow()
  for (const hub of hubs) {
    await giveSecrets(hub, fresh)
    await flow()
  }
  for (const edge of edges) await allAre(edge, 'hub', 'current')
  const longest = await Promise.all(gaps.map(gap => gap.stop()))
  await Promise.all(streams.map(stream => stream.stop()))

  t.diagnostic(`longest without a hub: City A ${longest[0]} ms, City B ${longest[1]} ms`)
  for (const ms of longest) assert.ok(ms < gapMaxMs + longestRestartMs, `${ms} ms without a hub`)
  const servers = [...hubs, ...edges]
  for (const { lines, name } of servers) {
    const isBad = (line: string) => wrongSecret.test(line) || line.includes(old) || line.includes(fresh)
    assert.deepEqual(lines.filter(isBad), [], name)
  }
  assert.ok(first.lines.concat(second.lines).some(line => /uses the previous federation secret/.test(line)))
  assert.ok(
    cityA.lines.some(line =>
      line.endsWith('"hub" has a newer federation secret than this server, which needs it, too'),
    ),
  )
  await expectEverywhere(
    servers,
    streams.flatMap(({ acked }) => acked),
  )
  for (const hub of hubs) {
    await assert.rejects(RawLink.connect({ port: hub.port, secret: old }), { code: 4401, message: wrongSecret })
    await using link = await RawLink.connect({ port: hub.port, secret: fresh })
    assert.equal(link.peer.secret, 'current')
  }
})

/** A link by the old secret, and the hour at which that ends: on a busy machine it may have struck before the hub has started, and is put off. */
async function linkBefore(hub: HubProgram): Promise<{ late: RawLink; until: number }> {
  for (let leftMs = 4000; ; leftMs *= 2) {
    const until = Math.ceil((Date.now() + leftMs) / 1000) * 1000
    try {
      await giveSecrets(hub, fresh, old, new Date(until).toISOString().replace('.000', ''))
      return { late: await RawLink.connect({ port: hub.port, secret: old, name: 'late' }), until }
    } catch (error) {
      if (Date.now() < until || leftMs > 60_000) throw error
    }
  }
}

test('the previous secret ends at its hour, also on links that live', async () => {
  await using hub = await startHub({ conf: { federation_secret: fresh, federation_secret_previous: old } })
  const { late: link, until } = await linkBefore(hub)
  await using late = link
  await using inTime = await RawLink.connect({ port: hub.port, secret: fresh, name: 'in time' })
  assert.equal(late.peer.secret, 'outdated')
  await waitFor(() => late.ended, { what: 'the end of the link', deadlineMs })
  assert.ok(Date.now() >= until)
  await hub.waitForLine(/^\[WARN\] the previous federation secret has ended: 1 link \("late"\) is closed; remove/)
  assert.equal(late.frames.findLast(({ t }) => t === 'bye')?.t, 'bye')
  await assert.rejects(RawLink.connect({ port: hub.port, secret: old }), { code: 4401, message: wrongSecret })
  assert.equal(inTime.ended, undefined)
})
