// When peers take over from the hub and hand back: never sooner than said, never while the hub serves, always when it does not.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { createLog } from '#common/log.ts'
import { type HubView, nextStandby, Standby, type StandbyState } from '#edge/links/standby.ts'
import { waitFor } from '#test/support/wait-for.ts'

const takeoverMs = 15_000
const away: HubView = { isLinked: false, isCaughtUp: true, toSend: 0, settled: 0 }
const idle: HubView = { isLinked: true, isCaughtUp: true, toSend: 0, settled: 10 }
const fresh: StandbyState = { on: true, lostAt: undefined, settled: 0 }

/** The state after looks at these views, one each second. */
function after(views: readonly HubView[], from: StandbyState = fresh): StandbyState {
  return views.reduce((state, view, i) => nextStandby(state, view, { now: i * 1000, takeoverMs }), from)
}

const times = (count: number, view: HubView) => Array.from({ length: count }, () => view)

test('peers take over when the hub has been away for so long, not before', () => {
  assert.equal(after(times(15, away)).on, true)
  assert.equal(after(times(16, away)).on, false)
})

test('a hub that was back for a moment starts the wait anew', () => {
  assert.equal(after([...times(10, away), idle, ...times(15, away)]).on, true)
  assert.equal(after([...times(10, away), idle, ...times(16, away)]).on, false)
})

test('a hub that is linked and acknowledges nothing is as good as away', () => {
  const stuck = { ...idle, toSend: 3 }
  assert.equal(after([idle, ...times(16, stuck)]).on, false)
  const slow = (i: number) => ({ ...idle, toSend: 1000, settled: 10 + i })
  assert.equal(after(Array.from({ length: 100 }, (_, i) => slow(i))).on, true)
})

test('it is handed back when the hub has caught up both ways', () => {
  const taken = after(times(16, away))
  assert.equal(after([{ ...idle, isCaughtUp: false }], taken).on, false)
  assert.equal(after([{ ...idle, toSend: 65 }], taken).on, false)
  assert.equal(after([{ ...idle, toSend: 64, settled: 1 }], taken).on, true)
  assert.equal(after([idle], taken).on, true)
})

test('whatever the hub does: it never stands by for longer than the wait without a sign of service', () => {
  const view = fc.record({
    isLinked: fc.boolean(),
    isCaughtUp: fc.boolean(),
    toSend: fc.nat(200),
    settled: fc.nat(5),
  })
  fc.assert(
    fc.property(fc.array(view, { maxLength: 80 }), views => {
      let state = fresh
      let lastServed = -1000
      for (const [i, hub] of views.entries()) {
        const serves = hub.isLinked && (hub.toSend === 0 || hub.settled > state.settled)
        if (serves) lastServed = i * 1000
        state = nextStandby(state, hub, { now: i * 1000, takeoverMs })
        if (state.on) assert.ok(i * 1000 - lastServed <= takeoverMs)
      }
    }),
  )
})

test('only where somebody else can be linked it is said that links to peers carry the posts', async t => {
  const lines: string[] = []
  const log = createLog({ json: false, write: line => lines.push(line) })
  for (const hasPeers of [false, true]) {
    const standby = new Standby({ hub: () => away, takeoverMs: 8, hasPeers: () => hasPeers, log })
    t.after(() => standby.stop())
    standby.start()
    await waitFor(() => standby.on, { what: 'the takeover', until: on => !on })
  }
  assert.deepEqual(
    lines.map(line => /links to peers carry/.test(line)),
    [true],
  )
})
