// Cards on a link: ours first, theirs checked; news goes on to those who share a room, and a bad end is of no harm.
import assert from 'node:assert/strict'
import { suite, type TestContext, test } from 'node:test'
import type { Frame } from '#common/protocol/frames.ts'
import type { ServerCard } from '#common/server-card.ts'
import { type CardServer, cardOf, cardServer, knownOf, newIdentity, radioKey } from '#test/support/cards.ts'
import { type HandOptions, LinkByHand } from '#test/support/link-by-hand.ts'
import { MemoryLog } from '#test/support/memory-log.ts'

interface Item {
  rooms: string[]
  card: ServerCard
}

const peer = newIdentity()

function frameOf(...items: unknown[]): Frame {
  return { t: 'cards', cards: items }
}

function inMain(card: ServerCard): Item {
  return { rooms: ['main'], card }
}

/** The other end of a link with `server` is `peer`, in rooms "main" and "side". Time stands still. */
async function linked(
  t: TestContext,
  server: CardServer,
  options: HandOptions & { relayedMax?: number; listenMs?: number } = {},
) {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const { relayedMax = 100, listenMs = 0, ...more } = options
  const logs = [new MemoryLog('side'), new MemoryLog('main')]
  const hand = new LinkByHand({
    logs,
    peer: { id: peer.id },
    cards: { own: server.own, relayedMax, listenMs },
    ...more,
  })
  hand.link.start()
  await hand.settle()
  const said = () => hand.named('cards').flatMap(({ cards }) => cards as Item[])
  const names = () => said().map(({ card }) => card.name)
  const later = async (ms: number) => {
    t.mock.timers.tick(ms)
    await hand.settle()
  }
  let learned = 0
  server.directory.subscribe(ids => {
    learned += ids.length
  })
  const settled = () => learned + hand.observer.refusedCards.length
  /** Says items of which all are learned or refused, but for those that are to be passed over. */
  const say = async (items: unknown[], passedOver = 0) => {
    const target = settled() + items.length - passedOver
    hand.send(frameOf(...items))
    await settledBy(hand, () => settled() >= target)
  }
  return { hand, said, names, later, say }
}

suite('cards on a link', () => {
  test('our own is the first, and all of them are told once', async t => {
    const server = cardServer({ name: 'us' })
    const others = Array.from({ length: 150 }, (_, n) => knownOf(cardOf(newIdentity(), { name: `City ${n}` })))
    server.directory.learn(others)
    const { hand, said, names, later } = await linked(t, server)
    assert.equal(names()[0], 'us')
    assert.deepEqual(said()[0]?.rooms, ['main', 'side'])
    assert.equal(said().length, 100)
    await later(500)
    assert.equal(new Set(names()).size, 151)
    await later(5000)
    assert.equal(said().length, 151)
    assert.equal(hand.closed, undefined)
  })

  test('frames are small, whatever cards are in them', async t => {
    const server = cardServer()
    const gateways = Array.from({ length: 96 }, (_, n) => radioKey(n))
    const name = '"'.repeat(64)
    server.directory.learn(Array.from({ length: 60 }, () => knownOf(cardOf(newIdentity(), { name, gateways }))))
    const { hand, said, later } = await linked(t, server)
    for (let i = 0; i < 20; i++) await later(500)
    assert.equal(said().length, 61)
    for (const frame of hand.named('cards')) assert.ok(JSON.stringify(frame).length <= 64 * 1024)
  })

  test('theirs are learned when they are signed, and told on, but not back', async t => {
    const server = cardServer({ name: 'us' })
    const { hand, names, later, say } = await linked(t, server)
    const told: string[] = []
    server.directory.subscribe(ids => told.push(...ids))
    const other = newIdentity()
    await say([inMain(cardOf(peer, { name: 'peer' })), inMain(cardOf(other, { name: 'other' }))])
    assert.deepEqual([server.directory.cityOf(peer.id), server.directory.cityOf(other.id)], ['peer', 'other'])
    assert.deepEqual(told, [peer.id, other.id])
    await later(5000)
    assert.deepEqual(names(), ['us'])
    server.directory.learn([knownOf(cardOf(other, { name: 'renamed', at: Date.now() + 9 }))])
    await later(0)
    assert.deepEqual(names(), ['us', 'renamed'])
    assert.deepEqual(hand.observer.refusedCards, [])
  })

  test('a card that is forged or none is dropped and counted; the link, and the rest of the frame, go on', async t => {
    const server = cardServer()
    const victim = newIdentity()
    server.directory.learn([knownOf(cardOf(victim, { name: 'victim' }))])
    const { hand, say } = await linked(t, server)
    const later = { at: Date.now() + 1000 }
    const good = cardOf(newIdentity(), { name: 'good' })
    const forged = { ...cardOf(peer, { name: 'forged', ...later }), id: victim.id }
    await say([inMain(forged), 'nonsense', { rooms: ['main'], card: { ...good, name: '\u001b[2J' } }, inMain(good)])
    assert.equal(server.directory.cityOf(victim.id), 'victim')
    assert.equal(server.directory.cityOf(good.id), 'good')
    assert.equal(hand.observer.refusedCards.length, 3)
    assert.ok(hand.observer.refusedCards.includes(`not signed by server ${victim.id}`))
    assert.equal(hand.closed, undefined)
    hand.send('{"t":"cards","cards":{}}')
    assert.equal((await hand.link.ended).code, 4400)
  })

  test('a server is told only of servers in rooms that it reads, and believed only in rooms that it writes', async t => {
    const server = cardServer({ name: 'us' })
    const secret = newIdentity()
    server.directory.learn([knownOf(cardOf(secret, { name: 'secret' }), { rooms: ['closed'] })])
    server.directory.learn([knownOf(cardOf(newIdentity(), { name: 'both' }), { rooms: ['closed', 'main'] })])
    const { said, say, later } = await linked(t, server)
    const shown = () => said().map(({ card, rooms }) => [card.name, rooms])
    const atStart = [
      ['us', ['main', 'side']],
      ['both', ['main']],
    ]
    assert.deepEqual(shown(), atStart)
    const stranger = newIdentity()
    await say(
      [
        { rooms: ['closed'], card: cardOf(stranger) },
        { rooms: ['main', 'closed'], card: cardOf(peer) },
      ],
      1,
    )
    assert.equal(server.directory.get(stranger.id), undefined)
    assert.deepEqual(server.directory.get(peer.id)?.rooms, ['main'])
    const { card } = server.directory.get(secret.id) ?? knownOf(cardOf(secret))
    server.directory.learn([knownOf(card, { rooms: ['side'] })])
    await later(500)
    assert.deepEqual(shown(), [...atStart, ['secret', ['side']]])

    const writer = await linkedAgain(server, { peerReads: false })
    assert.deepEqual(writer.named('cards'), [])
  })

  test('a flood is cut off: new servers, new cards and bad signatures alike; another link is not hurt', async t => {
    const server = cardServer()
    const { hand, say } = await linked(t, server, { relayedMax: 10 })
    const junk = Array.from({ length: 100 }, (_, n) => inMain(cardOf(newIdentity(), { name: `junk ${n}` })))
    await say(junk)
    assert.equal(server.directory.status().length, 10)
    assert.equal(hand.observer.refusedCards.filter(reason => /no place/.test(reason)).length, 90)
    for (let i = 0; i < 3; i++)
      await say(junk.map(({ card }, n) => inMain({ ...card, at: Date.now() + n, sig: 'A'.repeat(86) })))
    const reasons = hand.observer.refusedCards.slice(90)
    assert.ok(reasons.filter(reason => /not signed/.test(reason)).length <= 11)
    assert.ok(reasons.filter(reason => /too many/.test(reason)).length >= 280)
    assert.equal(hand.closed, undefined)
    const second = await linkedAgain(server, { peer: { id: newIdentity().id } })
    const honest = cardOf(newIdentity(), { name: 'honest' })
    second.send(frameOf(inMain(honest)))
    await settledBy(second, () => server.directory.cityOf(honest.id) !== undefined)
    assert.equal(server.directory.cityOf(honest.id), 'honest')
  })

  test('a card that changes often is sent seldom, and the last of it arrives', async t => {
    const server = cardServer({ name: 'us' })
    const { said, later } = await linked(t, server)
    for (let n = 0; n < 50; n++) server.own.setGateways('radio', [radioKey(n)])
    await later(500)
    assert.equal(said().length, 2)
    assert.deepEqual(said()[1]?.card.gateways, [radioKey(49)])
  })

  test('a hub is told only what it has not told itself, and what is new of ourselves at once', async t => {
    const server = cardServer({ name: 'us' })
    const both = cardOf(newIdentity(), { name: 'both' })
    server.directory.learn([knownOf(both), knownOf(cardOf(newIdentity(), { name: 'only here' }))])
    const { hand, names, later, say } = await linked(t, server, { listenMs: 10_000 })
    await say([inMain(both), inMain(cardOf(peer, { name: 'hub' }))], 1)
    server.own.setGateways('radio', [radioKey(1)])
    await later(500)
    assert.deepEqual(names(), ['us', 'us'])
    await later(9_499)
    assert.equal(names().length, 2)
    await later(1)
    assert.deepEqual(names(), ['us', 'us', 'only here'])
    hand.cut()
  })

  test('a card that was signed by a wrong clock is signed anew when the link has set the clock right', async t => {
    let now = 1_000
    const server = cardServer({ now: () => now })
    now = Date.now()
    const { said } = await linked(t, server)
    assert.deepEqual(
      said().map(({ card }) => card.at),
      [now],
    )
  })

  test('an end of an older version neither gets cards nor minds them', async () => {
    const hand = new LinkByHand()
    hand.link.start()
    hand.send(frameOf(inMain(cardOf(peer))))
    hand.send({ t: 'ping', n: 1 })
    await hand.settle()
    assert.equal(hand.named('pong').length, 1)
    assert.deepEqual(hand.named('cards'), [])
  })
})

/** Signatures are checked on threads, in real time. */
async function settledBy(hand: LinkByHand, isDone: () => boolean): Promise<void> {
  const deadline = performance.now() + 5_000
  while (!isDone() && performance.now() < deadline) await hand.settle()
  await hand.settle()
}

/** One more link of a server whose time stands still already. */
async function linkedAgain(server: CardServer, options: HandOptions): Promise<LinkByHand> {
  const hand = new LinkByHand({ peer: { id: peer.id }, cards: { own: server.own, relayedMax: 10 }, ...options })
  hand.link.start()
  await hand.settle()
  return hand
}
