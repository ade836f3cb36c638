// A proved server ships posts that are not what they say: each is dropped, counted and logged, and nobody else ever sees it.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { identityFromPem, newIdentityPem } from '#common/identity.ts'
import { signPost } from '#common/post.ts'
import { linksOf, waitForLinks } from '#test/support/link-status.ts'
import { startEdge, startHub } from '#test/support/programs.ts'
import { RawLink } from '#test/support/raw-link.ts'
import { expectEverywhere } from '#test/support/traffic.ts'

const conf = { federation: { reconnect_max_seconds: 1 } }
/** Of one link; the others are only counted. */
const refusalsLogged = 10

test('forged and malformed posts are dropped one by one, and honest ones in the same frame get through', async () => {
  await using hub = await startHub()
  await using cityA = await startEdge({ name: 'City A', hubs: [hub], conf })
  await using cityB = await startEdge({ name: 'City B', hubs: [hub], conf })
  await using raw = await RawLink.connect({ port: hub.port })
  await waitForLinks(hub, 3)
  const links = await linksOf(hub)
  const victim = identityFromPem(newIdentityPem())
  let at = Date.now()
  const own = (text: string) => raw.post(text, { at: ++at })
  const relayed = (text: string) => signPost(raw.post(text, { origin: victim.id, at: ++at }), victim)
  const withSigOf = (text: string, other: string) => ({ ...relayed(text), sig: relayed(other).sig })

  const forged = [
    // In somebody else's name: not signed, signed by the wrong server, a true signature of another text.
    { ...raw.post('no signature'), origin: victim.id, sig: 'A'.repeat(86) },
    raw.post('signed by the shipper', { origin: victim.id }),
    withSigOf('words put into a mouth', 'other words'),
    { ...relayed('another time'), at: Date.now() - 1 },
    { ...relayed('another author'), author: { name: 'somebody else' } },
    { ...relayed('another origin'), origin: 'A'.repeat(43) },
    raw.post('of another room', { room: 'elsewhere' }),
    { ...raw.post('unknown field'), extra: 1 },
    { ...raw.post('a line of its own'), '\n[INFO] Federation peer "City C" connected': 1 },
    { ...raw.post('a long name'), ['k'.repeat(20_000)]: 1 },
    { ...raw.post('unknown field of the author'), author: { name: 'raw', admin: true } },
    raw.post('x'.repeat(601)),
    raw.post('é'.repeat(301)),
    raw.post(''),
    raw.post('bell \u0007'),
    raw.post('escape \u001b[31m'),
    raw.post('C1 \u0085'),
    raw.post('half a pair \ud800'),
    raw.post('name', { author: { name: 'two\nlines' } }),
    raw.post('no such source', { source: 'radio' as 'lora' }),
    raw.post('time', { at: 1.5 }),
    { ...raw.post('guid'), guid: 'not a guid' },
    'no object',
    null,
  ]
  const honest = [own('first'), relayed('in the middle'), own('two\nlines'), relayed('é'.repeat(300)), own('last')]
  const half = forged.length / 2
  const [first, second, ...others] = honest
  await raw.ship([first, ...forged.slice(0, half), second, ...forged.slice(half), ...others])

  await expectEverywhere(
    [hub, cityA, cityB],
    honest.map(({ text }) => text),
  )
  for (const [server, count] of [
    [hub, forged.length],
    [cityA, 0],
    [cityB, 0],
  ] as const)
    assert.equal((await server.status()).messages.refused, count, server.name)
  assert.deepEqual(await linksOf(hub), links, 'the link that brought them goes on')
  const complaints = hub.lines.filter(line => line.startsWith('[WARN] dropped a post from "raw": '))
  assert.equal(complaints.length, refusalsLogged)
  for (const line of hub.lines) assert.match(line, /^\[(INFO|WARN)\] .{1,400}$/, 'a forger writes no lines of our log')
  assert.doesNotMatch(hub.lines.join('\n'), /mouth|escape|^\[INFO\] Federation peer "City C"/m)

  await using other = await RawLink.connect({ port: hub.port })
  const lines = hub.lineCount
  await other.ship([forged[0]])
  const complaint = /^\[WARN\] dropped a post from "raw": post [0-9a-f-]{36} is not signed by its origin [\w-]{43}$/
  await hub.waitForLine(complaint, 30_000, lines)
})
