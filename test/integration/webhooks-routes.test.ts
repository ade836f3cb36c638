// The webhooks in the API: who may see them, who may have sent again what was given up, and what is said while the store is away.
import assert from 'node:assert/strict'
import type { AddressInfo } from 'node:net'
import { type TestContext, test } from 'node:test'
import { StoreUnavailableError } from '#common/errors.ts'
import { bearerToken, noAccess } from '#common/http/access.ts'
import { createHttpServer } from '#common/http/http-server.ts'
import { Webhooks } from '#hub/webhooks/webhooks.ts'
import { webhooksRoutes } from '#hub/webhooks/webhooks-routes.ts'
import { ApiClient } from '#test/support/api-client.ts'
import { silentLog } from '#test/support/api-server.ts'
import { memoryNotes } from '#test/support/memory-notes.ts'
import { usualConf } from '#test/support/webhook-world.ts'

const rights = { canRead: true, canPost: true, isAdmin: false, who: 'operator' }

async function start(t: TestContext) {
  const kept = memoryNotes()
  const store = { isAway: false, isFrozen: false }
  const get = (key: string) => {
    if (store.isAway) throw new StoreUnavailableError('away')
    return store.isFrozen ? new Promise<undefined>(() => {}) : kept.get(key)
  }
  const webhooks = new Webhooks({
    confs: [usualConf],
    store: {
      notes: { ...kept, get: async key => get(key) },
      log: () => Promise.reject(new Error('no room')),
      rooms: async () => [],
      openLogs: () => [],
    },
    log: silentLog,
    alerts: { after: async () => [], onRaised: () => () => {} },
    now: () => 1000,
  })
  const app = await createHttpServer({ log: silentLog })
  t.after(() => app.close())
  const access = async (request: Parameters<typeof bearerToken>[0]) => {
    const token = bearerToken(request)
    return token === undefined ? noAccess : { ...rights, isAdmin: token === 'admin' }
  }
  await app.register(webhooksRoutes, { webhooks, access })
  await app.listen({ host: '127.0.0.1', port: 0 })
  const api = new ApiClient({ baseUrl: `http://127.0.0.1:${(app.server.address() as AddressInfo).port}` })
  const send = async (method: 'GET' | 'POST', path: string, token?: string) => {
    const headers = token === undefined ? {} : { authorization: `Bearer ${token}` }
    const { status, text } = await api.send({ method, path, headers })
    return { status, body: JSON.parse(text) }
  }
  return { send, kept, store }
}

test('any token sees them, an admin asks for a retry', async t => {
  const { send, kept } = await start(t)
  const retry = '/api/v1/webhooks/bot/retry'
  assert.equal((await send('GET', '/api/v1/webhooks')).status, 401)
  const { body } = await send('GET', '/api/v1/webhooks', 'operator')
  assert.deepEqual(
    body.webhooks.map(({ name }: { name: string }) => name),
    ['bot'],
  )
  assert.doesNotMatch(JSON.stringify(body), /hooks\.example|secret/)
  assert.deepEqual([(await send('POST', retry)).status, (await send('POST', retry, 'operator')).status], [401, 403])
  assert.equal((await kept.all('')).size, 0)
  assert.deepEqual(await send('POST', retry, 'admin'), { status: 202, body: { webhook: 'bot' } })
  assert.deepEqual([...(await kept.all(''))], [['webhook:bot:retry', '1000']])
  const { status, body: refusal } = await send('POST', '/api/v1/webhooks/nobody/retry', 'admin')
  assert.deepEqual([status, refusal.error], [404, 'unknown_webhook'])
})

test('while the store is away or silent it is what was known before', async t => {
  const { send, store } = await start(t)
  const before = await send('GET', '/api/v1/webhooks', 'operator')
  assert.equal(before.body.webhooks.length, 1)
  store.isAway = true
  assert.deepEqual(await send('GET', '/api/v1/webhooks', 'operator'), before)
  store.isAway = false
  store.isFrozen = true
  assert.deepEqual(await send('GET', '/api/v1/webhooks', 'operator'), before)
})
