// The lines port over real sockets: everything a script can do wrong.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import test from 'node:test'
import { join, startLines } from '#test/support/lines-port.ts'
import { waitFor } from '#test/support/wait-for.ts'

test('harmless errors name their line, say what to do, and leave the connection open', async t => {
  const { open, log } = await startLines(t)
  const client = open()
  const cases: [unknown, string][] = [
    [{ t: 'send', id: 'early', text: 'a' }, 'not_joined'],
    [{ t: 'jion' }, 'unknown_command'],
    [{ ...join, name: 'x'.repeat(33) }, 'bad_command'],
    [{ ...join, room: 'nowhere' }, 'unknown_room'],
    [join, ''],
    [join, 'already_joined'],
    [{ t: 'send', id: 'long', text: 'x'.repeat(601) }, 'bad_text'],
    [{ t: 'send', text: 'bell\u0007' }, 'bad_text'],
    ['{"t":"send","text":"\\ud800"}', 'bad_text'],
    [{ t: 'send', text: '' }, 'bad_text'],
    [{ t: 'send', text: 5 }, 'bad_command'],
    [{ t: 'replay' }, 'bad_command'],
  ]
  client.send(...cases.map(([line]) => line), '', '\r')
  const wanted = cases.flatMap(([, code]) => (code === '' ? [] : [code]))
  await client.next('error', wanted.length - 1)
  const errors = client.lines.filter(line => line.t === 'error')
  assert.deepEqual(
    errors.map(error => error.code),
    wanted,
  )
  assert.deepEqual(
    errors.flatMap(error => (error.id === undefined ? [] : [error.id])),
    ['early', 'long'],
  )
  client.send({ t: 'ping' })
  await client.next('pong')
  assert.equal(log.head.head, 0)
})

test('a store that is away does not cost the connection', async t => {
  const { open, log } = await startLines(t)
  const client = open()
  client.send(join)
  await client.next('joined')
  log.unavailable = true
  client.send({ t: 'send', id: '1', text: 'a', key: 'k' })
  assert.equal((await client.next('error')).code, 'store_unavailable')
  log.unavailable = false
  client.send({ t: 'send', id: '1', text: 'a', key: 'k' })
  assert.equal((await client.next('stored')).offset, 1)
})

const faults: [string, Buffer, string][] = [
  ['a line without end', Buffer.alloc(9000, 'x'), 'line_too_long'],
  ['a megabyte', Buffer.alloc(1 << 20, 'x'), 'line_too_long'],
  ['broken UTF-8', Buffer.from([...Buffer.from('{"t":"'), 0xc3, 0x28, ...Buffer.from('"}\n')]), 'bad_utf8'],
  ['a web page', Buffer.from('POST / HTTP/1.1\r\nHost: localhost\r\n\r\n{"t":"join"}\n'), 'bad_json'],
  ['an array', Buffer.from('[1]\n'), 'bad_json'],
  ['zero bytes', Buffer.from('\0\0\0\n'), 'bad_json'],
]
for (const [what, bytes, code] of faults)
  test(`${what} ends the connection, with a reason`, async t => {
    const { open } = await startLines(t)
    const client = open()
    client.socket.write(bytes)
    assert.equal((await client.next('error')).code, code)
    await client.closed()
  })

test('three wrong passwords end the connection, two more cost a pause', async t => {
  const { open, server } = await startLines(t)
  const first = open()
  const wrong = { ...join, password: 'guess' }
  first.send(wrong, wrong, wrong, { ...join, password: 'guest' })
  await first.closed()
  assert.deepEqual(
    first.lines.map(line => line.code),
    ['wrong_password', 'wrong_password', 'wrong_password'],
  )
  const second = open()
  second.send(wrong, wrong, { ...join, password: 'guest' })
  await second.closed()
  assert.equal(second.lines.at(-1)?.code, 'too_many_failures')
  await waitFor(() => server.clients() === 0, { what: 'both clients to be gone' })
})

test('a wrong password is answered late', async t => {
  const { open } = await startLines(t, { wrongPasswordMs: 300 })
  const client = open()
  await once(client.socket, 'connect')
  const askedAt = performance.now()
  client.send({ ...join, password: 'guess' })
  await client.next('error')
  assert.ok(performance.now() - askedAt >= 290)
})

test('a client that says nothing, or never joins, is closed', async t => {
  const { open } = await startLines(t, { joinMs: 2000 })
  const silent = open()
  const busy = open()
  busy.send({ t: 'ping' })
  const joined = open()
  joined.send(join)
  await Promise.all([silent.closed(), busy.closed(), joined.next('joined')])
  assert.deepEqual([silent.lines.at(-1)?.code, busy.lines.at(-1)?.code], ['join_timeout', 'join_timeout'])
  joined.send({ t: 'ping' })
  await joined.next('pong')
})

test('a client that never reads is closed, costs little, and harms no other', async t => {
  const { open, say, server } = await startLines(t, { stallMs: 300 })
  // 8 MB: more than the system's own socket buffers take for a client that does not read.
  await say(...Array.from({ length: 5000 }, (_, i) => `${i} `.padEnd(600, '"')))
  const stuck = open()
  const good = open()
  good.send(join)
  await good.next('joined')
  stuck.send(join)
  await stuck.next('joined')
  stuck.socket.pause()
  stuck.send({ t: 'replay', since: 0 })
  await waitFor(() => server.clients() === 1, { what: 'the client that does not read to be gone' })
  await say('still here')
  await waitFor(() => good.texts().at(-1) === 'still here', { what: 'the post at the client that reads' })
})

test('too many clients, of one address or at all, are told so', async t => {
  for (const limits of [{ clientsMax: 2 }, { clientsPerAddressMax: 2 }]) {
    const { open, server } = await startLines(t, limits)
    const clients = [open(), open()]
    for (const client of clients) client.send(join)
    for (const client of clients) await client.next('joined')
    const third = open()
    assert.equal((await third.next('error')).code, 'too_many_clients')
    await third.closed()
    clients[0]?.send({ t: 'leave' })
    await waitFor(() => server.clients() === 1, { what: 'a free place' })
    const fourth = open()
    fourth.send(join)
    await fourth.next('joined')
  }
})

test('a server that stops tells its clients and does not wait for them', async t => {
  const { open, server } = await startLines(t)
  const client = open()
  client.send(join)
  await client.next('joined')
  const stuck = open()
  stuck.send(join)
  await stuck.next('joined')
  stuck.socket.removeAllListeners('end')
  const startedAt = performance.now()
  await server.close()
  assert.ok(performance.now() - startedAt < 9000)
  assert.equal((await client.next('error')).code, 'restarting')
  assert.equal(server.clients(), 0)
})
