// Two radios for one old room: a stock companion radio reads it, and what other cities write goes in by the room server's own
// command line, which costs no air. Real edges, a real hub, both radios at serial ports. The room server is an edge that
// knows of no federation.
import assert from 'node:assert/strict'
import { mkdtempDisposable } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { openSerialPort } from '#infra/island/serial-port.ts'
import { startEdge, startHub } from '#test/support/programs.ts'
import { airDeadlineMs, guestPassword, pushed, startRadioCity, textsAt } from '#test/support/radio-city.ts'
import { RoomConsole } from '#test/support/room-console.ts'
import { StockRadio } from '#test/support/stock-radio.ts'
import { waitFor } from '#test/support/wait-for.ts'

test('posts of other cities are written on the command line of an old room, and do not come back from it', async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'mcfed-two-radios-'))
  const [tty, ttyOfRoom] = [join(folder.path, 'tty'), join(folder.path, 'tty-room')]
  await using old = await startRadioCity({ name: 'Old room', conf: { federation: { enabled: false } } })
  await using roomConsole = await RoomConsole.start()
  // As a stock room server does: it says them to its members itself.
  roomConsole.onPost = text => void old.edge.post(text, { author: 'Old room' })
  const cable = await openSerialPort(ttyOfRoom, roomConsole.port)
  await using cables = new AsyncDisposableStack()
  cables.defer(() => cable.close())
  await using radio = await StockRadio.start(old.island, { name: 'Reader', serialPort: tty })
  await using hub = await startHub()
  const room = { key: Buffer.from(old.room).toString('hex'), name: 'Old room', password: guestPassword }
  const conf = { radio: { driver: 'companion', port: radio.port, room, room_cli_port: ttyOfRoom } }
  await using cityA = await startEdge({ name: 'City A', hubs: [hub], conf })
  await using cityB = await startEdge({ name: 'City B', hubs: [hub] })
  await cityA.waitForLine(/Command line of the room server at .* is ready/, airDeadlineMs)
  await cityA.waitForLine(/Logged in to the room "Old room"/, airDeadlineMs)
  const ana = await old.member('Ana')

  assert.ok((await ana.post('Chains on')).isAcked)
  await waitFor(() => textsAt(cityB), { what: 'the post of the old room', deadlineMs: airDeadlineMs, until: hasOne })
  await cityB.post('all clear', { author: 'Ben' })
  await pushed(ana, 1)
  assert.match(ana.texts[0] ?? '', /Ben@City B: all clear$/)
  assert.deepEqual(roomConsole.posts, ['Ben@City B: all clear'])
  const companion = async () => (await cityA.status()).radio?.companion
  const echoes = async () => (await companion())?.heard.echoes
  await waitFor(echoes, { what: 'the echo', deadlineMs: airDeadlineMs, until: count => count === 1 })

  // Whatever the radio has read before this is in City B by then.
  assert.ok((await ana.post('the end')).isAcked)
  const isOver = (texts: string[]) => texts.includes('the end')
  await waitFor(() => textsAt(cityB), { what: 'the end', deadlineMs: airDeadlineMs, until: isOver })
  assert.deepEqual(await textsAt(cityB), ['Chains on', 'all clear', 'the end'])
  assert.deepEqual(roomConsole.posts, ['Ben@City B: all clear'])
  assert.equal(radio.count('send-text'), 0)
  assert.equal((await companion())?.room?.commandLine?.state, 'ready')
})

function hasOne(texts: string[]): boolean {
  return texts.length === 1
}
