// Two servers of the federation on one island, and the radio of one is told to be a client of the other's room: whatever it
// said there would come back to it by the hub, and so on for ever.
import assert from 'node:assert/strict'
import { mkdtempDisposable } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { startEdge, startHub } from '#test/support/programs.ts'
import {
  airDeadlineMs,
  guestPassword,
  pushed,
  startRadioCity,
  textsAt,
  textsHeardBy,
} from '#test/support/radio-city.ts'
import { StockRadio } from '#test/support/stock-radio.ts'
import { waitFor } from '#test/support/wait-for.ts'

test('a room lets in no radio of another server of the federation: every post is there once', async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'mcfed-gateway-'))
  await using hub = await startHub()
  await using cityA = await startRadioCity({ name: 'City A', hubs: [hub] })
  await using radioB = await StockRadio.start(cityA.island, { name: 'GW-B', serialPort: join(folder.path, 'tty-b') })
  const room = { key: Buffer.from(cityA.room).toString('hex'), name: 'Room A', password: guestPassword }
  const conf = { radio: { driver: 'companion', port: radioB.port, room } }
  await using cityB = await startEdge({ name: 'City B', hubs: [hub], conf })
  const ana = await cityA.member('Ana')
  await cityA.edge.waitForLine(/it is a radio of another server of the federation/, airDeadlineMs)
  assert.ok((await ana.post('hello')).isAcked)
  await waitFor(() => textsAt(cityB), { what: 'the post in the other city', until: texts => texts.length === 1 })
  await cityB.post('hello Ana')
  await pushed(ana, 1)
  assert.deepEqual(textsHeardBy(ana), ['tester@City B: hello Ana'])
  // Behind whatever the radio may have said, for it was let in until its server was known.
  assert.ok((await ana.post('the end')).isAcked)
  await waitFor(() => textsAt(cityB), { what: 'the end', until: texts => texts.includes('the end') })
  for (const edge of [cityA.edge, cityB]) assert.deepEqual(await textsAt(edge), ['hello', 'hello Ana', 'the end'])
})
