// The command line of a room server over a real line.
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { RadioError } from '#edge/radio/radio.ts'
import { RoomCli, roomPostBytesMax } from '#edge/radio/room-cli.ts'
import { RoomConsole } from '#test/support/room-console.ts'
import { waitFor } from '#test/support/wait-for.ts'

async function cliFor(t: TestContext) {
  const room = await RoomConsole.start()
  t.after(() => room[Symbol.asyncDispose]())
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
  const refused = assert.rejects(cli.post('x'), RadioError)
  await waitFor(() => room.lines > 2, { what: 'the line' })
  room.say('  -> 98|OK\r\n  -> OK\r\nboot 1|OK\r\n')
  await refused
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
