// Strangers open connections and stop half way: each costs a bounded amount of memory and time, and the rooms go on.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { test } from 'node:test'
import { connect as connectTls } from 'node:tls'
import { testAuthority } from '#test/support/certificates.ts'
import { linksOf, memoryOf, waitForLinks } from '#test/support/link-status.ts'
import { startEdge, startHub } from '#test/support/programs.ts'
import { openRawSocket } from '#test/support/raw-link.ts'
import { expectEverywhere, startStream, writerTo } from '#test/support/traffic.ts'

const conf = { federation: { reconnect_max_seconds: 1 } }
const strangers = 500
const bytesPerStranger = 100_000
/** The hub gives each step 10 s and looks every 2 s. */
const endedDeadlineMs = 60_000

function ended(socket: Socket): Promise<unknown> {
  socket.on('error', () => {})
  socket.resume()
  return once(socket, 'close', { signal: AbortSignal.timeout(endedDeadlineMs) })
}

/** Stops behind the WebSocket; resolves when the hub has said why it ends that. */
async function silentWebSocket(port: number): Promise<void> {
  const { ws, reader } = await openRawSocket(port)
  const closed = once(ws, 'close', { signal: AbortSignal.timeout(endedDeadlineMs) })
  const bye = await reader.next(endedDeadlineMs)
  assert.equal(bye, '{"t":"bye","code":4408,"reason":"nothing heard for 10 s while linking"}')
  assert.equal((await closed)[0], 4408)
}

test('500 strangers who say nothing disturb nobody, cost little, and are sent away, whatever step they stop at', async () => {
  await using hub = await startHub()
  await using cityA = await startEdge({ name: 'City A', hubs: [hub], conf })
  await using cityB = await startEdge({ name: 'City B', hubs: [hub], conf })
  await waitForLinks(hub, 2)
  const links = await linksOf(hub)
  const stream = startStream(writerTo(cityA), 'healthy', 1)
  await stream.flows(200)
  const before = await memoryOf(hub)

  const { port } = hub
  const sockets = Array.from({ length: strangers }, () => connect(port, '127.0.0.1'))
  const ends = sockets.map(ended)
  await Promise.all(sockets.map(socket => once(socket, 'connect')))
  const tls = { port, host: '127.0.0.1', ca: testAuthority().cert }
  const halfRequest = connectTls(tls)
  halfRequest.write('GET /federation HTTP/1.1\r\nHost: hub\r\n')
  ends.push(silentWebSocket(port), ended(connectTls(tls)), ended(halfRequest))
  await stream.flows(100)
  const grown = (await memoryOf(hub)) - before
  assert.ok(grown < strangers * bytesPerStranger, `${Math.round(grown / strangers)} bytes each`)
  await using late = await startEdge({ name: 'Late', hubs: [hub], conf })
  await waitForLinks(hub, 3)

  await stream.stop()
  await Promise.all(ends)
  const now = await linksOf(hub)
  for (const [name, since] of Object.entries(links)) assert.equal(now[name], since)
  await expectEverywhere([hub, cityA, cityB, late], stream.acked)
})
