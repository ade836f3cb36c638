// Whatever an app says, it gets an answer; and one that does not read, or says too much, harms nobody.
import assert from 'node:assert/strict'
import { connect } from 'node:net'
import test from 'node:test'
import { encodeCompanionFrame } from '#edge/radio/companion-frames.ts'
import { startAppPort } from '#test/support/app-port.ts'
import { waitFor } from '#test/support/wait-for.ts'

const newest = 70
const getTime = 5
const getContacts = 4
const self = 39
/** Said later, or unasked. */
const later = new Set(['confirmed', 'texts-waiting', 'login-failed', 'login-success', 'status', 'request-answered'])

test('every command of the protocol is answered once, with whatever bytes behind it', async t => {
  const { open, key } = await startAppPort(t)
  const app = await open()
  assert.equal(await app.login(key, 'master'), 3)
  const before = app.replies.length
  const tails = [[], [0], Array(40).fill(0), [...key, 0, 0], [0, 0, 0, ...key], Array(140).fill(65)]
  const said = Array.from({ length: newest }, (_, code) => tails.map(tail => [code, ...tail]))
    .flat()
    .filter(([code]) => code !== getTime)
  for (const command of said) {
    await app.call('sendToRadioFrame', Uint8Array.from(command))
    // Its answer stands behind those of the command.
    await app.call('sendCommandGetDeviceTime')
  }
  await waitFor(() => app.all('time').length === said.length, { what: 'the last answer', deadlineMs: 60_000 })
  let kinds: string[] = []
  let index = 0
  for (const { kind } of app.replies.slice(before)) {
    if (kind !== 'time' && !later.has(kind)) kinds.push(kind)
    if (kind !== 'time') continue
    const [code = 0, ...tail] = said[index] ?? []
    // Later, too, is the telemetry of the room; at once, that of the companion itself.
    const isOne =
      code === getContacts
        ? kinds.at(-1) === 'contacts-end'
        : kinds.filter(one => one !== 'telemetry' || code === self).length === 1
    assert.ok(isOne, `${code} with ${tail.length} bytes: ${kinds.join()}`)
    kinds = []
    index += 1
  }
})

test('an app that asks and does not read is given up, and the next one is served', async t => {
  const lines: string[] = []
  const { server, say, open, key } = await startAppPort(t, { limits: { stallMs: 300 }, lines })
  await say('hello')
  const socket = connect(server.port, '127.0.0.1')
  socket.on('error', () => {})
  let isGone = false
  socket.on('close', () => {
    isGone = true
  })
  const question = encodeCompanionFrame('to-radio', Uint8Array.of(4))
  const flood = Buffer.concat(Array.from({ length: 20_000 }, () => question))
  const pump = () => {
    while (!isGone && socket.write(flood));
  }
  socket.pause()
  socket.on('drain', pump)
  pump()
  await waitFor(() => lines.join('').includes('connected') && !server.isUsed(), {
    what: 'the server to give it up',
    deadlineMs: 90_000,
  })
  socket.destroy()
  const app = await open()
  assert.equal(await app.login(key, 'hello'), 2)
})

test('more requests than answers may wait are refused', async t => {
  const { open, key } = await startAppPort(t)
  const app = await open()
  await app.login(key, 'hello')
  for (let i = 0; i < 40; i += 1) void app.call('sendCommandSendStatusReq', key)
  await waitFor(() => app.all('status').length === 32, { what: 'the answers' })
  assert.equal(app.all('error').filter(({ reason }) => reason === 3).length, 8)
})
