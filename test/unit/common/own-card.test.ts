// A server's own card is signed anew when it must be, always later than the last, and not for ever against a twin.
import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { gatewaysMax, verifyCard } from '#common/server-card.ts'
import { cardOf, cardServer, knownOf, newDirectory, newIdentity, radioKey } from '#test/support/cards.ts'

const dayMs = 86_400_000
const start = Date.UTC(2026, 0, 1)

suite('the own card', () => {
  test('is there from the start, and a new one only when it says something new or is a week old', async () => {
    let now = start
    const { own, directory, identity } = cardServer({ name: 'City A', now: () => now })
    const card = () => directory.get(identity.id)?.card
    const first = card()
    assert.deepEqual([first?.name, first?.gateways, first?.at], ['City A', [], start])
    assert.equal(first !== undefined && (await verifyCard(first)), true)
    now += 6 * dayMs
    own.refresh()
    assert.equal(card(), first)
    own.setGateways('rooms', [radioKey(2).toUpperCase()])
    own.setGateways('radio', [radioKey(1), radioKey(2)])
    assert.deepEqual([card()?.gateways, card()?.at], [[radioKey(1), radioKey(2)], now + 1])
    own.setGateways('radio', [])
    assert.deepEqual(card()?.gateways, [radioKey(2)])
    const last = card()
    now += 7 * dayMs + 10
    own.refresh()
    assert.deepEqual([card()?.name, card()?.at], [last?.name, now])
  })

  test('goes on from the one on disk: with its keys for an hour, and later than it whatever the clock says', () => {
    const identity = newIdentity()
    const directory = newDirectory(identity.id)
    const kept = knownOf(cardOf(identity, { name: 'City A', gateways: [radioKey(1), radioKey(2)], at: start }))
    directory.learn([kept])
    let ticks = 0
    const { own } = cardServer({ name: 'City A', identity, directory, now: () => 5_000, ticks: () => ticks })
    own.setGateways('rooms', [radioKey(1)])
    assert.equal(directory.get(identity.id), kept)
    ticks = 3_600_000
    own.refresh()
    const { card } = directory.get(identity.id) ?? {}
    assert.deepEqual([card?.gateways, card?.at], [[radioKey(1)], start + 1])
  })

  test('a new name is a new card', () => {
    const identity = newIdentity()
    const directory = newDirectory(identity.id)
    cardServer({ name: 'City A', identity, directory })
    cardServer({ name: 'City B', identity, directory })
    assert.equal(directory.cityOf(identity.id), 'City B')
  })

  test('names no more keys than a card may', () => {
    const { own, directory, identity } = cardServer()
    own.setGateways(
      'many',
      Array.from({ length: 200 }, (_, n) => radioKey(n)),
    )
    assert.equal(directory.get(identity.id)?.card.gateways.length, gatewaysMax)
  })

  test('takes the place of a later one from another life; who signs with our key again and again is named, and let be', () => {
    const { directory, identity, lines } = cardServer({ name: 'City A', now: () => start })
    for (let i = 0; i < 3; i++) {
      const at = start + 1000 * dayMs * (i + 1)
      directory.learn([knownOf(cardOf(identity, { name: 'twin', at }))])
      assert.equal(directory.cityOf(identity.id), 'City A')
      assert.equal(directory.get(identity.id)?.card.at, at + 1)
    }
    assert.deepEqual(lines, [])
    directory.learn([knownOf(cardOf(identity, { name: 'twin', at: start + 9000 * dayMs }))])
    directory.learn([knownOf(cardOf(identity, { name: 'twin', at: start + 9001 * dayMs }))])
    assert.equal(directory.cityOf(identity.id), 'twin')
    assert.equal(lines.length, 1)
    assert.match(lines[0] ?? '', /somebody else signs with our identity.*"twin"/)
  })
})
