// A peer that has the secret and lies: about whose posts it brings, about what it has, and about what it has stored.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { newGuid } from '#common/guid.ts'
import { identityFromPem, newIdentityPem } from '#common/identity.ts'
import { signPost } from '#common/post.ts'
import { linksOf, memoryOf, waitForStored } from '#test/support/link-status.ts'
import { cityNames, expectAlike, fullMesh, Mesh, postFromAll, waitForLinksWith } from '#test/support/mesh.ts'
import { type EdgeProgram, placeOfEdge, testRoom } from '#test/support/programs.ts'
import { RawLink } from '#test/support/raw-link.ts'
import { type Stream, startStream, writerTo } from '#test/support/traffic.ts'
import { waitFor } from '#test/support/wait-for.ts'

const megabyte = 2 ** 20
let mesh: Mesh
let victim: EdgeProgram
let others: EdgeProgram[]
let stream: Stream
/** Everything that was written so far, but for the stream. */
let honest: string[]

before(async () => {
  mesh = await Mesh.start({ graph: fullMesh(cityNames(3)) })
  victim = mesh.city('City 1')
  others = mesh.cities.filter(city => city !== victim)
  honest = await expectAlike(mesh.cities, await postFromAll(mesh.cities, 'before'))
  stream = startStream(writerTo(mesh.city('City 2')), 'healthy', 1)
})
after(() => mesh[Symbol.asyncDispose]())

/** A link of the liar with a city. */
async function lieTo(city: EdgeProgram, name = 'liar'): Promise<RawLink> {
  const { port } = placeOfEdge(mesh.world.node(city.name))
  return RawLink.connect({ port: await mesh.world.node(city.name).door(port), name })
}

async function countsOf(city: EdgeProgram) {
  return (await city.status()).messages
}

test('posts in the name of others are dropped, those it wrote itself are taken', async () => {
  await using liar = await lieTo(victim)
  const { id } = await mesh.city('City 2').status()
  const before = await countsOf(victim)
  await liar.ship([
    liar.post('in the name of City 2', { origin: id }),
    { ...liar.post('without a signature', { origin: id }), sig: 'A'.repeat(86) },
    liar.post('its own'),
  ])
  honest.push('its own')
  assert.equal((await countsOf(victim)).refused - before.refused, 2)
  await victim.waitForLine(/^\[WARN\] dropped a post from "liar": post .* is not signed by its origin/)
  for (const city of others)
    await city.waitUntil(async () => (await city.posts()).some(post => post.text === 'its own'), {
      what: 'the honest post',
      deadlineMs: 60_000,
    })
})

test('old posts that it brings again and again are stored by nobody', async () => {
  await using liar = await lieTo(victim)
  await liar.follow()
  const { t: _, ...offer } = await liar.waitForFrame('offer')
  liar.send({ t: 'want', ...offer })
  const { posts } = await liar.waitForFrame('posts', ({ posts }) => posts.length > 0)
  const old = identityFromPem(newIdentityPem())
  const at = Date.now() - 40 * 24 * 3_600_000
  const expired = Array.from({ length: 64 }, (_, n) =>
    signPost(liar.post(`long ago ${n}`, { origin: old.id, at: at + n }), old),
  )
  const before = await countsOf(victim)
  for (let i = 0; i < 20; i += 1) await liar.ship([...posts, ...expired])
  const now = await countsOf(victim)
  assert.ok(now.duplicates - before.duplicates >= 20 * posts.length)
  assert.equal(now.expired - before.expired, 20 * expired.length)
})

test('offers without end cost no memory, and keep nobody from its posts', async t => {
  await using liar = await lieTo(victim)
  const { n } = await liar.waitForFrame('resume')
  const { epoch } = liar
  liar.send({ t: 'start', room: testRoom, n, epoch, after: 0, head: 1_000_000 })
  const before = await memoryOf(victim)
  for (let i = 0; i < 400 && liar.ended === undefined; i += 1) {
    const guids = Array.from({ length: 1000 }, newGuid)
    liar.send({ t: 'offer', room: testRoom, epoch, after: 0, next: 1000, guids })
    liar.send({ t: 'ping', n: i })
    await waitFor(() => liar.ended || liar.frames.some(frame => frame.t === 'pong' && frame.n === i), {
      what: `pong ${i}`,
    })
  }
  await stream.flows(5)
  const grown = (await memoryOf(victim)) - before
  t.diagnostic(
    `${Math.round(grown / megabyte)} MB more after 400,000 offered posts; the link ${liar.ended ? `ended: ${liar.ended.reason}` : 'lives'}`,
  )
  assert.ok(grown < 64 * megabyte, `${grown} bytes more`)
})

test('posts that it says it had stored reach everybody else, and itself when it asks for them', async () => {
  await using liar = await lieTo(victim)
  await liar.follow()
  // From now on it acknowledges, and forgets.
  const text = 'acknowledged and forgotten'
  await victim.post(text)
  honest.push(text)
  for (const city of others)
    await city.waitUntil(async () => (await city.posts()).some(post => post.text === text), {
      what: text,
      deadlineMs: 60_000,
    })

  const { epoch } = await liar.waitForFrame('start')
  const since = liar.frames.length
  liar.send({ t: 'ack', room: testRoom, epoch, offset: Number.MAX_SAFE_INTEGER })
  await waitFor(() => liar.ended, { what: 'the end of a link that acknowledges what was never sent' })
  assert.ok(since > 0)
})

test('posts that it offers and never brings come from the others, in time', async t => {
  const [writer] = others
  assert.ok(writer)
  await stream.stop()
  const known = (await writer.posts()).length
  await waitForStored(victim, known)
  await using ear = await lieTo(writer, 'ear')
  await ear.follow()
  mesh.world.partition(
    [victim.name],
    others.map(({ name }) => name),
  )
  await waitForLinksWith(victim, [])
  const texts = Array.from({ length: 100 }, (_, n) => `wanted ${n + 1}`)
  for (const text of texts) honest.push((await writer.post(text)) && text)
  const guids = (await writer.posts()).slice(-texts.length).map(({ guid }) => guid)

  await using liar = await lieTo(victim)
  const { n } = await liar.waitForFrame('resume')
  const { epoch } = liar
  liar.send({ t: 'start', room: testRoom, n, epoch, after: 0, head: guids.length })
  liar.send({ t: 'offer', room: testRoom, epoch, after: 0, next: guids.length, guids })
  const want = await liar.waitForFrame('want')
  assert.equal(want.guids.length, guids.length)
  // And not a word more, while the others come back.
  mesh.world.healAll()
  await mesh.linked({ without: mesh.cities.map(({ name }) => name) })
  const healedAt = Date.now()
  await waitForStored(victim, known + texts.length, 60_000)
  t.diagnostic(`brought by others ${Date.now() - healedAt} ms after they were reachable again`)
})

test('everybody else has noticed nothing', async () => {
  await waitForLinksWith(
    victim,
    others.map(({ name }) => name),
  )
  await expectAlike(mesh.cities, [...honest, ...stream.acked])
  const links = await linksOf(victim)
  assert.deepEqual(
    Object.keys(links).toSorted(),
    others.map(({ name }) => name),
  )
  for (const city of others) assert.equal((await countsOf(city)).refused, 0)
  for (const { lines } of mesh.cities) for (const text of lines) assert.match(text, /^\[(INFO|WARN)\] .{1,500}$/)
})
