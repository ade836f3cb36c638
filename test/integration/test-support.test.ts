// The tools of the tests themselves: a relay that really cuts, a wait that says what it saw, a program that is really gone.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { type TestContext } from 'node:test'
import { freePort } from '#test/support/free-port.ts'
import { Program, runToEnd } from '#test/support/program.ts'
import { startRelay } from '#test/support/relay.ts'
import { merged, toToml } from '#test/support/toml.ts'
import { waitFor } from '#test/support/wait-for.ts'

/** A server that sends everything back. */
async function echoServer(t: TestContext): Promise<number> {
  const sockets = new Set<Socket>()
  const server = createServer(socket => {
    sockets.add(socket)
    socket.on('error', () => {})
    socket.pipe(socket)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return (server.address() as AddressInfo).port
}

function client(t: TestContext, port: number) {
  const socket = connect({ port, host: '127.0.0.1' })
  const seen = { text: '', error: '', closed: false }
  socket.setEncoding('utf8')
  socket.on('data', chunk => {
    seen.text += chunk
  })
  socket.on('error', error => {
    seen.error = error.message
  })
  socket.on('close', () => {
    seen.closed = true
  })
  t.after(() => socket.destroy())
  return { socket, seen }
}

test('a relay carries both ways, counts, stalls and goes on where it was', async t => {
  await using relay = await startRelay({ port: await echoServer(t) })
  const { socket, seen } = client(t, relay.port)
  socket.write('hello')
  await waitFor(() => seen.text === 'hello', { what: 'the echo' })
  assert.deepEqual([relay.bytesUp, relay.bytesDown], [5, 5])
  relay.stall()
  const late = client(t, relay.port)
  await once(late.socket, 'connect')
  socket.write(' again')
  late.socket.write('late')
  // A round trip on the same event loop: a relay that moved anything would have moved it before this one was answered.
  await using other = await startRelay({ port: await echoServer(t) })
  const marker = client(t, other.port)
  marker.socket.write('marker')
  await waitFor(() => marker.seen.text === 'marker', { what: 'the marker' })
  assert.deepEqual([seen.text, late.seen.text, relay.bytesUp], ['hello', '', 5])
  relay.heal()
  await waitFor(() => seen.text === 'hello again' && late.seen.text === 'late', { what: 'what had piled up' })
  socket.end()
  await waitFor(() => seen.closed, { what: 'an orderly end' })
  assert.equal(seen.error, '')
})

test('a relay that is cut resets what there is and what comes, until it is healed', async t => {
  await using relay = await startRelay({ port: await echoServer(t) })
  const before = client(t, relay.port)
  before.socket.write('x')
  await waitFor(() => before.seen.text === 'x', { what: 'the echo' })
  relay.cut()
  const during = client(t, relay.port)
  await waitFor(() => before.seen.closed && during.seen.closed, { what: 'both connections to end' })
  assert.match(before.seen.error, /ECONNRESET/)
  assert.match(during.seen.error, /ECONNRESET/)
  relay.heal()
  const after = client(t, relay.port)
  after.socket.write('y')
  await waitFor(() => after.seen.text === 'y', { what: 'the echo' })
  assert.equal(relay.accepted, 3)
})

test('a relay carries much without losing a byte or its order', async t => {
  await using relay = await startRelay({ port: await echoServer(t) })
  const { socket, seen } = client(t, relay.port)
  const sent = Array.from({ length: 200_000 }, (_, n) => `${n}\n`).join('')
  socket.end(sent)
  await waitFor(() => seen.closed, { what: 'the end' })
  assert.ok(seen.text === sent)
})

test('a relay to nowhere resets its clients', async t => {
  await using relay = await startRelay({ port: await freePort() })
  const { seen } = client(t, relay.port)
  await waitFor(() => seen.closed, { what: 'the connection to end' })
})

test('a wait that is in vain says what it last saw', async () => {
  const what = 'a miracle'
  const deadlineMs = 60
  await assert.rejects(
    waitFor(() => ({ n: 1 }), { what, deadlineMs, until: ({ n }) => n === 2 }),
    /a miracle.*n: 1/,
  )
  const failing = () => Promise.reject(new Error('not there'))
  await assert.rejects(waitFor(failing, { what, deadlineMs }), /a miracle.*not there/)
  const hanging = () => new Promise<boolean>(() => {})
  await assert.rejects(waitFor(hanging, { what, deadlineMs }), /timed out after 60 ms.*did not come back/)
  assert.equal(await waitFor(() => Promise.resolve(7), { what }), 7)
})

const ticker = `
console.log('started')
let n = 0
setInterval(() => console.log('tick ' + ++n), 10)
process.on('SIGTERM', () => { console.log('bye'); process.exit(3) })
`
const stubborn = `process.on('SIGTERM', () => console.error('no')); setInterval(() => {}, 1000); console.log('started')`

async function program(t: TestContext, source: string): Promise<Program> {
  const dir = await mkdtemp(join(tmpdir(), 'program-'))
  t.after(() => rm(dir, { recursive: true }))
  const script = join(dir, 'script.mjs')
  await writeFile(script, source)
  return new Program({ name: 'script', script, args: [] })
}

test('a program is started, frozen, ended and started again', async t => {
  await using script = await program(t, ticker)
  script.start()
  await script.waitForLine(/^tick 3$/)
  script.freeze()
  const state = async () => {
    const { out } = await runToEnd('-e', [
      `process.stdout.write(require('fs').readFileSync('/proc/${script.pid}/stat'))`,
    ])
    return out.split(') ')[1]?.[0]
  }
  await waitFor(state, { what: 'the process to be stopped', until: letter => letter === 'T' })
  script.thaw()
  await script.waitForLine(/^tick/, 5000, script.lineCount)
  script.freeze()
  assert.equal(await script.stop(), 3)
  assert.equal(script.lines.at(-1), 'bye')
  assert.equal(script.running, false)
  const after = script.lineCount
  script.start()
  await script.waitForLine(/^started$/, 5000, after)
  await script.kill()
  assert.equal(script.exitCode, null)
})

test('waiting for a line of a program that has ended fails at once, with what it said', async t => {
  await using script = await program(t, `console.error('bad config'); process.exitCode = 78`)
  script.start()
  const startedAt = performance.now()
  await assert.rejects(script.waitForLine(/ready/, 60_000), /script ended \(exit code 78\).*ready.*\nbad config/s)
  assert.ok(performance.now() - startedAt < 30_000)
})

test('a program that goes away only by force is gone after its disposal', async t => {
  const script = await program(t, stubborn)
  script.start()
  await script.waitForLine(/^started$/)
  const { pid } = script
  await script[Symbol.asyncDispose]()
  assert.throws(() => process.kill(pid, 0), { code: 'ESRCH' })
})

test('config files are written as TOML', () => {
  const base = { a: 1, b: { c: 'x "y"', d: true }, e: [{ f: 1 }] }
  const conf = merged(base, { a: undefined, b: { c: 'z', g: { h: 2 } }, e: [{ f: 2 }, { f: 3 }] })
  assert.equal(toToml(conf), '\n[b]\nc = "z"\nd = true\n\n[b.g]\nh = 2\n\n[[e]]\nf = 2\n\n[[e]]\nf = 3\n')
})
