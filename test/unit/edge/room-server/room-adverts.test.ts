// When rooms are made known, over days that pass in milliseconds.
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { StoreUnavailableError } from '#common/errors.ts'
import { type AdvertTimes, runAdverts } from '#edge/room-server/room-adverts.ts'
import { Time } from '#test/support/time.ts'

const minuteMs = 60_000
const hourMs = 60 * minuteMs
const usual: AdvertTimes = { zeroHopMs: 2 * minuteMs, floodMs: 47 * hourMs }

class Mast {
  readonly time = new Time()
  readonly sent: { room: string; route: string; at: number }[] = []
  readonly floodedAt = new Map<string, number>()
  hasAir = true
  isDiskFull = false
  /** So long a read takes, in which the clock goes on. */
  diskMs = 0
  #readingMs = 0

  start(t: TestContext, { rooms = ['main'], times = usual, wallOffMs = 0 } = {}): void {
    const stopping = new AbortController()
    const now = () => this.time.now + 1_790_000_000_000 + wallOffMs
    const running = runAdverts(
      {
        rooms,
        times,
        floods: {
          get: room => {
            this.#readingMs += this.diskMs
            return this.floodedAt.get(room)
          },
          set: (room, at) => {
            if (this.isDiskFull) throw new StoreUnavailableError('disk full')
            this.floodedAt.set(room, at)
          },
        },
        send: (room, route) => {
          this.sent.push({ room, route, at: this.time.now + this.#readingMs })
          return Promise.resolve(this.hasAir)
        },
        now,
        ticks: () => this.time.now + this.#readingMs,
        sleep: (ms, signal) => this.time.sleep(ms, signal),
      },
      stopping.signal,
    )
    t.after(async () => {
      stopping.abort()
      await running
    })
  }

  count(route: string): number {
    return this.sent.filter(one => one.route === route).length
  }
}

test('a new room is flooded once, then said to its neighbours every two minutes, and flooded after 47 hours', async t => {
  const mast = new Mast()
  mast.diskMs = 2
  mast.start(t)
  await mast.time.run(46 * hourMs)
  assert.deepEqual(
    mast.sent.slice(0, 3).map(({ route, at }) => [route, at]),
    [
      ['flood', 5000],
      ['direct', 125_000],
      ['direct', 245_000],
    ],
  )
  assert.equal(mast.count('flood'), 1)
  await mast.time.run(2 * hourMs)
  assert.equal(mast.count('flood'), 2)
  const gaps = mast.sent.slice(1).map(({ at }, i) => at - (mast.sent[i]?.at ?? 0))
  assert.ok(Math.min(...gaps) > minuteMs, 'a flood is an advert to the neighbours too')
})

test('who restarts often does not flood often; a clock that was wrong holds up no flood for ever', async t => {
  const mast = new Mast()
  mast.floodedAt.set('main', 1_790_000_000_000 - 46 * hourMs)
  mast.start(t)
  await mast.time.run(59 * minuteMs)
  assert.equal(mast.count('flood'), 0)
  await mast.time.run(2 * minuteMs)
  assert.equal(mast.count('flood'), 1)
  const ahead = new Mast()
  ahead.floodedAt.set('main', 1_790_000_000_000 + 9000 * hourMs)
  ahead.start(t)
  await ahead.time.run(48 * hourMs)
  assert.equal(ahead.count('flood'), 1)
})

test('a flood that found no air comes again in ten minutes; a radio that is back is met by no storm', async t => {
  const mast = new Mast()
  mast.hasAir = false
  mast.start(t)
  await mast.time.run(hourMs)
  assert.ok(mast.count('flood') <= 7)
  assert.ok(mast.sent.length <= 36)
  const before = mast.sent.length
  mast.hasAir = true
  mast.isDiskFull = true
  await mast.time.run(12 * minuteMs)
  assert.ok(mast.sent.length - before <= 7)
  await mast.time.run(hourMs)
  assert.ok(mast.count('flood') <= 8)
})

test('rooms come one after the other, and 0 is never', async t => {
  const mast = new Mast()
  mast.start(t, { rooms: ['a', 'b', 'c'] })
  await mast.time.run(minuteMs)
  assert.deepEqual(
    mast.sent.map(({ room, at }) => [room, at]),
    [
      ['a', 5000],
      ['b', 15_000],
      ['c', 25_000],
    ],
  )
  const silent = new Mast()
  silent.start(t, { times: { zeroHopMs: 0, floodMs: 0 } })
  const neighbourly = new Mast()
  neighbourly.start(t, { times: { zeroHopMs: hourMs, floodMs: 0 } })
  await Promise.all([silent.time.run(50 * hourMs), neighbourly.time.run(50 * hourMs)])
  assert.equal(silent.sent.length, 0)
  assert.deepEqual([neighbourly.count('flood'), neighbourly.count('direct')], [0, 50])
})
