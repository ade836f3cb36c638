// The tests' own client of the API, against the real server over TLS, with a token of the hub's registry.
import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { type TestContext } from 'node:test'
import { bearerToken, noAccess } from '#common/http/access.ts'
import { createHttpServer } from '#common/http/http-server.ts'
import { rightsOf } from '#common/http/roles.ts'
import { roomRoutes } from '#common/http/room-routes.ts'
import { identityFromPem, newIdentityPem } from '#common/identity.ts'
import { createLog } from '#common/log.ts'
import { PostWriter } from '#common/post-writer.ts'
import { FileRegistry } from '#hub/registry/file-registry.ts'
import { newToken } from '#hub/registry/tokens.ts'
import { ApiClient } from '#test/support/api-client.ts'
import { makeCertificate, testAuthority } from '#test/support/certificates.ts'
import { MemoryLog } from '#test/support/memory-log.ts'

async function startServer(t: TestContext) {
  const dir = await mkdtemp(join(tmpdir(), 'api-client-'))
  t.after(() => rm(dir, { recursive: true }))
  const log = createLog({ json: false, write: () => {} })
  const registry = await FileRegistry.open({ dir, log })
  const room = new MemoryLog('frontrange')
  let at = Date.now()
  const stamp = () => {
    at += 1
    return at
  }
  const tls = makeCertificate({ names: ['127.0.0.1'], ca: testAuthority() })
  const app = await createHttpServer({ log, tls })
  t.after(() => app.close())
  await app.register(roomRoutes, {
    rooms: { names: () => ['frontrange'], get: name => (name === 'frontrange' ? room : undefined) },
    writer: new PostWriter(identityFromPem(newIdentityPem()), { stamp }),
    source: 'client' as const,
    access: async request => {
      const record = await registry.findToken(bearerToken(request) ?? '')
      return record === undefined ? noAccess : { ...rightsOf(record.role), who: record.name }
    },
  })
  await app.listen({ port: 0, host: '127.0.0.1' })
  const baseUrl = `https://127.0.0.1:${(app.server.address() as AddressInfo).port}`
  const clientFor = async (role: 'viewer' | 'operator') => {
    const { token, record } = newToken(role)
    await registry.addToken(record)
    return new ApiClient({ baseUrl, ca: testAuthority().cert, token: () => Promise.resolve(token) })
  }
  return { baseUrl, clientFor }
}

test('a token opens what its role allows, and posts come back whole, page by page', async t => {
  const { baseUrl, clientFor } = await startServer(t)
  const [operator, viewer] = [await clientFor('operator'), await clientFor('viewer')]
  const room = 'frontrange'
  const texts = Array.from({ length: 603 }, (_, n) => `post ${n}`)
  for (const text of texts) await operator.post(text, { room })
  assert.deepEqual(
    (await viewer.posts(room)).map(post => post.text),
    texts,
  )
  assert.deepEqual(
    (await viewer.posts(room, 600)).map(post => post.offset),
    [601, 602, 603],
  )
  await assert.rejects(viewer.post('no', { room }), /answered 403: .*forbidden/)
  const stranger = new ApiClient({ baseUrl, ca: testAuthority().cert })
  await assert.rejects(stranger.posts(room), /answered 401: .*unauthorized/)
  assert.equal(await stranger.isOk('/livez'), false)
})

test('the posts of a room have an end though somebody writes all the time', async t => {
  const { clientFor } = await startServer(t)
  const [operator, viewer] = [await clientFor('operator'), await clientFor('viewer')]
  const room = 'frontrange'
  await operator.post('there already', { room })
  const send = viewer.send.bind(viewer)
  viewer.send = async request => {
    const answer = await send(request)
    await operator.post('meanwhile', { room })
    return answer
  }
  assert.deepEqual(
    (await viewer.posts(room)).map(({ text }) => text),
    ['there already'],
  )
})

test('a repeated post with the same key is the same post', async t => {
  const operator = await (await startServer(t)).clientFor('operator')
  const options = { room: 'frontrange', author: 'Zoë', idempotencyKey: 'once' }
  const first = await operator.post('hello', options)
  assert.deepEqual(await operator.post('hello', options), first)
  const posts = await operator.posts('frontrange')
  assert.deepEqual(
    posts.map(({ guid, author, source }) => ({ guid, author: author.name, source })),
    [{ guid: first.guid, author: 'Zoë', source: 'client' }],
  )
})
