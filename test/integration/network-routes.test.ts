// The routes of the net at a glance over real sockets, with a source in the hand of the test: rights, queries, faults.
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { bearerToken, noAccess } from '#common/http/access.ts'
import { createHttpServer } from '#common/http/http-server.ts'
import { networkRoutes } from '#common/http/network-routes.ts'
import { historyIdsMax } from '#common/network.ts'
import { ask, postsPath, silentLog } from '#test/support/api-server.ts'
import { roomAndWriter } from '#test/support/room-and-writer.ts'
import { spokeId } from '#test/support/upkeep-world.ts'

async function start(t: TestContext) {
  const room = roomAndWriter()
  const app = await createHttpServer({ log: silentLog })
  const asked: unknown[] = []
  await app.register(networkRoutes, {
    access: async request => (bearerToken(request) === 'writer' ? { ...noAccess, canRead: true } : noAccess),
    rooms: { names: () => ['frontrange'], get: name => (name === 'frontrange' ? room.log : undefined) },
    source: {
      network: async since => {
        asked.push(since)
        return '{"at":5}'
      },
      history: async ids => {
        asked.push(ids)
        return { samples: {} }
      },
      deliveries: async (log, { guid, receivedAt }) => ({
        ...{ guid, room: log.room, cities: [] },
        storedAt: { id: 'x', name: 'hub', receivedAt },
      }),
    },
  })
  await app.listen({ host: '127.0.0.1', port: 0 })
  t.after(() => app.close())
  return { app, asked, ...room }
}

test('the net, its history and the way of a post are for whoever may read', async t => {
  const { app, asked, log, say } = await start(t)
  await say('hello')
  const [entry] = await log.readAfter(0, 1)
  assert.ok(entry !== undefined)
  const way = `${postsPath}/${entry.guid}/deliveries`
  for (const path of ['/api/v1/network', `/api/v1/history?id=${spokeId('A')}`, way])
    assert.equal((await ask(app, path, { token: 'nobody' })).status, 401, path)
  assert.deepEqual((await ask(app, '/api/v1/network')).json, { at: 5 })
  await ask(app, '/api/v1/network?since=1700000000000')
  await ask(app, `/api/v1/history?id=${spokeId('A')}`)
  await ask(app, `/api/v1/history?id=${spokeId('A')}&id=${spokeId('B')}`)
  assert.deepEqual(asked, [undefined, 1_700_000_000_000, [spokeId('A')], [spokeId('A'), spokeId('B')]])
  const { json } = await ask(app, way)
  assert.deepEqual([json.guid, json.room, json.storedAt.receivedAt], [entry.guid, 'frontrange', entry.receivedAt])
})

test('what is asked wrongly is answered with what to mend', async t => {
  const { app, asked } = await start(t)
  const tooMany = Array.from({ length: historyIdsMax + 1 }, () => `id=${spokeId('A')}`).join('&')
  for (const path of [
    ...['/api/v1/network?since=yesterday', '/api/v1/network?since=1&since=2', '/api/v1/network?before=1'],
    ...['/api/v1/history', '/api/v1/history?id=City', `/api/v1/history?${tooMany}`],
  ]) {
    const { status, json } = await ask(app, path)
    assert.deepEqual([status, json.error], [400, 'bad_request'], path)
    const words = path.includes('history')
      ? /^id: must be the whole id of a server, given 1 to 50 times$/
      : /since|before/
    assert.match(json.message, words, path)
  }
  const guid = '00000000-0000-4000-8000-000000000000'
  const unknown = [
    `${postsPath}/${guid}/deliveries`,
    `${postsPath}/no-guid/deliveries`,
    `/api/v1/rooms/x/posts/${guid}/deliveries`,
  ]
  const codes = await Promise.all(unknown.map(async path => (await ask(app, path)).json.error))
  assert.deepEqual(codes, ['unknown_post', 'unknown_post', 'unknown_room'])
  assert.deepEqual(asked, [])
})
