// Links over real TLS and real sockets: which certificate is believed, what both ends know of each other, and how a connection ends.
import assert from 'node:assert/strict'
import { createHash, X509Certificate } from 'node:crypto'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { suite, test } from 'node:test'
import type { WebSocket } from 'ws'
import { type CertificatePair, selfSignedCertificate } from '#common/certificate.ts'
import { LinkError } from '#common/errors.ts'
import { type DialOptions, dial } from '#common/transport/dial.ts'
import { FrameReader } from '#common/transport/frame-reader.ts'
import type { Transport } from '#common/transport/transport.ts'
import { makeCertificate, testAuthority } from '#test/support/certificates.ts'
import { freePort } from '#test/support/free-port.ts'
import { startRelay } from '#test/support/relay.ts'
import { Heard, TlsHub } from '#test/support/tls-hub.ts'
import { waitFor } from '#test/support/wait-for.ts'

const ca = testAuthority()
const certificate = makeCertificate({ names: ['localhost', '127.0.0.1', '::1'], ca })
const notYet = selfSignedCertificate({
  commonName: 'x',
  names: ['127.0.0.1'],
  days: 30,
  ca,
  now: Date.now() + 90 * 86_400_000,
})

const never = new AbortController().signal
const options = (url: string, more: Partial<DialOptions> = {}): DialOptions => {
  return { url, clockWrong: false, signal: never, ca: ca.cert, ...more }
}
const urlOf = ({ port }: TlsHub, host = '127.0.0.1') => `wss://${host}:${port}/federation`

function pinOf({ cert }: CertificatePair): string {
  const spki = new X509Certificate(cert).publicKey.export({ type: 'spki', format: 'der' })
  return `sha256/${createHash('sha256').update(spki).digest('base64')}`
}

/** Both ends of a fresh connection. */
async function connected(hub: TlsHub, more: Partial<DialOptions> = {}) {
  const transport = await dial(options(urlOf(hub), more))
  const heard = new Heard()
  transport.listen(heard)
  return { transport, heard, hub: await hub.connection() }
}

async function refusal(given: DialOptions): Promise<LinkError> {
  const transport = await dial(given).catch((error: unknown) => error)
  assert.ok(transport instanceof LinkError, 'was believed')
  return transport
}

suite('a certificate', () => {
  test('of the given CA is believed, for every name and address in it', async () => {
    await using hub = await TlsHub.start({ certificate })
    for (const host of ['127.0.0.1', 'localhost']) {
      const transport = await dial(options(urlOf(hub, host)))
      assert.deepEqual([transport.verified, transport.encrypted, transport.remote], [true, true, `${host}:${hub.port}`])
      transport.close(1000, '')
    }
    await using six = await TlsHub.start({ certificate, host: '::1' })
    const transport = await dial(options(urlOf(six, '[::1]')))
    assert.equal(transport.verified, true)
    transport.close(1000, '')
  })

  test('of another CA, or of itself, is refused, and says what to do', async () => {
    const stranger = makeCertificate({
      names: ['127.0.0.1'],
      ca: selfSignedCertificate({ commonName: 'no', names: [], days: 9, authority: true }),
    })
    for (const other of [stranger, makeCertificate({ names: ['127.0.0.1'] })]) {
      await using hub = await TlsHub.start({ certificate: other })
      const { code, message } = await refusal(options(urlOf(hub)))
      assert.equal(code, 4401)
      assert.match(message, /^certificate refused: .*; set ca or pin for wss:/)
      assert.equal((await refusal(options(urlOf(hub), { ca: undefined }))).code, 4401)
      assert.equal((await refusal(options(urlOf(hub), { clockWrong: true }))).code, 4401)
    }
  })

  test('for another name is refused, and both names are said', async () => {
    const own = makeCertificate({ names: ['elsewhere.example'] })
    await using hub = await TlsHub.start({ certificate: own })
    const { code, message } = await refusal(options(urlOf(hub), { ca: own.cert }))
    assert.equal(code, 4401)
    assert.match(
      message,
      /^certificate refused: it is made for "DNS:elsewhere\.example", not for "127\.0\.0\.1"; dial it/,
    )
  })

  test('of itself is believed when it is the given one', async () => {
    const own = makeCertificate({ names: ['127.0.0.1'] })
    await using hub = await TlsHub.start({ certificate: own })
    const transport = await dial(options(urlOf(hub), { ca: own.cert }))
    assert.equal(transport.verified, true)
    transport.close(1000, '')
  })

  test('with the pinned key needs no CA, no name, no date; any other is refused whatever its CA', async () => {
    const own = makeCertificate({ names: ['elsewhere.example'] })
    await using hub = await TlsHub.start({ certificate: own })
    const transport = await dial(options(urlOf(hub), { ca: undefined, pin: pinOf(own) }))
    assert.equal(transport.verified, true)
    transport.close(1000, '')
    await using other = await TlsHub.start({ certificate })
    const { code, message } = await refusal(options(urlOf(other), { pin: pinOf(own) }))
    assert.deepEqual([code, message], [4401, `certificate has pin ${pinOf(certificate)}, expected ${pinOf(own)}`])
  })

  test('for another name or address is refused', async () => {
    await using named = await TlsHub.start({ certificate: makeCertificate({ names: ['hub.example'], ca }) })
    assert.match((await refusal(options(urlOf(named)))).message, /certificate refused/)
    assert.match((await refusal(options(urlOf(named, 'localhost')))).message, /certificate refused/)
    await using six = await TlsHub.start({ certificate: makeCertificate({ names: ['127.0.0.1'], ca }), host: '::1' })
    assert.match((await refusal(options(urlOf(six, '[::1]')))).message, /certificate refused/)
  })

  test('of tomorrow is left to the proof only where our own clock is known to be wrong', async () => {
    await using hub = await TlsHub.start({ certificate: notYet })
    assert.equal((await refusal(options(urlOf(hub)))).code, 4401)
    const transport = await dial(options(urlOf(hub), { clockWrong: true }))
    assert.equal(transport.verified, false)
    transport.close(1000, '')
  })
})

suite('a connection', () => {
  test('has one exporter for both its ends, and another one the next time', async () => {
    await using hub = await TlsHub.start({ certificate })
    const [one, two] = [await connected(hub), await connected(hub)]
    for (const { transport, hub: end } of [one, two]) {
      assert.equal(transport.exporter?.length, 32)
      assert.deepEqual(transport.exporter, end.transport.exporter)
    }
    assert.notDeepEqual(one.transport.exporter, two.transport.exporter)
  })

  test('has none where a proxy ends TLS before us', async () => {
    await using hub = await TlsHub.start({ certificate, behindProxy: true })
    const { hub: end } = await connected(hub)
    assert.equal(end.transport.exporter, undefined)
  })

  test('older than TLS 1.3 is not made', async () => {
    await using hub = await TlsHub.start({ certificate, maxVersion: 'TLSv1.2' })
    assert.equal((await refusal(options(urlOf(hub)))).code, 1006)
  })

  test('that cannot be made says why', async () => {
    const port = await freePort()
    const { code, message } = await refusal(options(`wss://127.0.0.1:${port}/federation`))
    assert.equal(code, 1006)
    assert.match(message, /^cannot reach wss:.*ECONNREFUSED/)
  })

  test('that is not answered is given up in its time, also when something drips in', async t => {
    const sockets: Socket[] = []
    const tarpit = createServer(socket => {
      sockets.push(socket)
      const drip = setInterval(() => socket.write('X'), 50)
      socket.on('error', () => {}).on('close', () => clearInterval(drip))
      socket.write('HTTP/1.1 101 Switching Protocols\r\nX-Slow: ')
    }).listen(0, '127.0.0.1')
    t.after(() => {
      for (const socket of sockets) socket.destroy()
      tarpit.close()
    })
    const port = await waitFor(() => (tarpit.address() as AddressInfo | null)?.port, { what: 'the tarpit' })
    const startedAt = performance.now()
    const { code, message } = await refusal(options(`ws://127.0.0.1:${port}/federation`, { openTimeoutMs: 400 }))
    assert.equal(code, 1006)
    assert.match(message, /no answer in 0\.4 s/)
    assert.ok(performance.now() - startedAt < 15_000)
  })

  test('is given up at once when told to stop', async () => {
    const silent = createServer(() => {}).listen(0, '127.0.0.1')
    const port = await waitFor(() => (silent.address() as AddressInfo | null)?.port, { what: 'the silent server' })
    const stopping = new AbortController()
    const refused = refusal(options(`wss://127.0.0.1:${port}/federation`, { signal: stopping.signal }))
    stopping.abort()
    assert.equal((await refused).code, 1006)
    await using hub = await TlsHub.start({ certificate })
    assert.equal((await refusal(options(urlOf(hub), { signal: stopping.signal }))).code, 1006)
    silent.close()
  })
})

suite('frames', () => {
  test('arrive whole and in order, both ways', async () => {
    await using hub = await TlsHub.start({ certificate })
    const { transport, heard, hub: end } = await connected(hub)
    const texts = ['', 'grüße', 'x'.repeat(200_000), '{"t":"ping"}']
    for (const text of texts) transport.send(text)
    for (const text of texts) end.transport.send(Buffer.from(text))
    await waitFor(() => heard.frames.length === 4 && end.heard.frames.length === 4, { what: 'the frames' })
    assert.deepEqual([heard.frames, end.heard.frames], [texts, texts])
    assert.ok(transport.bytesOut > 200_000 && transport.bytesIn > 200_000)
  })

  test('of one turn leave in one write', async () => {
    await using hub = await TlsHub.start({ certificate })
    const { transport, hub: end } = await connected(hub)
    let chunks = 0
    end.socket.on('data', () => {
      chunks += 1
    })
    for (let i = 0; i < 50; i++) transport.send(`frame ${i}`)
    await waitFor(() => end.heard.frames.length === 50, { what: 'the frames' })
    // TLS hands over one chunk for each record; a record is one write.
    assert.equal(chunks, 1)
    transport.send('another turn')
    await waitFor(() => end.heard.frames.length === 51, { what: 'the next turn' })
  })
})

/** What both ends make of the end of a connection. */
async function ends({ heard, hub }: { heard: Heard; hub: { heard: Heard } }) {
  return { here: await heard.end(), there: await hub.heard.end() }
}

suite('a pause', () => {
  test('lets nothing in for its time, and then everything, in order', async () => {
    await using hub = await TlsHub.start({ certificate })
    const { transport, heard, hub: there } = await connected(hub)
    const startedAt = performance.now()
    transport.pause(100)
    transport.pause(300)
    for (let n = 0; n < 3; n++) there.transport.send(`${n}`)
    transport.send('the other way')
    await waitFor(() => there.heard.frames.length === 1, { what: 'the frame of the one that pauses' })
    await waitFor(() => heard.frames.length === 3, { what: 'the frames' })
    assert.ok(performance.now() - startedAt > 290)
    assert.deepEqual(heard.frames, ['0', '1', '2'])
    transport.close(1000, '')
  })

  test('ends when the connection is closed from here: the other end has its goodbye heard', async () => {
    await using hub = await TlsHub.start({ certificate })
    const { transport, heard, hub: there } = await connected(hub)
    transport.pause(60_000)
    transport.close(4503, 'restart')
    assert.deepEqual(await there.heard.end(), { code: 4503, reason: 'restart' })
    assert.deepEqual(await heard.end(), { code: 4503, reason: 'restart' })
  })
})

suite('the end', () => {
  test('has the code and the reason of whoever ends it', async () => {
    await using hub = await TlsHub.start({ certificate })
    const byUs = await connected(hub)
    byUs.transport.close(4503, 'the hub restarts')
    byUs.transport.close(4400, 'too late')
    assert.deepEqual((await ends(byUs)).there, { code: 4503, reason: 'the hub restarts' })
    const byThem = await connected(hub)
    byThem.hub.transport.close(4401, 'ü'.repeat(200))
    const { here } = await ends(byThem)
    assert.deepEqual([here.code, here.reason], [4401, 'ü'.repeat(60)])
    byThem.transport.send('ignored')
  })

  test('with a code that must not be sent is an end all the same', async () => {
    await using hub = await TlsHub.start({ certificate })
    for (const code of [0, 1, 999, 1004, 1005, 1006, 1015, 2999, 5000, -1]) {
      const connection = await connected(hub)
      connection.transport.close(code, 'as told')
      assert.equal((await ends(connection)).there.code, 1000)
    }
  })

  test('comes within its time when the other end says nothing', { timeout: 20_000 }, async () => {
    await using hub = await TlsHub.start({ certificate })
    const connection = await connected(hub)
    connection.hub.socket.pause()
    const startedAt = performance.now()
    connection.transport.close(4400, 'no')
    await connection.heard.end()
    assert.ok(performance.now() - startedAt < 15_000)
  })

  test('of a dead connection does not wait for a goodbye', async t => {
    await using hub = await TlsHub.start({ certificate })
    const connection = await connected(hub)
    connection.hub.socket.pause()
    t.mock.timers.enable({ apis: ['setTimeout'] })
    connection.transport.close(4408, 'nothing heard')
    t.mock.timers.tick(250)
    await connection.heard.end()
  })

  test('of a cut cable is 1006', async () => {
    await using hub = await TlsHub.start({ certificate })
    await using relay = await startRelay({ port: hub.port })
    const transport = await dial(options(`wss://127.0.0.1:${relay.port}/federation`))
    const heard = new Heard()
    transport.listen(heard)
    const end = await hub.connection()
    relay.cut()
    assert.deepEqual([(await heard.end()).code, (await end.heard.end()).code], [1006, 1006])
  })

  const unspoken: Record<string, { send: (ws: WebSocket) => void; here: number; there: number }> = {
    'a binary frame': { send: ws => ws.send(Buffer.from('{}'), { binary: true }), here: 4400, there: 4400 },
    'broken UTF-8': { send: ws => ws.send(Buffer.from([0xc3, 0x28]), { binary: false }), here: 4400, there: 1007 },
    'a frame over 256 KiB': { send: ws => ws.send('x'.repeat(262_145)), here: 4413, there: 1009 },
  }
  for (const [what, { send, here, there }] of Object.entries(unspoken)) {
    test(`on ${what} is said to both ends`, async () => {
      await using hub = await TlsHub.start({ certificate })
      const connection = await connected(hub)
      send(connection.hub.ws)
      const seen = await ends(connection)
      assert.deepEqual([seen.here.code, seen.there.code], [here, there])
      assert.deepEqual(connection.heard.frames, [])
    })
  }

  test('of one that does not read comes before 4 MiB wait for it', async () => {
    await using hub = await TlsHub.start({ certificate })
    const other = await connected(hub)
    await using relay = await startRelay({ port: hub.port })
    const stuck = await dial(options(`wss://127.0.0.1:${relay.port}/federation`))
    stuck.listen(new Heard())
    const reader = await waitFor(() => hub.accepted[1], { what: 'the one that does not read' })
    relay.stall()
    let most = 0
    for (let i = 0; i < 2000 && reader.heard.closed === undefined; i++) {
      for (let j = 0; j < 8; j++) reader.transport.send('x'.repeat(65_536))
      most = Math.max(most, reader.socket.writableLength)
      await new Promise(resolve => setImmediate(resolve))
    }
    assert.deepEqual(await reader.heard.end(), { code: 4413, reason: 'does not read what it is sent' })
    assert.ok(most < 4 * 1024 * 1024, `${most} bytes waited`)
    other.hub.transport.send('the others are served')
    await waitFor(() => other.heard.frames.length === 1, { what: 'a frame for somebody else' })
  })
})

suite('frames that come before anybody listens', () => {
  test('are handed over in order, and the end behind them', async () => {
    await using hub = await TlsHub.start({ certificate })
    const transport = await dial(options(urlOf(hub)))
    const reader = new FrameReader(transport)
    const end = await hub.connection()
    for (const text of ['one', 'two', 'three']) end.transport.send(text)
    assert.equal(await reader.next(5000), 'one')
    end.transport.close(4503, 'bye')
    await waitFor(() => end.heard.closed, { what: 'the end' })
    const heard = new Heard()
    reader.handOver(heard)
    assert.deepEqual(heard.frames, ['two', 'three'])
    assert.equal((await heard.end()).code, 4503)
  })

  test('are bounded, and what comes behind the bound is not kept', async () => {
    await using hub = await TlsHub.start({ certificate })
    const { transport, hub: end } = await connected(hub)
    const reader = new FrameReader({ ...stub, close: (code, reason) => end.transport.close(code, reason) })
    for (let i = 0; i < 10_000; i++) reader.onFrame('x'.repeat(10_000))
    const heard = new Heard()
    reader.handOver(heard)
    assert.ok(heard.frames.join('').length <= 600_000)
    assert.equal((await end.heard.end()).code, 4400)
    transport.close(1000, '')
  })

  test('and that never come end the wait', async () => {
    const reader = new FrameReader(stub)
    await assert.rejects(reader.next(20), { code: 4408 })
    const waiting = reader.next(10_000)
    reader.abandon(1001, 'stop')
    await assert.rejects(waiting, { code: 1001 })
    await assert.rejects(reader.next(10_000), { code: 1001 })
  })
})

const stub: Transport = {
  remote: 'nowhere',
  encrypted: false,
  exporter: undefined,
  certificate: undefined,
  verified: true,
  bytesIn: 0,
  bytesOut: 0,
  listen: () => {},
  send: () => {},
  pause: () => {},
  close: () => {},
}
