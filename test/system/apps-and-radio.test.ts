// A MeshCore app over IP and a node on the air in one room: each reads the other, and an admin looks after the room by the app.
import assert from 'node:assert/strict'
import { mkdtempDisposable } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { decodeStats } from '#edge/radio/requests.ts'
import { Island } from '#infra/island/island.ts'
import { freePort } from '#test/support/free-port.ts'
import { MeshcoreApp } from '#test/support/meshcore-app.ts'
import { startEdge } from '#test/support/programs.ts'
import { makeKnown } from '#test/support/radio-city.ts'
import { roomKey } from '#test/support/room-key.ts'
import { waitFor } from '#test/support/wait-for.ts'

const deadlineMs = 90_000

test('an app and a node read what the other posts; the app of an admin commands the room on the radio', async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'mcfed-apps-'))
  await using island = await Island.start({ speed: 20 })
  await island.modem({ port: join(folder.path, 'tty') })
  const port = await freePort()
  await using edge = await startEdge({
    conf: {
      room: { admin_password: 'master', guest_password: 'hello' },
      radio: island.conf,
      clients: { apps: [{ name: 'Ada', port, host: '127.0.0.1' }] },
    },
  })
  await edge.waitForLine(/Radio at .* is ready/, deadlineMs)
  const room = await roomKey(edge)
  const ben = island.node('Ben', { room })
  await makeKnown(island, ben)
  assert.ok(await ben.login('hello'))
  const app = await MeshcoreApp.open(port)
  assert.equal(await app.login(room, 'master'), 3)

  assert.ok((await ben.post('by radio')).isAcked)
  const [text] = await app.readUntil(1)
  assert.deepEqual([text?.text, text?.author], ['by radio', ben.key.slice(0, 8)])
  assert.deepEqual(
    (await app.contacts()).map(({ advName }) => advName),
    ['City A', 'Ben'],
  )
  await app.post(room, 'by app')
  await waitFor(() => ben.texts.includes('Ada: by app'), { what: 'the push to the node', deadlineMs })

  assert.equal(await app.command(room, 'get acl'), `${ben.key.slice(0, 8)}:2`)
  const { data } = await app
    .call<{ data: Uint8Array }>('getStatus', room)
    .then(() => app.all('status').at(-1) ?? assert.fail())
  const stats = decodeStats(data)
  assert.equal(stats.posts, 2)
  assert.ok(stats.heard >= 4 && stats.sent >= 3 && stats.airtimeSeconds >= 1)
  assert.equal(await app.command(room, `block ${ben.key.slice(0, 8)}`), `OK - ${ben.key.slice(0, 8)} blocked`)
  assert.equal(await app.command(room, 'get acl'), 'nobody')
  await app.close()
})
