// The way into a hub, with the hub in this process: what it says of itself, whom it refuses, and how it leaves.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { suite, type TestContext, test } from 'node:test'
import { identityFromPem, newIdentityPem } from '#common/identity.ts'
import type { Post } from '#common/post.ts'
import { decodeFrame, encodeFrame } from '#common/protocol/codec.ts'
import { greetAsDialler } from '#common/protocol/greet.ts'
import { makeHello, type Self } from '#common/protocol/handshake.ts'
import { ApiClient } from '#test/support/api-client.ts'
import { testAuthority } from '#test/support/certificates.ts'
import { hubInProcess } from '#test/support/hub-in-process.ts'
import { testRoom, testSecret } from '#test/support/programs.ts'
import { openRawSocket, RawLink } from '#test/support/raw-link.ts'
import { waitFor } from '#test/support/wait-for.ts'

function selfNamed(name: string): Self {
  const identity = identityFromPem(newIdentityPem())
  return { identity, name, role: 'edge', software: 'test', boot: 'b', secret: testSecret, now: Date.now }
}

/** A slow machine gives nobody more posts than were his at once. */
function standStill(t: TestContext): void {
  const now = performance.now()
  t.mock.method(performance, 'now', () => now)
}

suite('a hub', () => {
  test('says how much may be sent ahead of its acks, as its config does', async t => {
    const hub = await hubInProcess(t, '[limits]\nlink_window_kib = 64\n')
    await using link = await RawLink.connect({ port: hub.port })
    assert.equal(link.peer.windowBytes, 65_536)
    const usual = await hubInProcess(t)
    await using other = await RawLink.connect({ port: usual.port })
    assert.equal(other.peer.windowBytes, 262_144)
  })

  test('behind a proxy that speaks TLS to it binds no proof to that', async t => {
    const hub = await hubInProcess(t, 'behind_proxy = true\n')
    const { ws, reader } = await openRawSocket(hub.port)
    ws.send(encodeFrame(makeHello(selfNamed('behind a proxy'), 'exporter', [])))
    const hello = decodeFrame(await reader.next(5000))
    assert.equal(hello?.t === 'hello' && hello.binding, 'none')
    ws.terminate()
    await using link = await RawLink.connect({ port: hub.port })
    await link.waitForFrame('resume')
  })

  test('slows down all spokes of one address together, as the proxy names it, and nobody else', async t => {
    const hub = await hubInProcess(t, 'behind_proxy = true\n[limits]\nposts_per_second_address = 20\n')
    standStill(t)
    const behind = (address: string, name: string) =>
      RawLink.connect({ port: hub.port, name, headers: { 'x-forwarded-for': address } })
    await using one = await behind('192.0.2.1', 'one')
    await using two = await behind('192.0.2.1', 'two')
    await using other = await behind('192.0.2.2', 'other')
    await using here = await RawLink.connect({ port: hub.port, name: 'here' })
    const ship = (link: RawLink, count: number) => link.ship(Array.from({ length: count }, (_, n) => link.post(`${n}`)))
    await ship(one, 780)
    await ship(two, 120)
    await ship(other, 120)
    await ship(here, 850)
    const api = new ApiClient({ baseUrl: `https://127.0.0.1:${hub.port}`, ca: testAuthority().cert })
    const { peers, slowedMs } = await api.status()
    const slowed = peers.flatMap(peer => ((peer.slowedMs ?? 0) > 0 ? [peer.name] : []))
    assert.deepEqual(slowed, ['two'])
    assert.deepEqual({ ...slowedMs, address: 0 }, { spoke: 0, room: 0, address: 0, frames: 0 })
  })

  test('slows down all spokes of one room together, and none of another; every post is stored', async t => {
    const hub = await hubInProcess(t, '[limits]\nposts_per_second_room = 2\n')
    standStill(t)
    await using one = await RawLink.connect({ port: hub.port, name: 'one' })
    await using two = await RawLink.connect({ port: hub.port, name: 'two' })
    await using other = await RawLink.connect({ port: hub.port, name: 'other', rooms: ['plains'] })
    await using reader = await RawLink.connect({ port: hub.port, name: 'reader' })
    await reader.follow()
    const posts = (link: RawLink, count: number, room = testRoom) =>
      Array.from({ length: count }, (_, n) => link.post(`${n}`, { room }))
    const [many, few] = [posts(one, 80), posts(two, 10)]
    await one.ship(many)
    let isShipped = false
    const shipped = two.ship(few).then(() => {
      isShipped = true
    })
    const { n } = await other.waitForFrame('resume')
    other.send({ t: 'start', room: 'plains', n, epoch: other.epoch, after: 0, head: 40 })
    const elsewhere = posts(other, 40, 'plains')
    other.send({ t: 'posts', room: 'plains', epoch: other.epoch, after: 0, next: 40, posts: elsewhere })
    await other.waitForFrame('ack', ({ offset }) => offset === 40)
    assert.equal(isShipped, false)
    await shipped
    const api = new ApiClient({ baseUrl: `https://127.0.0.1:${hub.port}`, ca: testAuthority().cert })
    assert.deepEqual((await api.status()).slowedMs, { spoke: 0, room: 5000, address: 0, frames: 0 })
    const wanted = [...many, ...few].map(({ guid }) => guid).toSorted()
    const seen = () => reader.frames.flatMap(frame => (frame.t === 'posts' ? (frame.posts as Post[]) : []))
    await waitFor(seen, { what: 'every post', until: ({ length }) => length === wanted.length })
    assert.deepEqual(
      seen()
        .map(({ guid }) => guid)
        .toSorted(),
      wanted,
    )
  })

  test('outlives whatever a stranger says', async t => {
    const hub = await hubInProcess(t)
    const said = [
      '{"t":"bye","code":1,"reason":""}',
      '{"t":"bye","code":1005,"reason":"x\\n[INFO] all is well"}',
      '{',
      '{"t":"ping","n":1}',
    ]
    for (const text of said) {
      const { ws } = await openRawSocket(hub.port)
      const closed = once(ws, 'close', { signal: AbortSignal.timeout(30_000) })
      ws.send(text)
      await closed
    }
    const refusals = () => hub.lines.filter(line => /^\[WARN\] link from 127\.0\.0\.1:\d+ refused: /.test(line))
    await waitFor(refusals, { what: 'each to be refused', until: ({ length }) => length === said.length })
    assert.ok(hub.lines.every(line => line.indexOf('\n') === line.length - 1))
    await using link = await RawLink.connect({ port: hub.port })
    await link.waitForFrame('resume')
  })

  test('says of one that hangs up before its proof where to look', async t => {
    const hub = await hubInProcess(t)
    const { ws } = await openRawSocket(hub.port)
    ws.terminate()
    const line = await waitFor(() => hub.lines.find(text => text.includes('link from')), { what: 'a line about it' })
    assert.match(line ?? '', /^\[WARN\] link from 127\.0\.0\.1:\d+ lost before there was one: its own log says why/)
  })

  test('that stops sends its spokes away for a while of their own, and lets nobody in', {
    timeout: 20_000,
  }, async t => {
    const hub = await hubInProcess(t)
    await using link = await RawLink.connect({ port: hub.port })
    await link.waitForFrame('resume')
    const late = await openRawSocket(hub.port)
    // It does not answer the goodbye, so the hub waits for it while another one comes.
    await using slow = await RawLink.connect({ port: hub.port, name: 'slow' })
    slow.ws.pause()
    const stopped = hub.stop()
    const bye = await link.waitForFrame('bye')
    assert.equal(bye.code, 4503)
    assert.ok((bye.retryAfterMs ?? -1) >= 0 && (bye.retryAfterMs ?? 5001) <= 5000)
    await assert.rejects(greetAsDialler(late.reader, selfNamed('late'), { wanted: [] }), { code: 4503 })
    late.ws.terminate()
    slow.ws.resume()
    await stopped
    await waitFor(() => link.ended, { what: 'the link to end' })
  })
})
