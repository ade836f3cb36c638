// The live WebSocket over real sockets.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import test, { type TestContext } from 'node:test'
import WebSocket from 'ws'
import { z } from 'zod'
import { type Access, bearerToken, noAccess } from '#common/http/access.ts'
import { createHttpServer } from '#common/http/http-server.ts'
import { createLiveRoute, type LiveOptions } from '#common/http/live-route.ts'
import { createLog } from '#common/log.ts'
import { roomAndWriter } from '#test/support/room-and-writer.ts'
import { waitFor } from '#test/support/wait-for.ts'

const log = createLog({ json: false, level: 'silent' })
const reader: Access = { canRead: true, canPost: false, isAdmin: false, who: 'reader' }
const frameSchema = z.looseObject({ t: z.string(), room: z.string(), epoch: z.string() })

async function start(t: TestContext, options: Partial<LiveOptions> = {}) {
  const a = roomAndWriter('room-a')
  const b = roomAndWriter('room-b')
  const logs = new Map([
    ['room-a', a.log],
    ['room-b', b.log],
  ])
  const rooms = { names: () => [...logs.keys()], get: (name: string) => logs.get(name) }
  const tokens = new Set(['good'])
  const access: LiveOptions['access'] = async request => {
    const who = bearerToken(request) ?? ''
    return tokens.has(who) ? { ...reader, who } : noAccess
  }
  const live = createLiveRoute({ rooms, access, log, ...options })
  const app = await createHttpServer({ log })
  await app.register(live.plugin)
  await app.listen({ host: '127.0.0.1', port: 0 })
  const { port } = app.server.address() as AddressInfo
  t.after(() => app.close())
  const open = (query = '', protocols: string[] = [], token: string | null = 'good') => {
    const headers = token === null ? {} : { authorization: `Bearer ${token}` }
    const socket = new WebSocket(`ws://127.0.0.1:${port}/api/v1/live${query}`, protocols, { headers })
    t.after(() => socket.terminate())
    const frames: z.infer<typeof frameSchema>[] = []
    socket.on('message', data => frames.push(frameSchema.parse(JSON.parse(data.toString()))))
    socket.on('error', () => {})
    return { socket, frames }
  }
  /** The status with which the upgrade was refused. */
  const refusal = async (query: string, token: string) => {
    const { socket } = open(query, [], token)
    const [, response] = await once(socket, 'unexpected-response', { signal: AbortSignal.timeout(30_000) })
    const chunks = await response.toArray()
    return { status: response.statusCode, json: JSON.parse(Buffer.concat(chunks).toString()) }
  }
  return { app, a, b, live, tokens, open, refusal }
}

test('gives the heads of all rooms, then new posts of all', async t => {
  const { a, b, live, open } = await start(t)
  await a.say('old')
  const { frames } = open()
  await waitFor(() => frames.length === 2, { what: 'the heads' })
  const heads = [
    { t: 'head', room: 'room-a', epoch: a.log.head.epoch, head: 1 },
    { t: 'head', room: 'room-b', epoch: b.log.head.epoch, head: 0 },
  ]
  assert.deepEqual([...frames], heads)
  assert.equal(live.clients(), 1)
  await b.say('new in b')
  await a.say('new in a')
  await waitFor(() => frames.length === 4, { what: 'the posts' })
  const posts = frames.slice(2).map(frame => [frame.t, frame.room, frame.offset, frame.text, frame.sig])
  assert.deepEqual(posts, [
    ['post', 'room-b', 1, 'new in b', undefined],
    ['post', 'room-a', 2, 'new in a', undefined],
  ])
})

test('gives what was missed since a cursor, of the room asked for', async t => {
  const { a, b, open } = await start(t)
  await a.say('1', '2', '3')
  await b.say('elsewhere')
  const { frames } = open(`?room=room-a&after=1&epoch=${a.log.head.epoch}`)
  await waitFor(() => frames.length === 3, { what: 'head and two posts' })
  assert.deepEqual(
    frames.map(frame => frame.text ?? frame.t),
    ['head', '2', '3'],
  )
  const { frames: strange } = open('?room=room-a&after=1&epoch=AAAAAAAAAAAAAAAA')
  await waitFor(() => strange.length === 5, { what: 'head, reset and all posts' })
  assert.equal(strange[1]?.t, 'reset')
})

test('a browser gives its token as a subprotocol', async t => {
  const { open } = await start(t)
  const { socket, frames } = open('', ['mcfed-live.1', 'bearer.good'], null)
  await waitFor(() => frames.length === 2, { what: 'the heads' })
  assert.equal(socket.protocol, 'mcfed-live.1')
})

test('who may not, and what makes no sense, is refused before the upgrade', async t => {
  const { refusal, live } = await start(t)
  const cases: [string, string, number, string][] = [
    ['', 'wrong', 401, 'unauthorized'],
    ['?room=nowhere', 'good', 404, 'unknown_room'],
    ['?room=room-a&after=x', 'good', 400, 'bad_request'],
    ['?room=room-a&room=room-b&after=1', 'good', 400, 'bad_request'],
    ['?room=room-a&room=room-a', 'good', 400, 'bad_request'],
    ['?room=room-a&epoch=AAAAAAAAAAAAAAAA', 'good', 400, 'bad_request'],
    ['?room=room-a&after=1&epoch=short', 'good', 400, 'bad_request'],
  ]
  for (const [query, token, status, error] of cases) {
    const refused = await refusal(query, token)
    assert.deepEqual([refused.status, refused.json.error], [status, error], query)
  }
  assert.equal(live.clients(), 0)
})

test('a client whose token is revoked is told nothing more, and the others are', async t => {
  const { a, tokens, open } = await start(t, { recheckMs: 50 })
  tokens.add('other')
  const { socket, frames: heard } = open('?room=room-a')
  const { frames } = open('?room=room-a', [], 'other')
  await waitFor(() => heard.length === 1 && frames.length === 1, { what: 'the heads' })
  const closed = once(socket, 'close', { signal: AbortSignal.timeout(30_000) })
  tokens.delete('good')
  assert.equal((await closed)[0], 4403)
  await a.say('still here')
  await waitFor(() => frames.at(-1)?.text === 'still here', { what: 'the post at the other' })
})

test('one client too many is told to come later', async t => {
  const { open, refusal, live } = await start(t, { clientsMax: 1 })
  const { socket } = open()
  await once(socket, 'open')
  const refused = await refusal('', 'good')
  assert.deepEqual([refused.status, refused.json.error], [503, 'too_many_clients'])
  socket.close()
  await waitFor(() => live.clients() === 0, { what: 'the place to be free again' })
})

test('whether a client may still read is asked every 5 s, and not anew while an answer is out', async t => {
  t.mock.timers.enable({ apis: ['setInterval'] })
  const asked: ((access: Access) => void)[] = []
  const access = (): Promise<Access> => new Promise(resolve => asked.push(resolve))
  const { open } = await start(t, { access })
  const { socket } = open()
  await waitFor(() => asked.length === 1, { what: 'the first question' })
  asked[0]?.(reader)
  await once(socket, 'open')
  t.mock.timers.tick(5000)
  await waitFor(() => asked.length === 2, { what: 'the second' })
  t.mock.timers.tick(10_000)
  assert.equal(asked.length, 2)
  asked[1]?.(noAccess)
  assert.equal((await once(socket, 'close', { signal: AbortSignal.timeout(30_000) }))[0], 4403)
})

test('clients that come all at once are no more than there may be: the rest are told to come later', async t => {
  let here = 0
  const { promise: all, resolve } = Promise.withResolvers<void>()
  const slowly = async () => {
    here += 1
    if (here === 8) resolve()
    await all
    return reader
  }
  const { open, live } = await start(t, { clientsMax: 6, clientsOfOneMax: 6, access: slowly })
  const codes: number[] = []
  const sockets = Array.from({ length: 8 }, () => open().socket.on('close', code => codes.push(code)))
  const opened = () => sockets.filter(one => one.readyState === one.OPEN).length
  await waitFor(() => codes.length === 2 && opened() === 6, { what: 'two to be sent away' })
  assert.deepEqual([codes, live.clients()], [[1013, 1013], 6])
})

test('who has half of all places leaves the others to others', async t => {
  const { open, refusal, live, tokens } = await start(t, { clientsMax: 4 })
  tokens.add('other')
  await Promise.all([open(), open()].map(({ socket }) => once(socket, 'open')))
  const refused = await refusal('', 'good')
  assert.deepEqual([refused.status, refused.json.error], [503, 'too_many_clients'])
  assert.match(refused.json.message, /^2 clients with this token are live/)
  await Promise.all([open('', [], 'other'), open('', [], 'other')].map(({ socket }) => once(socket, 'open')))
  assert.equal(live.clients(), 4)
})

test('a client that never reads is closed, and one that reads is not', async t => {
  const { a, live, open } = await start(t, { stallMs: 1500 })
  const { socket: stuck } = open('?room=room-a')
  const { socket: good, frames } = open('?room=room-a')
  await Promise.all([once(stuck, 'open'), once(good, 'open')])
  stuck.pause()
  await a.say('x')
  await waitFor(() => live.clients() === 1, { what: 'the client that does not read to be gone' })
  await a.say('still here')
  await waitFor(() => frames.at(-1)?.text === 'still here', { what: 'the post at the client that reads' })
})

test('a client that sends more than it has to say is closed', async t => {
  const { open } = await start(t)
  const { socket } = open()
  await once(socket, 'open')
  socket.send('x'.repeat(5000))
  const [code] = await once(socket, 'close', { signal: AbortSignal.timeout(30_000) })
  assert.equal(code, 1009)
})

test('a server that stops says so, and does not wait for clients that do not listen', async t => {
  const { app, open } = await start(t)
  const { socket: good } = open()
  const { socket: stuck } = open()
  await Promise.all([once(good, 'open'), once(stuck, 'open')])
  stuck.pause()
  const closed = once(good, 'close', { signal: AbortSignal.timeout(30_000) })
  const startedAt = performance.now()
  await app.close()
  assert.ok(performance.now() - startedAt < 15_000)
  assert.equal((await closed)[0], 1001)
})
