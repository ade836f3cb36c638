// What a place that keeps server cards promises: SQLite at an edge and at a hub alone, Redis for all instances of a hub.
import assert from 'node:assert/strict'
import test, { type TestContext } from 'node:test'
import { gatewaysMax } from '#common/server-card.ts'
import { cardsMax, type ServerDirectory } from '#common/server-directory.ts'
import { cardOf, knownOf, newDirectory, newIdentity, radioKey } from '#test/support/cards.ts'
import { waitFor } from '#test/support/wait-for.ts'

export interface Keeper {
  /** Nothing is lost that the directory had when it was called. */
  close(): Promise<void>
}

/** Keeps directories in one place; what `keep` gives is closed by the test. */
export type Place = (directory: ServerDirectory) => Promise<Keeper>

export const self = newIdentity()

/** What one directory knows of all servers. */
export function knownBy(directory: ServerDirectory) {
  return Object.fromEntries(directory.ids().map(id => [id, directory.get(id)]))
}

export function keptCardsContract(name: string, setUp: (t: TestContext) => Promise<Place>): void {
  /** What somebody finds who opens the place now. */
  async function found(place: Place, now?: () => number): Promise<ServerDirectory> {
    const directory = newDirectory(self.id, now)
    const keeper = await place(directory)
    await keeper.close()
    return directory
  }

  test(`${name}: cards are there again after a restart, our own among them, with rooms and source`, async t => {
    const place = await setUp(t)
    const directory = newDirectory(self.id)
    const [a, b, c] = [newIdentity(), newIdentity(), newIdentity()]
    const keeper = await place(directory)
    directory.learn([knownOf(cardOf(self, { name: 'us' }))])
    directory.learn([knownOf(cardOf(a, { name: 'Zürich "Süd" \\ 🏔', gateways: [radioKey(1)] }))])
    directory.learn([knownOf(cardOf(b, { name: 'old', at: Date.now() - 9 }), { from: a.id })])
    await keeper.close()
    const again = newDirectory(self.id)
    const second = await place(again)
    assert.deepEqual(knownBy(again), knownBy(directory))
    assert.ok(again.isGateway(radioKey(1)))
    again.learn([knownOf(cardOf(b, { name: 'new' }), { from: a.id }), knownOf(cardOf(c))])
    again.learn([knownOf(cardOf(c, { at: 0 }), { rooms: ['other'] })])
    await second.close()
    assert.deepEqual(knownBy(await found(place)), knownBy(again))
  })

  test(`${name}: a card that was forgotten stays so`, async t => {
    const place = await setUp(t)
    let now = Date.now()
    const directory = newDirectory(self.id, () => now)
    const keeper = await place(directory)
    t.after(() => keeper.close())
    const gone = newIdentity()
    directory.learn([self, gone].map(identity => knownOf(cardOf(identity))))
    await waitFor(async () => (await found(place)).get(gone.id), { what: 'the card to be kept' })
    now += 50 * 86_400_000
    directory.forgetOld()
    assert.equal(directory.get(gone.id), undefined)
    await waitFor(async () => (await found(place)).get(gone.id) === undefined, { what: 'the card to be gone' })
    await keeper.close()
    assert.deepEqual((await found(place)).ids(), [self.id])
  })

  test(`${name}: nothing is lost of what came in just before the end`, async t => {
    const place = await setUp(t)
    for (let turns = 0; turns < 30; turns++) {
      const directory = newDirectory(self.id)
      const keeper = await place(directory)
      const [early, late] = [newIdentity(), newIdentity()]
      directory.learn([knownOf(cardOf(early))])
      for (let i = 0; i < turns; i++) await new Promise(resolve => setImmediate(resolve))
      directory.learn([knownOf(cardOf(late))])
      await keeper.close()
      const known = await found(place)
      assert.ok(known.get(early.id) && known.get(late.id), `${turns} turns`)
    }
  })

  test(`${name}: as many cards as there may be, and as long as they may be`, async t => {
    const place = await setUp(t)
    const directory = newDirectory(self.id)
    const keeper = await place(directory)
    const rooms = Array.from({ length: 256 }, (_, n) => `room-${n}`.padEnd(64, 'x')).sort()
    const gateways = Array.from({ length: gatewaysMax }, (_, n) => radioKey(n))
    const long = knownOf(cardOf(self, { name: '"'.repeat(64), gateways }), { rooms })
    const { card } = long
    const many = Array.from({ length: cardsMax }, (_, n) =>
      knownOf({ ...card, id: `${n}`.padEnd(43, 'A'), gateways: [] }),
    )
    directory.learn([long, ...many])
    await keeper.close()
    const { length } = (await found(place)).ids()
    assert.equal(length, cardsMax + 1)
    assert.deepEqual((await found(place)).get(self.id), long)
  })
}
