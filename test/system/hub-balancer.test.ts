// What a balancer does with its instances: it takes newcomers away from one that cannot serve them, and leaves it the links it has.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LinkError } from '#common/errors.ts'
import { identityFromPem, newIdentityPem } from '#common/identity.ts'
import { Balancer } from '#test/support/balancer.ts'
import { linksOf, waitForLinks } from '#test/support/link-status.ts'
import { type HubProgram, startEdge, startHub } from '#test/support/programs.ts'
import { RawLink } from '#test/support/raw-link.ts'
import { RedisServer } from '#test/support/redis-server.ts'
import { startRelay } from '#test/support/relay.ts'
import { waitFor } from '#test/support/wait-for.ts'

const deadlineMs = 60_000

/** Resolves when the hub speaks of its rooms: whom it does not serve it tells only behind the proof. @throws LinkError */
async function linkedOrTold(name: string, port: number): Promise<RawLink> {
  const link = await RawLink.connect({ port, name })
  const hasSpoken = () => link.ended !== undefined || link.frames.some(({ t }) => t === 'resume')
  await waitFor(hasSpoken, { what: 'a word of the hub' })
  if (link.ended !== undefined) throw new LinkError(link.ended.code, link.ended.reason)
  return link
}

/** A second link, where the first is not: for the balancer a connection that has just ended may still count. */
function linkedEvenly(name: string, { port, hubs }: { port: number; hubs: HubProgram[] }): Promise<RawLink> {
  const evenly = async () => {
    const link = await linkedOrTold(name, port)
    const links = await Promise.all(hubs.map(linksOf))
    if (links.every(names => Object.keys(names).length === 1)) return link
    await link[Symbol.asyncDispose]()
    return undefined
  }
  return waitFor(evenly, { what: 'a link at each instance', deadlineMs })
}

function served(name: string, port: number): Promise<RawLink> {
  return waitFor(() => linkedOrTold(name, port).catch(() => undefined), { what: `"${name}" to be served`, deadlineMs })
}

test('an instance without its Redis keeps its links and gets no new ones; without any Redis newcomers are told so', async t => {
  const redis = await RedisServer.start(t)
  await using cable = await startRelay({ port: redis.port })
  await using first = await startHub({ name: 'hub 1', redisUrl: redis.url })
  await using second = await startHub({ name: 'hub 2', redisUrl: `redis://127.0.0.1:${cable.port}` })
  const balancer = await Balancer.start(t, [first, second])
  const { port } = balancer
  await using a = await RawLink.connect({ port, name: 'a' })
  await using b = await linkedEvenly('b', { port, hubs: [first, second] })
  const before = await linksOf(second)

  cable.cut()
  await waitFor(async () => !(await second.api.isOk('/readyz')), { what: 'the second not to be ready', deadlineMs })
  // The second refuses who is sent to it before the balancer has seen it. With the first of these it has fewer links than the
  // other, and would be the one for the next.
  await using d = await served('d', port)
  await using e = await served('e', port)
  await waitForLinks(first, 3)
  assert.deepEqual(await linksOf(second), before)

  await redis.stop()
  await waitFor(async () => !(await first.api.isOk('/readyz')), { what: 'no instance to be ready', deadlineMs })
  const told = () => linkedOrTold('late', port).then(undefined, error => error)
  await waitFor(told, {
    what: 'a newcomer to be told why',
    deadlineMs,
    until: error => error instanceof LinkError && /store/.test(error.message),
  })
  for (const link of [a, b, d, e]) assert.equal(link.ended, undefined)

  await redis.start()
  cable.heal()
  await using _f = await served('f', port)
  // The newcomer is perhaps with the second, which has the fewest.
  const { f: _, ...now } = await linksOf(second)
  assert.deepEqual(now, before)
})

test('where TLS ends in the balancer, the hub knows the spokes by their own addresses, and believes no others', async t => {
  await using hub = await startHub({ behindProxy: true })
  const balancer = await Balancer.start(t, [hub], 'ended')
  await using link = await RawLink.connect({ port: balancer.port, name: 'far', from: '127.0.0.7' })
  const headers = { 'x-forwarded-for': '203.0.113.9' }
  await using liar = await RawLink.connect({ port: balancer.port, name: 'liar', from: '127.0.0.8', headers })
  await using city = await startEdge({ name: 'City A', hubs: [balancer] })
  await waitForLinks(hub, 3)
  const { peers } = await hub.status()
  const addresses = Object.fromEntries(peers.map(({ name, address }) => [name, address]))
  assert.match(addresses.far ?? '', /^127\.0\.0\.7/)
  assert.match(addresses.liar ?? '', /^127\.0\.0\.8/)
  await Promise.all([link, liar].map(one => one.follow()))
  await city.post('through the balancer')
  await link.waitForFrame('posts', ({ posts }) => posts.length > 0)
})

test('a copied identity is told of with both addresses, at whichever instance behind the balancer the two are', async t => {
  const redis = await RedisServer.start(t)
  const names = ['hub 1', 'hub 2']
  const hubs = await Promise.all(names.map(name => startHub({ name, redisUrl: redis.url, behindProxy: true })))
  t.after(() => Promise.all(hubs.map(hub => hub[Symbol.asyncDispose]())))
  const { port } = await Balancer.start(t, hubs, 'ended')
  const identity = identityFromPem(newIdentityPem())
  const card = (boot: string, from: string) => RawLink.connect({ port, identity, name: 'Copied', boot, from })
  await using original = await card('original', '127.0.0.7')
  await original.waitForFrame('resume')
  await using copy = await card('copy', '127.0.0.8')
  await copy.waitForFrame('resume')
  await waitFor(() => original.ended, { what: 'the original to make way' })
  await using again = await card('original', '127.0.0.7')
  await waitFor(() => again.ended, { what: 'the original to be kept out' })
  assert.equal(again.ended?.code, 4409)
  const both =
    /"Copied" refused: identity in use at 127\.0\.0\.8:\d+ and at 127\.0\.0\.7:\d+: was a memory card copied\?/
  await Promise.any(hubs.map(hub => hub.waitForLine(both)))
  assert.equal(copy.ended, undefined)

  // It tries every instance, and that is one alert. With a link each the balancer takes them by turns.
  await using _other = await linkedEvenly('other', { port, hubs })
  const refused = async () =>
    (await Promise.all(hubs.map(hub => hub.status()))).map(status => status.refusedSpokes?.clones ?? 0)
  const tryAgain = async () => {
    await using more = await card('original', '127.0.0.7')
    await waitFor(() => more.ended, { what: 'it to be kept out' })
    return refused()
  }
  const until = (counts: number[]) => counts.every(count => count > 0)
  await waitFor(tryAgain, { what: 'both instances to have refused it', deadlineMs, until })
  const [first] = hubs
  assert.ok(first)
  const { alerts } = (await first.api.get('/api/v1/alerts')) as { alerts: { kind: string; at: number }[] }
  const hours = alerts.filter(({ kind }) => kind === 'clone').map(({ at }) => Math.floor(at / 3_600_000))
  assert.ok(hours.length > 0 && hours.length === new Set(hours).size, 'once an hour')
})
