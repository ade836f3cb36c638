// A wrong password is met with silence: however long it goes on, it is no flood.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { loginInMs, loginTimings, passwordHash } from '#edge/gateway/login-pace.ts'
import { RadioClock } from '#edge/gateway/radio-clock.ts'

const minute = 60_000
const hour = 60 * minute
const kept = { at: 1_000_000, silences: 0, passwordHash: '' }

test('one minute, doubled with every silence, up to an hour', () => {
  const waits = [0, 1, 2, 3, 4, 5, 6, 7, 8, 1000].map(silences =>
    loginInMs({ ...kept, silences }, kept.at, loginTimings),
  )
  const minutes = [1, 1, 2, 4, 8, 16, 32, 60, 60, 60]
  assert.deepEqual(
    waits,
    minutes.map(each => each * minute),
  )
})

test('a clock that was set back makes nobody wait longer, and one that was set forward lets him try', () => {
  const silent = { ...kept, silences: 3 }
  assert.equal(loginInMs(silent, kept.at - 24 * hour, loginTimings), 4 * minute)
  assert.equal(loginInMs(silent, kept.at + 24 * hour, loginTimings), 0)
})

test('in a day of silence there are fewer than 32 logins', () => {
  let now = 0
  let silences = 0
  let logins = 0
  while (now < 24 * hour) {
    logins += 1
    silences += 1
    now += loginInMs({ at: now, silences, passwordHash: '' }, now, loginTimings)
  }
  assert.ok(logins < 32, `${logins}`)
})

test('what is kept of a password is not the password', () => {
  assert.match(passwordHash('hello'), /^[0-9a-f]{16}$/)
  assert.notEqual(passwordHash('hello'), passwordHash('hellp'))
})

test('no second is given twice or back, over restarts and whatever the radio takes for the time', () => {
  const step = fc.record({
    seconds: fc.integer({ min: 0, max: 4_000_000_000 }),
    isLogin: fc.boolean(),
    isRestart: fc.boolean(),
  })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), steps => {
      let seconds = 0
      let saved = 0
      const open = () => new RadioClock({ last: saved, save: last => (saved = last), seconds: () => seconds })
      let clock = open()
      let last = 0
      for (const one of steps) {
        seconds = one.seconds
        if (one.isRestart) clock = open()
        if (one.isLogin) clock.spendForLogin()
        else {
          const next = clock.next()
          assert.ok(next > last && next >= Math.min(seconds, next))
          last = next
        }
        last = Math.max(last, clock.last)
        assert.equal(saved, clock.last)
      }
    }),
  )
})

test('a login waits until it is later than what was said before, but not for a clock that was set far back', () => {
  let seconds = 1000
  const clock = new RadioClock({ last: 0, save: () => {}, seconds: () => seconds })
  assert.equal(clock.loginInMs, 0)
  for (let i = 0; i < 5; i += 1) clock.next()
  assert.equal(clock.last, 1004)
  assert.equal(clock.loginInMs, 5000)
  seconds = 1006
  assert.equal(clock.loginInMs, 0)
  seconds = 10
  assert.equal(clock.loginInMs, 30_000)
})
