// The directory gives names to origins and knows the gateways; it forgets who is gone, and nobody can fill it up alone.
import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { cardKeepMs, cardsMax } from '#common/server-directory.ts'
import { cardOf, knownOf, newDirectory, newIdentity, radioKey } from '#test/support/cards.ts'

const dayMs = 86_400_000
const self = newIdentity()
const [a, b] = [newIdentity(), newIdentity()]
const now = Date.now()

/** Cards that `from` tells of; not signed, for a directory takes in checked ones. */
function manyFrom(from: string, count: number, mark: string) {
  return Array.from({ length: count }, (_, n) => {
    const id = `${mark}${n}`.padEnd(43, '-')
    return { card: { id, name: `${mark} ${n}`, gateways: [], at: now + n, sig: 'A'.repeat(86) }, rooms: ['main'], from }
  })
}

suite('a directory', () => {
  test('names an origin by its newest card, also when an older one comes after it', () => {
    const directory = newDirectory(self.id)
    assert.equal(directory.cityOf(a.id), undefined)
    directory.learn([knownOf(cardOf(a, { name: 'new', at: now }))])
    directory.learn([knownOf(cardOf(a, { name: 'old', at: now - 1 }))])
    directory.learn([knownOf(cardOf(b, { name: 'new', at: now }))])
    assert.deepEqual([directory.cityOf(a.id), directory.cityOf(b.id)], ['new', 'new'])
    directory.learn([knownOf(cardOf(a, { name: 'newer', at: now + 1 }))])
    assert.equal(directory.cityOf(a.id), 'newer')
    assert.deepEqual(
      directory.status().map(({ name, since }) => [name, since]),
      [
        ['new', new Date(now).toISOString()],
        ['newer', new Date(now + 1).toISOString()],
      ],
    )
  })

  test('knows a gateway by its key or the first four bytes of it, as long as a card has it', () => {
    const directory = newDirectory(self.id)
    const key = `deadbeef${'01'.repeat(28)}`
    directory.learn([
      knownOf(cardOf(a, { gateways: [radioKey(1), key], at: now })),
      knownOf(cardOf(self, { gateways: [radioKey(2)] })),
    ])
    for (const known of [key, key.toUpperCase(), key.slice(0, 8), key.slice(0, 12), radioKey(1), radioKey(2)])
      assert.equal(directory.isGateway(known), true, known)
    for (const other of ['', 'deadbe', 'deadbeef02', `${key}00`, radioKey(3)])
      assert.equal(directory.isGateway(other), false, other)
    directory.learn([knownOf(cardOf(a, { gateways: [], at: now + 1 }))])
    assert.equal(directory.isGateway(key), false)
  })

  test('names those nearby as they call themselves, and leaves out who has no name', () => {
    const directory = newDirectory(self.id)
    directory.learn([knownOf(cardOf(a, { name: 'A' })), knownOf(cardOf(b, { name: 'B' }))])
    const near = [
      { id: b.id, name: 'B now' },
      { id: 'new', name: '' },
    ]
    assert.deepEqual(directory.namesById(near), { [a.id]: 'A', [b.id]: 'B now' })
  })

  test('tells its listeners what is news, and only that', () => {
    const directory = newDirectory(self.id)
    const told: (readonly string[])[] = []
    const stop = directory.subscribe(ids => told.push(ids))
    const known = knownOf(cardOf(a, { at: now }))
    directory.learn([known, known])
    directory.learn([{ ...known, rooms: ['other'] }])
    directory.learn([known])
    stop()
    directory.learn([knownOf(cardOf(b))])
    assert.deepEqual(told, [[a.id], [a.id]])
    assert.deepEqual(directory.get(a.id)?.rooms, ['main', 'other'])
  })

  test('forgets who has not renewed its card for long, but never itself; a clock in 1970 forgets nobody', () => {
    let at = now
    const directory = newDirectory(self.id, () => at)
    directory.learn([self, a].map(identity => knownOf(cardOf(identity, { at: now }))))
    directory.learn([knownOf(cardOf(b, { at: now + 50 * dayMs }))])
    for (const when of [0, now, now + cardKeepMs(30)]) {
      at = when
      directory.forgetOld()
      assert.deepEqual(directory.ids(), [self.id, a.id, b.id])
    }
    at += 1
    directory.forgetOld()
    assert.deepEqual(directory.ids(), [self.id, b.id])
    directory.learn([knownOf(cardOf(a, { at: now }))])
    assert.equal(directory.cityOf(a.id), undefined, 'a card that somebody else still has does not come back')
  })

  test('takes only so many cards of others from one server', () => {
    const directory = newDirectory(self.id)
    assert.equal(directory.learn(manyFrom(a.id, 150, 'junk'), 100), 50)
    assert.equal(directory.learn(manyFrom(b.id, 30, 'good'), 100), 0)
    assert.equal(directory.ids().length, 130)
  })

  test('holds 1,000; then who is linked here takes the place of one that others tell of', () => {
    const directory = newDirectory(self.id)
    directory.learn([knownOf(cardOf(self))])
    assert.equal(directory.learn(manyFrom(a.id, cardsMax + 10, 'junk')), 10)
    assert.equal(directory.learn([knownOf(cardOf(b, { name: 'B' }))]), 0)
    assert.equal(directory.cityOf(b.id), 'B')
    assert.equal(directory.ids().length, cardsMax + 1)
    assert.equal(directory.cityOf('junk0'.padEnd(43, '-')), undefined, 'the oldest went')
    assert.equal(directory.learn(manyFrom(b.id, 1, 'more')), 1)
  })
})
