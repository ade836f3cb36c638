// What operators decide about spokes, and what follows from it.
import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import fc from 'fast-check'
import { spokeLine } from '#hub/commands/spoke-lines.ts'
import {
  allowedOf,
  type Decision,
  decided,
  isGone,
  rightIn,
  type SpokeRights,
  sameGrants,
  spokeRightsSchema,
  standingOf,
} from '#hub/rights/rights.ts'
import { findSpoke, isCanonicalId, listSpokes, requireSaidById } from '#hub/rights/spoke-list.ts'

const idOf = (n: number) => Buffer.alloc(32, n).toString('base64url')
const id = idOf(1)
const subject = { id, name: 'City A' }
const readOnly = { read: true, write: false }
const none = { read: false, write: false }

/** The record after these decisions, a second apart. */
function after(...decisions: Decision[]): SpokeRights | undefined {
  return decisions.reduce<SpokeRights | undefined>(
    (before, decision, n) => decided(before, decision, { ...subject, now: n * 1000 }),
    undefined,
  )
}

suite('a decision', () => {
  test('says who is let in; without one it is as enrol says', () => {
    const states = (rights: SpokeRights | undefined) => [standingOf(rights, 'open'), standingOf(rights, 'approve')]
    assert.deepEqual(states(undefined), ['open', 'pending'])
    assert.deepEqual(states(after({ action: 'approve' })), ['approved', 'approved'])
    assert.deepEqual(states(after({ action: 'revoke' })), ['revoked', 'revoked'])
    assert.deepEqual(states(after({ action: 'revoke' }, { action: 'approve' })), ['approved', 'approved'])
    assert.deepEqual(states(after({ action: 'grant', room: 'main', right: readOnly })), ['open', 'pending'])
    assert.deepEqual(states(after({ action: 'revoke' }, { action: 'forget' })), ['open', 'pending'])
  })

  test('about rooms outlives being revoked and let in again, and names the others by a star', () => {
    const rights = after(
      { action: 'grant', room: 'main', right: readOnly },
      { action: 'grant', room: '*', right: none },
      { action: 'revoke', why: 'flooding' },
      { action: 'approve' },
    )
    assert.deepEqual([rightIn(rights, 'main'), rightIn(rights, 'other'), rights?.why], [readOnly, none, undefined])
    assert.deepEqual(rightIn(undefined, 'main'), { read: true, write: true })
  })

  test('says nothing of a room that has the name of what every object has', () => {
    const wanted = [{ room: 'constructor', read: true, write: true }]
    assert.deepEqual(allowedOf(wanted, after({ action: 'approve' })), wanted)
    const closed = after({ action: 'grant', room: 'constructor', right: none })
    assert.deepEqual(rightIn(closed, 'constructor'), none)
  })

  test('is later than the one before, whatever the clock says, and forgets when it is told to', () => {
    const before = after({ action: 'revoke', why: 'x' })
    const next = decided(before, { action: 'forget' }, { id, name: '', now: 0 })
    assert.equal(next.at, (before?.at ?? 0) + 1)
    assert.deepEqual([next.name, next.rooms, isGone(next)], ['City A', {}, true])
    const again = decided(next, { action: 'grant', room: 'a', right: none }, { id, name: '', now: 0 })
    assert.deepEqual([again.state, again.rooms, again.at], ['undecided', { a: none }, next.at + 1])
  })

  test('is refused about more rooms than a link may have', () => {
    const grants = Array.from({ length: 256 }, (_, n): Decision => ({ action: 'grant', room: `r${n}`, right: none }))
    const full = after(...grants)
    assert.throws(() => decided(full, { action: 'grant', room: 'more', right: none }, { ...subject, now: 1 }), {
      code: 'too_many_rooms',
    })
    assert.equal(
      decided(full, { action: 'grant', room: 'r0', right: readOnly }, { ...subject, now: 1 }).rooms.r0?.read,
      true,
    )
  })

  test('any of them in any order leave a record that can be read again', () => {
    const room = fc.constantFrom('*', 'main', 'b')
    const decision = fc.oneof(
      fc.constant<Decision>({ action: 'approve' }),
      fc.constant<Decision>({ action: 'revoke', why: 'because' }),
      fc.constant<Decision>({ action: 'forget' }),
      fc
        .record({ room, read: fc.boolean(), write: fc.boolean() })
        .map(({ room: name, ...right }): Decision => ({ action: 'grant', room: name, right })),
    )
    fc.assert(
      fc.property(fc.array(decision, { minLength: 1, maxLength: 8 }), decisions => {
        const rights = after(...decisions)
        assert.deepEqual(spokeRightsSchema.parse(JSON.parse(JSON.stringify(rights))), rights)
        const isRefused = decisions.findLast(({ action }) => action !== 'grant')?.action === 'revoke'
        assert.equal(standingOf(rights, 'open') === 'revoked', isRefused)
      }),
    )
  })
})

suite('rooms that are granted', () => {
  const wanted = [
    { room: 'main', read: true, write: true },
    { room: 'b', read: true, write: false },
  ]

  test('are what is wanted and allowed, with a reason where that is less', () => {
    const rights = after({ action: 'grant', room: '*', right: { read: false, write: true } })
    const reason = 'its operator lets this server write it, not read'
    assert.deepEqual(allowedOf(wanted, rights), [
      { room: 'main', read: false, write: true, reason },
      { room: 'b', read: false, write: false, reason },
    ])
    assert.deepEqual(allowedOf(wanted, undefined), wanted)
  })

  test('are the same only if every right is', () => {
    const less = allowedOf(wanted, after({ action: 'grant', room: 'b', right: { read: false, write: true } }))
    assert.equal(sameGrants(wanted, allowedOf(wanted, undefined)), true)
    assert.equal(sameGrants(wanted, less), false)
    // It never asked to write there.
    assert.equal(sameGrants(wanted, allowedOf(wanted, after({ action: 'grant', room: 'b', right: readOnly }))), true)
  })
})

const seen = (n: number, name: string, lastSeenAt = 5000) => ({
  ...{ id: idOf(n), name, lastSeenAt, address: '192.0.2.1:1', software: 'meshcore-room/1', instance: 'i1' },
  connected: true,
})

suite('the list of spokes', () => {
  test('has whom the hub has seen, who waits, and whom it knows by a decision only', () => {
    const spokes = listSpokes({
      seen: [seen(1, 'City A'), seen(2, 'City B')],
      pending: [{ ...seen(3, 'City C'), connected: false }],
      rights: [
        { id: idOf(2), name: 'B', state: 'revoked', rooms: {}, why: 'x', at: 1 },
        { id: idOf(4), name: 'City D', state: 'approved', rooms: { main: readOnly }, at: 1 },
      ],
      enrol: 'approve',
    })
    assert.deepEqual(
      spokes.map(({ name, state, lastSeenAt }) => [name, state, lastSeenAt]),
      [
        ['City A', 'pending', 5000],
        ['City B', 'revoked', 5000],
        ['City C', 'pending', 5000],
        ['City D', 'approved', null],
      ],
    )
    const lines = spokes.map(spoke => spokeLine(spoke, 5000 + 3 * 60_000))
    assert.match(
      lines[1] ?? '',
      /^revoked {3}linked {12}\S{43} {2}"City B" {2}all rooms: read,write .*revoked because: x$/,
    )
    assert.match(lines[2] ?? '', /^pending {3}3 min ago {9}\S{43} {2}"City C"/)
    assert.match(lines[3] ?? '', /^approved {2}not seen {10}\S{43} {2}"City D" {2}main: read, others: read,write$/)
  })

  test('has a forgotten spoke again when it comes again', () => {
    const rights: SpokeRights[] = [{ id, name: 'City A', state: 'forgotten', rooms: {}, at: 5000 }]
    const names = (at: number) =>
      listSpokes({ seen: [seen(1, 'City A', at)], pending: [], rights, enrol: 'open' }).map(({ state }) => state)
    assert.deepEqual([names(5000), names(5001)], [[], ['open']])
  })
})

suite('the spoke that is meant', () => {
  const spokes = listSpokes({
    seen: [seen(1, 'City A'), seen(2, 'City B'), seen(3, 'City B'), seen(4, idOf(1).slice(0, 8))],
    pending: [],
    rights: [],
    enrol: 'open',
  })

  test('is known by its id, by the begin of it, or by a name of its own', () => {
    assert.equal(findSpoke(spokes, idOf(1)).name, 'City A')
    assert.equal(findSpoke(spokes, 'City A').id, idOf(1))
    assert.equal(findSpoke(spokes, idOf(2).slice(0, 8)).id, idOf(2))
    assert.deepEqual(findSpoke(spokes, idOf(9)), { id: idOf(9), name: '' })
  })

  test('must be said better where it may be another: names are what spokes say', () => {
    assert.throws(
      () => findSpoke(spokes, 'City B'),
      (error: Error) => error.message.includes(idOf(2)) && error.message.includes(idOf(3)),
    )
    assert.throws(() => findSpoke(spokes, idOf(1).slice(0, 8)), { code: 'ambiguous' })
    assert.throws(() => findSpoke(spokes, idOf(2).slice(0, 7)), { code: 'unknown_spoke' })
    // The same key written in another way.
    assert.throws(() => findSpoke(spokes, `${idOf(9).slice(0, 42)}F`), { code: 'unknown_spoke' })
    assert.deepEqual([isCanonicalId(idOf(9)), isCanonicalId(`${idOf(9).slice(0, 42)}F`)], [true, false])
  })

  test('by a whole id is never one that calls itself so', () => {
    const liars = listSpokes({ seen: [], pending: [seen(7, idOf(9))], rights: [], enrol: 'approve' })
    assert.deepEqual(findSpoke(liars, idOf(9)), { id: idOf(9), name: '' })
  })

  test('is let in by its id only: whoever has the name may have pushed the one that is meant off the list', () => {
    const [liar] = listSpokes({ seen: [], pending: [seen(7, idOf(9).slice(0, 8))], rights: [], enrol: 'approve' })
    assert.ok(liar)
    for (const word of [liar.name, 'City A'])
      assert.throws(
        () => requireSaidById(liar, word),
        (error: Error) => error.message.includes(idOf(7)),
      )
    requireSaidById(liar, idOf(7))
    requireSaidById(liar, idOf(7).slice(0, 8))
  })
})
