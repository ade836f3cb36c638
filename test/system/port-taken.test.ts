// A port that another program has: the program says so and ends, and the next start finds everything as it was.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { test } from 'node:test'
import { waitForStored } from '#test/support/link-status.ts'
import { type ServerProgram, startEdge, startHub, testRoom } from '#test/support/programs.ts'
import { waitFor } from '#test/support/wait-for.ts'

const deadlineMs = 60_000

test('an edge that cannot listen begins no new epoch', async () => {
  await using city = await startEdge()
  await city.post('before')
  await failsAndComesBack(city, city.ports.status)
})

test('a hub that cannot listen begins no new epoch', async () => {
  await using hub = await startHub()
  await using city = await startEdge({ hubs: [hub] })
  await city.post('before')
  await waitForStored(hub, 1)
  await city.stop()
  await failsAndComesBack(hub, hub.port)
})

async function failsAndComesBack(server: ServerProgram, port: number): Promise<void> {
  const epoch = await epochOf(server)
  await server.stop()

  const other = createServer().listen(port, '127.0.0.1')
  await once(other, 'listening')
  server.start()
  await waitFor(() => !server.running, { what: 'it to end', deadlineMs })
  assert.equal(server.exitCode, 1)
  assert.ok(
    server.lines.includes(
      `cannot listen on 127.0.0.1:${port}: another program does; end it, or set another port in the config`,
    ),
  )
  other.close()
  await once(other, 'close')

  await server.run()
  assert.equal(await epochOf(server), epoch)
}

async function epochOf(server: ServerProgram): Promise<string> {
  const { rooms } = await server.status()
  const found = rooms.find(({ room }) => room === testRoom)
  assert.ok(found)
  return found.epoch
}
