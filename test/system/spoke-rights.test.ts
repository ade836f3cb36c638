// An operator revokes a city while it posts, approves one that waits, and lets one only read; at several instances, and beside an embedded hub.
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { identityFromPem, newIdentityPem } from '#common/identity.ts'
import { runToEnd } from '#test/support/program.ts'
import { type EdgeProgram, type HubProgram, startEdge, startHub, testRoom } from '#test/support/programs.ts'
import { RawLink } from '#test/support/raw-link.ts'
import { RedisServer } from '#test/support/redis-server.ts'
import { expectEverywhere, startStream, writeBurst, writerTo } from '#test/support/traffic.ts'
import { waitFor } from '#test/support/wait-for.ts'

const effectMs = 5000
const deadlineMs = 60_000
const conf = { federation: { reconnect_max_seconds: 1 } }

/** As the operator types it; gives what a person reads. */
async function spokes(hub: HubProgram, ...words: string[]): Promise<string> {
  const { code, out, err } = await runToEnd('hub/main.ts', [
    'spokes',
    '--config',
    join(hub.dir, 'program.conf'),
    ...words,
  ])
  assert.equal(code, 0, err)
  return out + err
}

const stateAt = async (edge: EdgeProgram) => (await edge.status()).peers[0]?.state
const until = (what: string, isSo: () => Promise<boolean>) => waitFor(isSo, { what, deadlineMs })
const textsAt = async (server: { posts(): Promise<{ text: string }[]> }) =>
  (await server.posts()).map(({ text }) => text)

test('a city that is revoked while it posts is cut off everywhere within 5 s, and loses nothing when it is let in again', async t => {
  const redis = await RedisServer.start(t)
  await using first = await startHub({ name: 'hub 1', redisUrl: redis.url })
  await using second = await startHub({ name: 'hub 2', redisUrl: redis.url })
  await using cityA = await startEdge({ name: 'City A', hubs: [first, second], conf })
  await using cityB = await startEdge({ name: 'City B', hubs: [second], conf })
  for (const edge of [cityA, cityB])
    await until(`${edge.name} to be linked`, async () => (await stateAt(edge)) === 'connected')
  const [ofA, ofB] = [startStream(writerTo(cityA), 'A'), startStream(writerTo(cityB), 'B')]
  await Promise.all([ofA.flows(50), ofB.flows(50)])

  // Another server is revoked after it: where that one is refused, the city is, too.
  const other = identityFromPem(newIdentityPem())
  const firstWord = async (port: number) => {
    await using link = await RawLink.connect({ port, identity: other })
    return (await waitFor(() => link.frames[0], { what: 'its first word' })).t
  }
  const askedAt = performance.now()
  assert.notEqual(await firstWord(first.port), 'bye')
  // As long as it takes here to ask.
  const askMs = performance.now() - askedAt
  await spokes(first, 'revoke', 'City A', '--why', 'floods')
  await spokes(first, 'revoke', other.id)
  const since = performance.now()
  for (const { port } of [first, second]) {
    const isRefused = async () => (await firstWord(port)) === 'bye'
    await waitFor(isRefused, { what: `port ${port} to refuse it`, deadlineMs: effectMs + 4 * askMs })
  }
  t.diagnostic(`refused by both instances ${Math.round(performance.now() - since)} ms after the command has ended`)
  await until('A to know that it is refused', async () => (await stateAt(cityA)) === 'refused')
  await cityA.waitForLine(
    /^\[WARN\] .*revoked at this hub \(floods\): its operator may say federation-hub spokes approve /,
  )
  for (const hub of [first, second])
    assert.deepEqual(
      (await hub.status()).peers.map(({ name }) => name).filter(name => name === 'City A'),
      [],
    )

  // Those under way may have been begun before.
  await ofA.flows(10)
  const before = ofA.acked.length
  await Promise.all([ofA.flows(20), ofB.flows(20)])
  await Promise.all([ofA.stop(), ofB.stop()])
  await cityB.post('a marker of B')
  await until('the marker at the first hub', async () => (await textsAt(first)).includes('a marker of B'))
  const kept = new Set(ofA.acked.slice(before))
  for (const server of [first, cityB])
    assert.deepEqual(
      (await textsAt(server)).filter(text => kept.has(text)),
      [],
      server.name,
    )

  await spokes(second, 'approve', (await cityA.status()).id)
  await until('A to be let in', async () => (await stateAt(cityA)) === 'connected')
  await expectEverywhere([first, second, cityA, cityB], [...ofA.acked, ...ofB.acked, 'a marker of B'])
})

test('beside an embedded hub a new city waits until it is approved, may be let only read, and catches up', async () => {
  await using hub = await startHub({ conf: { enrol: 'approve' } })
  await using city = await startEdge({ name: 'City A', hubs: [hub], conf })
  const [line] = await waitFor(() => city.lines.filter(text => text.includes('not yet approved')), {
    what: 'the city to say what to ask for',
    deadlineMs,
    until: ({ length }) => length > 0,
  })
  const early = await writeBurst(city, 'before', 10)
  await until('it to be listed', async () => /^pending .*"City A"/m.test(await spokes(hub)))
  // What its log says, word by word.
  const words = /its operator says federation-hub spokes (approve \S+);/.exec(line ?? '')?.[1]?.split(' ') ?? []
  assert.match(await spokes(hub, ...words), /^"City A" \(id \S+\) is let in/)
  await until('its posts at the hub', async () => (await textsAt(hub)).length === early.length)

  await spokes(hub, 'grant', 'City A', testRoom, 'read')
  await city.waitForLine(
    /^\[WARN\] "hub" does not serve room "frontrange" in full: its operator lets this server read it, not write$/,
  )
  const late = await writeBurst(city, 'may not', 10)
  await hub.post('from the hub')
  await until('the post of the hub in the city', async () => (await textsAt(city)).includes('from the hub'))
  assert.equal(
    (await textsAt(hub)).some(text => text.startsWith('may not')),
    false,
  )
  assert.equal((await city.status()).peers[0]?.rooms[0]?.sends, false)
  await spokes(hub, 'grant', 'City A', testRoom, 'read,write')
  await expectEverywhere([hub, city], [...early, ...late, 'from the hub'])
  assert.match(
    await spokes(hub, 'audit'),
    /cli:\S+ approve "City A" [\s\S]*cli:\S+ grant "City A" .*may read it, not write\n/,
  )
})
