// The spokes of an instance: one place each over all instances, held as long as their link lives and no longer.
import assert from 'node:assert/strict'
import { suite, type TestContext, test } from 'node:test'
import type { Raised } from '#common/alerts/alerts.ts'
import { LinkError, StoreUnavailableError } from '#common/errors.ts'
import { createLog } from '#common/log.ts'
import { type GuardState, MemoryGuardStore, renewMs } from '#common/protocol/link-guard.ts'
import { LiveLinks } from '#common/protocol/live-links.ts'
import type { Cloned, SpokeRecord } from '#hub/registry/registry.ts'
import { Spokes } from '#hub/spokes/spokes.ts'
import type { HubStore } from '#hub/store/hub-store.ts'
import { LinkByHand, makePeer, peerId } from '#test/support/link-by-hand.ts'
import { settle } from '#test/support/link-world.ts'

/** What all instances share. */
class SharedGuard extends MemoryGuardStore {
  gate: Promise<void> | undefined
  isAway = false
  updates = 0
  override async update<T extends { state: GuardState }>(
    spokeId: string,
    change: (state: GuardState) => T,
  ): Promise<T> {
    this.updates += 1
    await this.gate
    if (this.isAway) throw new StoreUnavailableError('away')
    return super.update(spokeId, change)
  }
  /** Calls nobody's attention to itself. */
  async stateOf(spokeId: string): Promise<GuardState> {
    return (await super.update(spokeId, state => ({ state }))).state
  }
}

function instance(t: TestContext, guardStore: SharedGuard, name = 'one') {
  const links = new LiveLinks(createLog({ json: false, write: () => {} }))
  const reports: SpokeRecord[] = []
  const clones: Cloned[] = []
  const alerts: string[] = []
  const raise = async ({ text }: Raised) => void alerts.push(text)
  const fences: string[] = []
  let fence: (spokeId: string, link: string) => void = () => {}
  const store = {
    guardStore,
    registry: {
      spokeSeen: async (record: SpokeRecord) => void reports.push(record),
      spokeCloned: async (_: string, found: Cloned) => void clones.push(found),
    },
    publishFence: async (spokeId: string) => void fences.push(spokeId),
    onFence: (listener: typeof fence) => {
      fence = listener
    },
  } as unknown as HubStore
  const spokes = new Spokes({
    store,
    links,
    log: createLog({ json: false, write: () => {} }),
    instance: name,
    alerts: { raise },
    bytes: { open: () => () => {} },
  })
  t.after(() => {
    spokes.stop()
    links.drain('done', 0)
  })
  return { spokes, links, reports, clones, alerts, fences, fence: (link: string) => fence(peerId, link) }
}

const peer = (boot: string, id = peerId) => makePeer({ boot, id })

suite('a spoke', () => {
  test('has one place, is seen while it lives, and is away when its link has ended', async t => {
    const guard = new SharedGuard()
    const { spokes, reports, fences } = instance(t, guard)
    const seat = await spokes.seat(peer('b1'), '192.0.2.1:7')
    const hand = new LinkByHand({ peer: peer('b1') })
    const ended = spokes.serve(hand.link, seat)
    await settle()
    assert.deepEqual(
      reports.map(({ connected, address }) => [connected, address]),
      [[true, '192.0.2.1:7']],
    )
    hand.cut()
    assert.equal((await ended).code, 1006)
    await settle()
    assert.deepEqual(
      reports.map(({ connected }) => connected),
      [true, false],
    )
    assert.deepEqual([fences, (await guard.stateOf(peerId)).current?.ended], [[], true])
  })

  test('that comes by another instance ends its older link, and the older end is told of no wait', async t => {
    const guard = new SharedGuard()
    const [one, two] = [instance(t, guard), instance(t, guard, 'two')]
    const hand = new LinkByHand({ peer: peer('b1') })
    const ended = one.spokes.serve(hand.link, await one.spokes.seat(peer('b1'), 'here'))
    const newer = await two.spokes.seat(peer('b1'), 'there')
    assert.deepEqual(two.fences, [peerId])
    one.fence(newer.link)
    const { code, retryAfterMs } = await ended
    assert.deepEqual([code, retryAfterMs], [4409, 0])
    await settle()
    assert.deepEqual(
      one.reports.map(({ connected }) => connected),
      [true],
    )
  })

  test('that another one took over from between its seat and its link is ended at once', async t => {
    const guard = new SharedGuard()
    const [one, two] = [instance(t, guard), instance(t, guard, 'two')]
    const seat = await one.spokes.seat(peer('b1'), 'here')
    const newer = await two.spokes.seat(peer('b1'), 'there')
    one.fence(newer.link)
    const end = await one.spokes.serve(new LinkByHand({ peer: peer('b1') }).link, seat)
    assert.equal(end.code, 4409)
  })

  test('that is a second machine with the same identity is refused by the time it comes back', async t => {
    const { spokes, clones, alerts } = instance(t, new SharedGuard())
    await spokes.seat(peer('first'), '192.0.2.1:7')
    await spokes.seat(peer('second'), '192.0.2.2:7')
    const refused = spokes.seat(peer('first'), '192.0.2.1:8')
    await assert.rejects(
      refused,
      error => error instanceof LinkError && error.code === 4409 && /192\.0\.2\.2:7/.test(error.message),
    )
    await assert.rejects(spokes.seat(peer('first'), '192.0.2.1:9'), { code: 4409 })
    assert.deepEqual(
      [spokes.clonesRefused, clones.map(({ addresses }) => addresses.join())],
      [2, ['192.0.2.2:7,192.0.2.1:8', '192.0.2.2:7,192.0.2.1:9']],
    )
    assert.equal(alerts.length, 1)
  })
})

suite('every minute', () => {
  test('what has ended meanwhile is not called alive again', async t => {
    t.mock.timers.enable({ apis: ['setInterval'] })
    const guard = new SharedGuard()
    const { spokes } = instance(t, guard)
    const other = 'Q'.repeat(43)
    const [hand, otherHand] = [new LinkByHand({ peer: peer('b1') }), new LinkByHand({ peer: peer('b1', other) })]
    void spokes.serve(hand.link, await spokes.seat(peer('b1'), 'here'))
    const otherEnded = spokes.serve(otherHand.link, await spokes.seat(peer('b1', other), 'here'))
    await settle()
    const { promise, resolve } = Promise.withResolvers<void>()
    guard.gate = promise
    t.mock.timers.tick(renewMs)
    guard.gate = undefined
    otherHand.cut()
    await otherEnded
    await settle()
    resolve()
    await settle()
    assert.equal((await guard.stateOf(other)).current?.ended, true)
    assert.equal((await guard.stateOf(peerId)).current?.ended, false)
  })

  test('one round is under way, however slow the store', async t => {
    t.mock.timers.enable({ apis: ['setInterval'] })
    const guard = new SharedGuard()
    const { spokes } = instance(t, guard)
    void spokes.serve(new LinkByHand({ peer: peer('b1') }).link, await spokes.seat(peer('b1'), 'here'))
    await settle()
    const before = guard.updates
    const { promise, resolve } = Promise.withResolvers<void>()
    guard.gate = promise
    for (let i = 0; i < 10; i++) t.mock.timers.tick(renewMs)
    await settle()
    assert.equal(guard.updates, before + 1)
    resolve()
    await settle()
    t.mock.timers.tick(renewMs)
    await settle()
    assert.equal(guard.updates, before + 2)
  })

  test('a store that is away ends no link', async t => {
    t.mock.timers.enable({ apis: ['setInterval'] })
    const guard = new SharedGuard()
    const { spokes, links } = instance(t, guard)
    void spokes.serve(new LinkByHand({ peer: peer('b1') }).link, await spokes.seat(peer('b1'), 'here'))
    guard.isAway = true
    t.mock.timers.tick(renewMs)
    await settle()
    assert.equal(links.size, 1)
    await assert.rejects(spokes.seat(peer('b2'), 'here'), StoreUnavailableError)
  })
})
