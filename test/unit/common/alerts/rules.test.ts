// Troubles of a city are told when they have held, once, and once more when all is well again.
import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import fc from 'fast-check'
import { endedBy } from '#common/alerts/kinds.ts'
import { edgeRules, hubRules, type Watched } from '#common/alerts/rules.ts'
import { lookAt, type Troubles, troublesSchema } from '#common/alerts/troubles.ts'
import { goodRadio, watchedCity, withRadio } from '#test/support/watched-city.ts'

const minuteMs = 60_000
const everyMs = 15_000

/** Somebody who looks four times a minute. */
class Watcher {
  at = Date.parse('2026-03-01T12:00:00Z')
  troubles: Troubles = {}
  readonly told: string[] = []
  readonly onces: string[] = []
  readonly #rules

  constructor(rules = hubRules(30)) {
    this.#rules = rules
  }

  look(city: Watched, isFirst = false): void {
    this.at += everyMs
    const { troubles, due } = lookAt(city, this.troubles, { rules: this.#rules, at: this.at, isFirst })
    // What is kept is JSON.
    this.troubles = troublesSchema.parse(JSON.parse(JSON.stringify(troubles)))
    this.told.push(...due.map(({ text }) => text))
    this.onces.push(...due.flatMap(({ once }) => once ?? []))
  }

  /** Looks for so long; gives what is told meanwhile. */
  pass(minutes: number, city: Watched | ((n: number) => Watched)): string[] {
    const before = this.told.length
    for (let n = 0; n < (minutes * minuteMs) / everyMs; n += 1) this.look(typeof city === 'function' ? city(n) : city)
    return this.told.slice(before)
  }
}

const good = watchedCity()

function takeTurns(kinds: readonly string[]): void {
  const open = new Set<string>()
  for (const kind of kinds) {
    const ended = endedBy(kind)
    if (ended === undefined) assert.ok(!open.has(kind) && open.add(kind), `${kind} begins twice`)
    else assert.ok(open.delete(ended), `${kind} without a begin`)
  }
}

suite('the rules of alerts', () => {
  test('a city in good order is no news', () => {
    assert.deepEqual(new Watcher().pass(60, good), [])
    assert.deepEqual(new Watcher(edgeRules()).pass(60, good), [])
  })

  test('a backlog that does not get fewer for five minutes', () => {
    const watcher = new Watcher()
    const late = (backlog: number) => watchedCity({ backlog, lagSeconds: 720 })
    assert.deepEqual(watcher.pass(4.75, late(120)), [])
    assert.deepEqual(watcher.pass(30, late(120)), [
      '120 posts wait for "City B", the oldest for 12 min: it is linked, and does not keep up',
    ])
    assert.deepEqual(watcher.pass(10, good), ['"City B" has caught up again after 34 min'])
    assert.deepEqual(watcher.pass(20, good), [])
  })

  test('a city that catches up is no trouble, however much it has missed; nor is one that is away, or a post that is under way', () => {
    const watcher = new Watcher()
    const catching = (n: number) => watchedCity({ backlog: 5_000 - n, lagSeconds: 50_000 })
    assert.deepEqual(watcher.pass(60, catching), [])
    assert.deepEqual(watcher.pass(60, watchedCity({ connected: false, backlog: 50, lagSeconds: 900 })), [])
    assert.deepEqual(watcher.pass(60, watchedCity({ backlog: 1, lagSeconds: 2 })), [])
    assert.deepEqual(watcher.pass(60, watchedCity({ backlog: null, lagSeconds: null })), [])
  })

  test('a duty cycle that is used up, and has to fall well below before it is over', () => {
    const watcher = new Watcher()
    assert.deepEqual(watcher.pass(5, withRadio({ budgetUsed: 0.74 })), [])
    assert.deepEqual(watcher.pass(5, withRadio({ budgetUsed: 0.75 })), [
      'the duty cycle of "City B" is used up: 75 % of 360 s an hour, and what is left is for logins and ACKs; 0 packets wait for the air',
    ])
    const swings = (n: number) => withRadio({ budgetUsed: n % 2 === 0 ? 0.65 : 0.8, queued: 1 })
    assert.deepEqual(watcher.pass(30, swings), [])
    assert.deepEqual(watcher.pass(5, withRadio({ budgetUsed: 0.55 })), [
      '"City B" has air again: 55 % of its duty cycle is used',
    ])
  })

  test('a small duty cycle is used up when the next packet does not fit', () => {
    const watcher = new Watcher()
    assert.deepEqual(watcher.pass(5, withRadio({ budgetUsed: 0.7, budgetSeconds: 36 })), [])
    assert.match(
      watcher.pass(5, withRadio({ budgetUsed: 0.71, budgetSeconds: 36, queued: 12 }))[0] ?? '',
      /12 packets wait for the air$/,
    )
  })

  test('a clock that is wrong', () => {
    const watcher = new Watcher()
    assert.deepEqual(watcher.pass(5, watchedCity({}, { systemOffMs: 4 * minuteMs })), [])
    const [text] = watcher.pass(5, watchedCity({}, { systemOffMs: -200 * minuteMs }))
    assert.match(text ?? '', /^the clock of the machine of "City B" is 3 h 20 min ahead: check NTP there/)
    assert.deepEqual(watcher.pass(5, good), ['the clock of the machine of "City B" is right again'])
  })

  test('a radio that is gone; one that comes and goes is one trouble, and a city that is away says nothing of its radio', () => {
    const watcher = new Watcher()
    const gone = withRadio({ state: 'opening' })
    assert.equal(watcher.pass(0.25, gone).length, 0)
    assert.equal(watcher.pass(1, good).length, 0)
    assert.deepEqual(watcher.pass(5, gone), ['the radio of "City B" is away for 30 s: check its cable and its power'])
    assert.deepEqual(
      watcher.pass(10, n => (n % 3 === 0 ? good : gone)),
      [],
    )
    assert.deepEqual(watcher.pass(10, { ...good, connected: false }), [])
    const [text, ...rest] = watcher.pass(10, good)
    assert.match(text ?? '', /^the radio of "City B" is back after 2\d min$/)
    assert.deepEqual(rest, [])
    assert.deepEqual(watcher.pass(10, watchedCity({}, { radio: null })), [])
  })

  test('a certificate, at each step once', () => {
    const watcher = new Watcher()
    const days = (certificateDays: number) => watchedCity({}, { certificateDays })
    assert.deepEqual(watcher.pass(5, days(31)), [])
    assert.deepEqual(
      [30, 29, 7, 1, 0, -1].flatMap(left => watcher.pass(5, days(left))),
      ['ends in 30 days', 'ends in 7 days', 'ends in 1 day', 'ends in less than a day'].map(
        ends => `the certificate of "City B" ${ends}: its operator must make a new one`,
      ),
    )
    assert.deepEqual(watcher.pass(5, days(364)), ['"City B" has a new certificate, good for 364 days'])
    assert.equal(new Set(watcher.onces).size, watcher.onces.length)
  })

  test('a copied identity: only its end, others tell of its begin', () => {
    const watcher = new Watcher()
    assert.deepEqual(watcher.pass(60, watchedCity({ cloned: true })), [])
    assert.deepEqual(watcher.pass(60, good), ['no second machine has come with the identity of "City B" for a day'])
  })

  test('an edge tells of a server that it has lost, a hub leaves that to its own job', () => {
    const away = watchedCity({ connected: false, name: 'hub', self: null, backlog: null })
    const edge = new Watcher(edgeRules())
    assert.deepEqual(edge.pass(10, away), ['there is no link to "hub" for 5 min: posts are kept until it is back'])
    assert.deepEqual(edge.pass(10, { ...away, connected: true }), ['the link to "hub" is back after 10 min'])
    assert.deepEqual(new Watcher().pass(60, away), [])
  })

  test('when nobody has looked for some time, what was not told must hold anew; what was told still holds', () => {
    const watcher = new Watcher()
    const gone = withRadio({ state: 'closed' })
    watcher.look(gone)
    watcher.at += 60 * minuteMs
    watcher.look(gone, true)
    assert.deepEqual(watcher.told, [])
    assert.equal(watcher.pass(5, gone).length, 1)
    watcher.at += 60 * minuteMs
    watcher.look(gone, true)
    assert.equal(watcher.pass(5, gone).length, 0)
  })

  test('whoever dies between raising and keeping raises the very same', () => {
    const watcher = new Watcher()
    const gone = withRadio({ state: 'closed' })
    for (const city of [gone, good]) {
      watcher.pass(0.5, city)
      const before = structuredClone(watcher.troubles)
      watcher.look(city)
      const once = watcher.onces.at(-1)
      watcher.troubles = before
      watcher.look(city)
      assert.equal(watcher.onces.at(-1), once)
      assert.ok(once !== undefined)
    }
    assert.equal(watcher.onces.length, 4)
  })

  test('whatever happens, begin and end take turns', () => {
    const city = fc.record({
      connected: fc.boolean(),
      backlog: fc.constantFrom(null, 0, 1, 50),
      lagSeconds: fc.constantFrom(null, 0, 90, 500),
      radio: fc.record({
        state: fc.constantFrom('ready' as const, 'closed' as const),
        budgetUsed: fc.constantFrom(0, 0.65, 0.74, 0.8),
        queued: fc.constantFrom(0, 3),
      }),
      systemOffMs: fc.constantFrom(0, 10 * minuteMs),
      looks: fc.integer({ min: 1, max: 40 }),
    })
    fc.assert(
      fc.property(fc.array(city, { maxLength: 30 }), cities => {
        const watcher = new Watcher(edgeRules())
        for (const { looks, radio, systemOffMs, ...changes } of cities) {
          const seen = watchedCity(changes, { systemOffMs, radio: { ...goodRadio, ...radio } })
          watcher.pass((looks * everyMs) / minuteMs, seen)
        }
        takeTurns(watcher.onces.map(once => once.split(' ')[0] ?? ''))
        assert.equal(new Set(watcher.onces).size, watcher.onces.length)
      }),
      { numRuns: 200 },
    )
  })
})
