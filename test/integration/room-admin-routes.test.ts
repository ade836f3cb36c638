// Rooms looked after over HTTP, and posts that are refused, over real sockets.
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { type Access, bearerToken, noAccess } from '#common/http/access.ts'
import { createHttpServer } from '#common/http/http-server.ts'
import { roomRoutes } from '#common/http/room-routes.ts'
import { identityFromPem, newIdentityPem } from '#common/identity.ts'
import { PostWriter } from '#common/post-writer.ts'
import { postGate } from '#edge/post-gate.ts'
import { roomAdminRoutes } from '#edge/room-admin-routes.ts'
import { ask, postsPath, silentLog } from '#test/support/api-server.ts'
import { MemoryLog } from '#test/support/memory-log.ts'
import { roomSettings } from '#test/support/room-settings.ts'

const path = '/api/v1/rooms/frontrange/settings'
const rights: Record<string, Access> = {
  admin: { canRead: true, canPost: true, isAdmin: true, who: 'api_token' },
  writer: { canRead: true, canPost: true, isAdmin: false, who: 'writer' },
}

async function startApi(t: TestContext, authorPostsPerMinute = 0) {
  const log = new MemoryLog('frontrange')
  const settings = new Map([['frontrange', roomSettings({ federateAs: 'frontrange', authorPostsPerMinute })]])
  let at = Date.now()
  const stamp = () => {
    at += 1
    return at
  }
  const gate = postGate(settings, () => 0)
  const writer = new PostWriter(identityFromPem(newIdentityPem()), { stamp, gate })
  const access = async (request: Parameters<typeof bearerToken>[0]) => rights[bearerToken(request) ?? ''] ?? noAccess
  const rooms = { names: () => ['frontrange'], get: (name: string) => (name === 'frontrange' ? log : undefined) }
  const app = await createHttpServer({ log: silentLog })
  await app.register(roomRoutes, { rooms, writer, access, source: 'client' })
  await app.register(roomAdminRoutes, { settings, access })
  await app.listen({ host: '127.0.0.1', port: 0 })
  t.after(() => app.close())
  const change = (body: unknown, token = 'admin') => ask(app, path, { token, method: 'PATCH', body })
  return { app, log, change }
}

test('settings are shown and changed, one at a time', async t => {
  const { app, change } = await startApi(t)
  const { json } = await ask(app, path, { token: 'admin' })
  assert.deepEqual(json, { room: 'frontrange', rf: true, blocked: [], passwordsSet: [] })
  assert.equal((await change({ rf: false })).json.rf, false)
  assert.deepEqual((await change({ block: '0BADCAFE' })).json.blocked, ['0badcafe'])
  assert.deepEqual((await change({ unblock: '0badcafe' })).json.blocked, [])
  const now = await ask(app, path, { token: 'admin' })
  assert.deepEqual([now.status, now.json.rf], [200, false])
})

test('settings are for admins, and what is wrong is said', async t => {
  const { app, change } = await startApi(t)
  assert.equal((await ask(app, path, { token: null })).status, 401)
  assert.equal((await ask(app, path, { token: 'writer' })).status, 403)
  assert.equal((await change({ rf: false }, 'writer')).status, 403)
  for (const body of [{}, { rf: 'off' }, { rf: true, block: '0badcafe' }, { block: 'x'.repeat(300) }, [], null]) {
    const { status, json } = await change(body)
    assert.deepEqual([status, json.error], [400, 'bad_request'], JSON.stringify(body))
  }
  assert.deepEqual((await change({ block: 'eve' })).json, {
    error: 'bad_author',
    message: 'give 8 to 64 hex digits of a key, or name:Some Name',
  })
  assert.equal((await change({ unblock: '0badcafe' })).status, 404)
  const elsewhere = await ask(app, '/api/v1/rooms/none/settings', { token: 'admin' })
  assert.deepEqual([elsewhere.status, elsewhere.json.error], [404, 'unknown_room'])
})

test('posts of a blocked author are refused', async t => {
  const { app, change, log } = await startApi(t)
  await change({ block: 'name:Eve' })
  const refused = await ask(app, postsPath, { body: { text: 'x', author: 'Eve' } })
  assert.deepEqual([refused.status, refused.json.error], [403, 'blocked'])
  assert.equal((await ask(app, postsPath, { body: { text: 'x', author: 'Ana' } })).status, 201)
  assert.equal(log.head.head, 1)
})

test('who posts too much is told when to come again', async t => {
  const { app, log } = await startApi(t, 2)
  const say = () => ask(app, postsPath, { body: { text: 'x', author: 'Ana' } })
  assert.deepEqual([(await say()).status, (await say()).status], [201, 201])
  const { status, json, headers } = await say()
  assert.deepEqual([status, json.error, headers.get('retry-after')], [429, 'too_many_posts', '30'])
  assert.match(json.message, /more than 2 posts of Ana in a minute; try again in 30 s/)
  assert.equal(log.head.head, 2)
})
