// The time on posts: it never goes back, distrusts a clock that woke up in 1970, and gives way to a hub's when it is far off.
import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import fc from 'fast-check'
import { Clock } from '#common/clock.ts'
import { latestAt } from '#common/post.ts'

const minuteMs = 60_000
const floorAt = Date.UTC(2026, 0, 1)

/** A clock over a system clock that a test sets, and a monotonic one that only passes. */
function world(systemAt: number, floor = floorAt) {
  let system = systemAt
  let monotonic = 500
  const clock = new Clock({ floorAt: floor, systemNow: () => system, monotonicNow: () => monotonic })
  return {
    clock,
    pass(ms: number) {
      system += ms
      monotonic += ms
    },
    set(at: number) {
      system = at
    },
  }
}

type World = ReturnType<typeof world>

suite('a system clock', () => {
  test('that is right is believed', () => {
    const { clock, pass } = world(floorAt + 5000)
    pass(1000)
    assert.deepEqual([clock.now(), clock.systemOffMs], [floorAt + 6000, 0])
  })

  test('that is a little early is believed too', () => {
    const { clock } = world(floorAt - 4 * minuteMs)
    assert.deepEqual([clock.now(), clock.systemOffMs], [floorAt - 4 * minuteMs, 0])
  })

  test('of 1970 begins at what has surely passed, and goes on from there', () => {
    const { clock, pass } = world(minuteMs)
    assert.equal(clock.now(), floorAt)
    pass(3 * minuteMs)
    assert.equal(clock.now(), floorAt + 3 * minuteMs)
    assert.equal(clock.systemOffMs, floorAt - minuteMs)
  })

  test('that is set at last is believed from then on', () => {
    const { clock, pass, set } = world(minuteMs)
    pass(1000)
    set(floorAt + 90 * minuteMs)
    assert.deepEqual([clock.now(), clock.systemOffMs], [floorAt + 90 * minuteMs, 0])
  })

  test('that is set wrong is not', () => {
    const { clock, set } = world(floorAt + 90 * minuteMs)
    clock.stamp()
    set(minuteMs)
    assert.equal(clock.now(), floorAt + 90 * minuteMs)
  })

  test('that is nudged by less than half a minute keeps what is known of its error', () => {
    const { clock, pass, set } = world(minuteMs)
    clock.compare(10 * minuteMs)
    pass(1000)
    set(minuteMs + 1000 + 20_000)
    assert.equal(clock.now(), floorAt + 10 * minuteMs + 21_000)
  })
})

suite('a stamp', () => {
  test('is later than the last one, also within one ms and when the clock goes back', () => {
    const { clock, set } = world(floorAt + 1000)
    assert.deepEqual([clock.stamp(), clock.stamp()], [floorAt + 1000, floorAt + 1001])
    set(floorAt + 1000 - 2 * minuteMs)
    assert.equal(clock.stamp(), floorAt + 1002)
  })

  test('is later than the floor: a restart goes on behind the last post', () => {
    const { clock } = world(floorAt)
    assert.equal(clock.stamp(), floorAt + 1)
  })

  test('only ever grows, whatever is done to the clocks', () => {
    const pass = fc.nat(1e6).map(ms => (w: World) => w.pass(ms))
    const set = fc.integer({ min: -1e12, max: 1e10 }).map(ms => (w: World) => w.set(floorAt + ms))
    const compare = fc.integer({ min: -1e9, max: 1e9 }).map(ms => (w: World) => void w.clock.compare(ms))
    fc.assert(
      fc.property(fc.array(fc.oneof(pass, set, compare), { maxLength: 30 }), changes => {
        const tested = world(floorAt)
        let last = tested.clock.stamp()
        for (const change of changes) {
          change(tested)
          const next = tested.clock.stamp()
          assert.ok(next > last && Number.isSafeInteger(next))
          last = next
        }
      }),
    )
  })
})

suite("a hub's clock", () => {
  test('within five minutes of ours changes nothing', () => {
    const { clock } = world(floorAt)
    assert.equal(clock.compare(5 * minuteMs), false)
    assert.equal(clock.compare(-5 * minuteMs), false)
    assert.equal(clock.now(), floorAt)
  })

  test('far from ours is taken, ahead or behind', () => {
    for (const off of [6 * minuteMs, -6 * minuteMs]) {
      const { clock, pass } = world(floorAt + 90 * minuteMs)
      assert.equal(clock.compare(off), true)
      pass(1000)
      assert.deepEqual([clock.now(), clock.systemOffMs], [floorAt + 90 * minuteMs + off + 1000, off])
      assert.equal(clock.compare(0), false)
    }
  })

  test('that is beyond belief is not taken: nothing could be posted any more, and no server would link', () => {
    const { clock } = world(0)
    const before = clock.now()
    for (const said of [latestAt, Date.UTC(2100, 0, 1)]) {
      assert.equal(clock.compare(said - before), false)
      assert.equal(clock.now(), before)
    }
    assert.equal(clock.compare(Date.UTC(2040, 0, 1) - before), true)
  })

  test('that agrees with the system clock after all ends the distrust', () => {
    const { clock } = world(floorAt - 60 * minuteMs)
    assert.equal(clock.now(), floorAt)
    assert.equal(clock.compare(-60 * minuteMs), true)
    assert.deepEqual([clock.now(), clock.systemOffMs], [floorAt - 60 * minuteMs, 0])
  })
})
