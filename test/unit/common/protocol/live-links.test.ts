// All live links: one per identity, counted and logged; nobody can fill the log, and nobody is forgotten.
import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { suite, test } from 'node:test'
import { selfSignedCertificate } from '#common/certificate.ts'
import { certificateFacts } from '#common/certificate-facts.ts'
import { CertificateWatch } from '#common/certificate-watch.ts'
import { createLog } from '#common/log.ts'
import { LiveLinks } from '#common/protocol/live-links.ts'
import { epochs, fill, LinkByHand, makePeer, peerId } from '#test/support/link-by-hand.ts'
import { MemoryLog } from '#test/support/memory-log.ts'

function linksWithLog() {
  const lines: string[] = []
  const links = new LiveLinks(createLog({ json: false, write: line => lines.push(line.trimEnd()) }))
  return { links, lines }
}

suite('a link', () => {
  test('is announced, counted while it lives, and taken leave of', async () => {
    const { links, lines } = linksWithLog()
    const log = new MemoryLog('main')
    const hand = new LinkByHand({ logs: [log], peer: { name: 'City B', latencyMs: 12.4 } })
    const ended = links.live(hand.link, 'in')
    assert.deepEqual([links.size, links.get(peerId)], [1, hand.link])
    await fill(log, 2)
    hand.send({
      t: 'resume',
      n: 1,
      rooms: { main: { cursor: { epoch: log.head.epoch, offset: 0 }, epoch: epochs.peer, ended: {} } },
    })
    await hand.settle()
    assert.equal(links.messages().sent, 2)
    const [peer] = links.peers()
    assert.deepEqual(
      [peer?.name, peer?.direction, peer?.state, peer?.rooms[0]?.toSend],
      ['City B', 'in', 'connected', 2],
    )
    hand.cut()
    assert.equal((await ended).code, 1006)
    assert.deepEqual([links.size, links.get(peerId), links.messages().sent], [0, undefined, 2])
    assert.deepEqual(lines, [
      '[INFO] Federation peer "City B" connected (TLS, latency 12ms)',
      '[WARN] Federation peer "City B" disconnected (cut)',
    ])
  })

  test('is remembered when it has ended: its bytes, and why', async () => {
    const { links } = linksWithLog()
    assert.deepEqual(links.tallies.bytes(), { bytesIn: 0, bytesOut: 0 })
    const first = new LinkByHand({ peer: { latencyMs: 12.34 } })
    const ended = links.live(first.link, 'in')
    const [alive] = links.peers()
    assert.deepEqual(
      [alive?.latencyMs, alive?.latency?.p90Ms, alive?.lastError, alive?.certificate],
      [12.3, 12.3, null, null],
    )
    first.send({ t: 'ping', n: 1 })
    await first.settle()
    first.cut()
    await ended
    const { bytesIn, bytesOut } = first.link.transport
    assert.ok(bytesOut > 0)
    const second = new LinkByHand()
    const replaced = links.live(second.link, 'out')
    const [again] = links.peers()
    const { transport } = second.link
    assert.equal(again?.bytesOut, bytesOut + transport.bytesOut)
    assert.equal(again?.bytesIn, bytesIn + transport.bytesIn)
    assert.equal(again?.lastError, 'cut')
    const ago = Date.now() - Date.parse(again?.lastErrorAt ?? '')
    assert.ok(ago >= 0 && ago < 10_000, `${ago}`)
    void links.live(new LinkByHand().link, 'in')
    await replaced
    assert.equal(links.peers()[0]?.lastError, 'cut', 'a link that a newer one replaces is no error')
    links.tallies.failed(peerId, 'no route')
    assert.equal(links.peers()[0]?.lastError, 'no route')
    links.drain('done', 0)
  })

  test('shows what the other end has shown, and says in time that it ends', () => {
    const lines: string[] = []
    const log = createLog({ json: false, write: line => lines.push(line.trimEnd()) })
    const now = Date.now()
    const links = new LiveLinks(log, new CertificateWatch({ log, now: () => now }))
    const pair = selfSignedCertificate({ commonName: 'b', names: [], days: 6.5, now })
    const hand = new LinkByHand({ peer: { name: 'City B' } })
    Object.assign(hand.link.transport, { certificate: new X509Certificate(pair.cert) })
    void links.live(hand.link, 'in')
    assert.deepEqual(links.peers(now)[0]?.certificate, { ...certificateFacts(pair.cert), daysLeft: 6 })
    assert.equal(links.peers(now + 8 * 86_400_000)[0]?.certificate?.daysLeft, -2)
    assert.match(
      lines[1] ?? '',
      /^\[WARN\] the certificate of "City B" ends in 6 days \(.*\): .*meshcore-room trust "City B"$/,
    )
    links.drain('done', 0)
  })

  test('takes the place of an older one of the same identity', async () => {
    const { links } = linksWithLog()
    const [older, newer] = [new LinkByHand(), new LinkByHand()]
    const olderEnded = links.live(older.link, 'in')
    const newerEnded = links.live(newer.link, 'in')
    const { code, retryAfterMs } = await olderEnded
    assert.deepEqual([code, retryAfterMs], [4409, 0])
    assert.deepEqual([links.size, links.get(peerId)], [1, newer.link])
    links.end(peerId, 4403, 'revoked')
    assert.equal((await newerEnded).code, 4403)
    links.end('nobody', 4403, 'revoked')
  })

  test('to a server whose clock is far off is warned of', () => {
    const { links, lines } = linksWithLog()
    void links.live(new LinkByHand({ peer: { clockOffMs: -3_600_000 } }).link, 'in')
    assert.match(lines[1] ?? '', /^\[WARN\] the clock of "peer" is 60 minutes behind ours/)
    links.drain('done', 0)
  })
})

test('a drain sends everybody away, each to come back at another time, and lets nobody in', async () => {
  const { links } = linksWithLog()
  const hands = Array.from({ length: 20 }, (_, i) => new LinkByHand({ peer: { id: String(i).padStart(43, 'p') } }))
  const ends = hands.map(({ link }) => links.live(link, 'in'))
  assert.equal(links.isDraining, false)
  links.drain('the hub restarts', 5000)
  const waits = (await Promise.all(ends)).map(({ code, retryAfterMs }) => {
    assert.equal(code, 4503)
    return retryAfterMs
  })
  assert.ok(waits.every(wait => wait >= 0 && wait < 5000))
  assert.ok(new Set(waits).size > 10)
  assert.deepEqual([links.size, links.isDraining], [0, true])
  const late = new LinkByHand()
  assert.equal((await links.live(late.link, 'in')).code, 4503)
})

suite('complaints', () => {
  test('of dropped posts and gaps are counted all, and logged ten to a link', () => {
    const { links, lines } = linksWithLog()
    const { link } = new LinkByHand()
    void links.live(link, 'in')
    for (let i = 0; i < 50; i++) links.refused(link, 'not signed')
    for (let i = 0; i < 200; i++)
      links.gap(link, { t: 'gap', room: 'main', epoch: epochs.peer, from: 1, to: 4, why: 'trimmed' })
    assert.equal(links.messages().refused, 50)
    assert.equal(links.gaps.length, 100)
    assert.equal(links.gaps[0]?.posts, 4)
    assert.equal(lines.filter(line => line.startsWith('[WARN]')).length, 10)
    links.drain('done', 0)
  })

  test('of what a spoke tells of itself are logged, and leave the link alone', () => {
    const { links, lines } = linksWithLog()
    const { link } = new LinkByHand()
    void links.live(link, 'in')
    for (let i = 0; i < 50; i++) links.refusedReport(link, 'too often')
    assert.equal(lines.filter(line => line === '[WARN] dropped what "peer" told of itself: too often').length, 10)
    assert.equal(link.isOver, false)
    links.drain('done', 0)
  })

  test('name the hole', () => {
    const { links, lines } = linksWithLog()
    const { link } = new LinkByHand()
    void links.live(link, 'in')
    links.gap(link, { t: 'gap', room: 'main', epoch: epochs.peer, from: 1, to: 4, why: 'trimmed' })
    assert.equal(lines.at(-1), '[WARN] gap in room "main": 4 older posts are no longer kept by "peer" (trimmed)')
    links.drain('done', 0)
  })
})

test('verdicts are counted by kind', () => {
  const { links } = linksWithLog()
  links.verdicts(['stored', 'duplicate', 'stored', 'expired'])
  links.count('duplicate')
  assert.deepEqual(links.messages(), { stored: 2, duplicates: 2, expired: 1, refused: 0, sent: 0 })
  links.caughtUp(new LinkByHand({ peer: makePeer({ name: 'x' }) }).link, 1, 1)
})
