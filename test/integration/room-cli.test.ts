// The command line of a room server over a real line, with a small one that does as the firmware's main.cpp.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import { type TestContext, test } from 'node:test'
import { RadioError } from '#edge/radio/radio.ts'
import { RoomCli, roomPostBytesMax } from '#edge/radio/room-cli.ts'
import { waitFor } from '#test/support/wait-for.ts'

const bufferBytes = 151

/** Echoes what it gets, up to its buffer; answers a line when it ends in \r. */
class RoomConsole {
  readonly posts: string[] = []
  isSilent = false
  lines = 0
  port = 0
  #socket: Socket | undefined
  #line = Buffer.alloc(0)

  async start(t: TestContext): Promise<void> {
    const server = createServer(socket => {
      this.#socket = socket
      socket.on('error', () => {})
      socket.on('data', bytes => this.#take(bytes))
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const address = server.address()
    this.port = typeof address === 'object' ? (address?.port ?? 0) : 0
    t.after(() => {
      this.hangUp()
      server.close()
    })
  }

  hangUp(): void {
    this.#socket?.destroy()
  }

  say(text: string): void {
    this.#socket?.write(text)
  }

  #take(bytes: Buffer): void {
    for (const byte of bytes) {
      if (byte !== 0x0a) this.#line = Buffer.concat([this.#line, Buffer.of(byte)])
      this.#socket?.write(Buffer.of(byte))
      if (this.#line.length === bufferBytes - 1) this.#line[bufferBytes - 2] = 0x0d
      if (this.#line.at(-1) !== 0x0d) continue
      const line = this.#line.subarray(0, -1).toString()
      this.#line = Buffer.alloc(0)
      this.lines += 1
      if (!this.isSilent) this.say(`\n  -> ${this.#answer(line)}\r\n`)
    }
  }

  #answer(line: string): string {
    const [, mark = '', command = ''] = /^(\d\d\|)?(.*)$/s.exec(line) ?? []
    if (command === 'ver') return `${mark}v1.17.1 (Build: 14 Aug 2026)`
    if (!command.startsWith('room.post ')) return `${mark}Unknown command`
    this.posts.push(command.slice('room.post '.length))
    return `${mark}OK`
  }
}

async function cliFor(t: TestContext) {
  const room = new RoomConsole()
  await room.start(t)
  const states: string[] = []
  const cli = new RoomCli({
    port: `tcp://127.0.0.1:${room.port}`,
    onState: (state, reason) => states.push(reason === '' ? state : `${state}: ${reason}`),
    timings: { answerMs: 300, checkMs: 100, reopenMinMs: 20, reopenMaxMs: 40 },
  })
  t.after(() => cli.close())
  const isReady = () => waitFor(() => cli.state === 'ready', { what: 'the command line' })
  return { room, cli, states, isReady }
}

test('a post is written in one line, whole, up to its limit', async t => {
  const { room, cli, isReady } = await cliFor(t)
  await isReady()
  const longest = 'å'.repeat(roomPostBytesMax / 2)
  for (const text of ['Ben@City B: all\nclear', longest]) assert.ok(await cli.post(text))
  assert.deepEqual(room.posts, ['Ben@City B: all clear', longest])
})

test('answers of others, and what the server says by itself, answer nothing', async t => {
  const { room, cli, isReady } = await cliFor(t)
  await isReady()
  room.isSilent = true
  const posting = cli.post('x')
  await waitFor(() => room.lines > 2, { what: 'the line' })
  room.say('  -> 98|OK\r\n  -> OK\r\nboot 1|OK\r\n')
  await assert.rejects(posting, RadioError)
})

test('a server that falls silent or hangs up is opened anew', async t => {
  const { room, cli, states, isReady } = await cliFor(t)
  await isReady()
  room.isSilent = true
  await waitFor(() => cli.state === 'opening', { what: 'the silence to be noticed' })
  assert.match(states.at(-1) ?? '', /does not answer/)
  await assert.rejects(cli.post('x'), /not ready/)
  room.isSilent = false
  await isReady()
  room.hangUp()
  await waitFor(() => states.some(state => /closed/.test(state)), { what: 'the end to be noticed' })
  await isReady()
  assert.ok(await cli.post('again'))
})
