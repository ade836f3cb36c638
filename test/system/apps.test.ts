// MeshCore apps over IP: an app in one city posts, and an app in another shows it under its author's name. Real edges and a
// real hub; the app is the independent client meshcore.js.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { freePort } from '#test/support/free-port.ts'
import { MeshcoreApp } from '#test/support/meshcore-app.ts'
import { type EdgeProgram, startEdge, startHub } from '#test/support/programs.ts'
import { roomKey } from '#test/support/room-key.ts'
import { waitFor } from '#test/support/wait-for.ts'

async function startCity(name: string, user: string, hubs: { port: number }[]) {
  const port = await freePort()
  const edge = await startEdge({
    name,
    hubs,
    conf: {
      room: { guest_password: 'hello', admin_password: 'master' },
      clients: { apps: [{ name: user, port, host: '127.0.0.1' }] },
      federation: { reconnect_max_seconds: 1 },
    },
  })
  return { edge, port }
}

function prefixOf(key: Uint8Array): string {
  return Buffer.from(key).toString('hex').slice(0, 8)
}

/** The hub tells a city of another when it has heard of it. */
async function knows(edge: EdgeProgram, city: string): Promise<unknown> {
  return waitFor(async () => (await edge.status()).servers?.some(({ name }) => name === city), {
    what: `${city} at ${edge.name}`,
    deadlineMs: 30_000,
  })
}

test('an edge that was killed knows what its app users have read, and who they are', async () => {
  const { edge: started, port } = await startCity('City A', 'Ada', [])
  await using edge = started
  for (const text of ['1', '2', '3']) await edge.post(text, { author: 'Eve' })
  const room = await roomKey(edge)
  const app = await MeshcoreApp.open(port)
  await app.login(room, 'hello')
  await app.post(room, 'before')
  // The third is sent, and not known to have been read.
  for (let i = 0; i < 3; i += 1) await app.call('syncNextMessage')
  await edge.restart('SIGKILL')
  await waitFor(() => app.isClosed, { what: 'the app to see it' })
  const again = await MeshcoreApp.open(port)
  assert.deepEqual(await again.read(), [])
  await again.login(room, 'hello')
  assert.deepEqual(
    (await again.read()).map(({ text }) => text),
    ['Eve: 3'],
  )
  await again.post(room, 'after')
  const keys = (await edge.posts()).flatMap(({ author }) => (author.name === 'Ada' ? [author.key] : []))
  assert.equal(keys.length, 2)
  assert.equal(new Set(keys).size, 1)
  await again.close()
})

test('an app user posts in one city, and an app user in another sees it with the name', async () => {
  await using hub = await startHub()
  const a = await startCity('City A', 'Ada', [hub])
  await using edgeA = a.edge
  const b = await startCity('City B', 'Bo', [hub])
  await using edgeB = b.edge
  await Promise.all([knows(edgeA, 'City B'), knows(edgeB, 'City A')])
  const [roomA, roomB] = await Promise.all([roomKey(edgeA), roomKey(edgeB)])

  const ada = await MeshcoreApp.open(a.port)
  const bo = await MeshcoreApp.open(b.port)
  const self = await ada.call<{ publicKey: Uint8Array; name: string }>('getSelfInfo')
  assert.equal(self.name, 'Ada')
  assert.deepEqual(
    (await bo.contacts()).map(({ advName, type, publicKey }) => [advName, type, prefixOf(publicKey)]),
    [['City B', 3, prefixOf(roomB)]],
  )
  assert.equal(await bo.login(roomB, 'wrong'), undefined)
  assert.equal(await bo.login(roomB, 'hello'), 2)
  assert.equal(await ada.login(roomA, 'master'), 3)
  await ada.post(roomA, 'Hello from the phone')
  assert.equal((await edgeA.posts())[0]?.author.name, 'Ada')

  const [text] = await bo.readUntil(1)
  assert.equal(text?.text, 'Hello from the phone')
  assert.equal(text?.author, prefixOf(self.publicKey))
  const author = (await bo.contacts()).find(({ publicKey }) => prefixOf(publicKey) === text?.author)
  assert.deepEqual([author?.advName, author?.type], ['Ada@City A', 1])

  // Who has no key is named in the text, and the room says it.
  await edgeA.post('Hello by HTTP', { author: 'Eve' })
  const [byHttp] = await bo.readUntil(1)
  assert.deepEqual([byHttp?.text, byHttp?.author], ['Eve@City A: Hello by HTTP', prefixOf(roomB)])
  await bo.post(roomB, 'and back')
  // Her own post is not told her again.
  const forAda = await ada.readUntil(2)
  assert.deepEqual(
    forAda.map(({ text: words }) => words),
    ['Eve: Hello by HTTP', 'and back'],
  )
  assert.equal((await edgeA.status()).clients.apps, 1)
  assert.match(await ada.command(roomA, '07|ver'), /^07\|meshcore-room \d/)
  assert.equal(await ada.command(roomA, 'get name'), '> City A')
  assert.equal(await ada.command(roomA, 'federation'), 'linked with hub; 0 posts to send')
  assert.equal(await ada.command(roomA, 'advert'), 'Err - there is no radio')
  await ada.close()
  await bo.close()
})
