// A card says what its server says, or is no card; and whichever way cards come in, the same one counts in the end.
import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import fc from 'fast-check'
import {
  cardName,
  cardNameBytesMax,
  decodeKnownCard,
  encodeKnownCard,
  gatewaysMax,
  joinCards,
  type KnownCard,
  latestCardAt,
  serverCardSchema,
  verifyCard,
} from '#common/server-card.ts'
import { cardOf, knownOf, newIdentity, radioKey } from '#test/support/cards.ts'

const identity = newIdentity()
const card = cardOf(identity, { name: 'City A', gateways: [radioKey(1), radioKey(2)], at: 1_000 })

suite('a card', () => {
  test('is worth what its signature covers: all of it', async () => {
    assert.equal(await verifyCard(card), true)
    const others = [
      { name: 'City B' },
      { at: 1_001 },
      { gateways: [radioKey(1)] },
      { gateways: [radioKey(2), radioKey(1)] },
      { id: newIdentity().id },
      { sig: cardOf(newIdentity(), card).sig },
    ]
    for (const change of others) assert.equal(await verifyCard({ ...card, ...change }), false, JSON.stringify(change))
  })

  test('has no place for what steers a screen, for too much, or for keys that are none', () => {
    const bad = [
      { name: '' },
      { name: ' ' },
      { name: 'x'.repeat(cardNameBytesMax + 1) },
      { name: 'é'.repeat(cardNameBytesMax / 2 + 1) },
      { name: 'half \ud800' },
      ...['\n', '\u001b', '\u0085', '\u2028', '\u200f', '\u202e', '\u2066', '\u061c'].map(c => ({ name: `a${c}b` })),
      { gateways: ['AB'.repeat(32)] },
      { gateways: ['ab'.repeat(31)] },
      { gateways: [radioKey(1), radioKey(1)] },
      { gateways: Array.from({ length: gatewaysMax + 1 }, (_, n) => radioKey(n)) },
      { at: -1 },
      { at: 1.5 },
      { at: latestCardAt + 1 },
      { id: 'A' },
      { sig: 'A' },
    ]
    for (const change of bad)
      assert.ok(!serverCardSchema.safeParse({ ...card, ...change }).success, JSON.stringify(change))
    const good = {
      ...card,
      name: '👨‍👩‍👧 Zürich',
      gateways: Array.from({ length: gatewaysMax }, (_, n) => radioKey(n)),
    }
    assert.deepEqual(serverCardSchema.parse({ ...good, later: 'fields are ignored' }), good)
  })

  test('shows any name of a config as well as it can', () => {
    assert.equal(cardName('City A'), 'City A')
    assert.equal(cardName('\u202eA ytiC\u0007 '), 'A ytiC')
    assert.equal(cardName('\u202e'), 'server')
    assert.equal(Buffer.byteLength(cardName(`x${'🏔'.repeat(40)}`)), 61)
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), name => {
        assert.ok(serverCardSchema.safeParse({ ...card, name: cardName(name) }).success)
      }),
    )
  })

  test('is kept as text, and damage is noticed', () => {
    const known = knownOf(card, { rooms: ['a', 'b'] })
    const text = encodeKnownCard(known)
    assert.deepEqual(decodeKnownCard(text), known)
    for (const damaged of ['', '{', '{}', 'null', text.replace('City', '\\u0000'), text.replace('"a"', '"A"')])
      assert.equal(decodeKnownCard(damaged), undefined)
  })
})

/** A few cards of one server, two of them of the same time, as heard in some rooms from some servers. */
const cards = [1, 2, 2, 3].map((at, n) => cardOf(identity, { name: `name ${n}`, at }))
const heard: fc.Arbitrary<KnownCard> = fc.record({
  card: fc.constantFrom(...cards),
  rooms: fc.subarray(['a', 'b', 'c'], { minLength: 1 }),
  from: fc.constantFrom(identity.id, 'X'.repeat(43), 'Y'.repeat(43)),
})

function joined(list: readonly KnownCard[]): Omit<KnownCard, 'from'> {
  const [first, ...rest] = list as [KnownCard, ...KnownCard[]]
  const { card: last, rooms } = rest.reduce(joinCards, first)
  return { card: last, rooms }
}

suite('what is known of a server', () => {
  test('is the same in whatever order it was heard, and however often', () => {
    const shuffled = fc
      .array(heard, { minLength: 1, maxLength: 8 })
      .chain(list =>
        fc.tuple(fc.constant(list), fc.shuffledSubarray([...list, ...list], { minLength: list.length * 2 })),
      )
    fc.assert(
      fc.property(shuffled, ([list, other]) => {
        assert.deepEqual(joined(other), joined(list))
        const newest = Math.max(...list.map(one => one.card.at))
        assert.equal(joined(list).card.at, newest)
      }),
    )
  })

  test('does not change when what is heard adds nothing', () => {
    fc.assert(
      fc.property(heard, heard, (a, b) => {
        const both = joinCards(a, b)
        for (const one of [a, b, both]) assert.equal(joinCards(both, one), both)
      }),
    )
  })
})
