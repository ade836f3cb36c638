// The troubles of cities are told once, whichever instance looks and wherever it dies.
import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import type { Raised } from '#common/alerts/alerts.ts'
import { hubRules, type Watched } from '#common/alerts/rules.ts'
import { troublesJob } from '#hub/upkeep/troubles-job.ts'
import { minuteMs, spokeId, UpkeepWorld } from '#test/support/upkeep-world.ts'
import { watchedCity, withRadio } from '#test/support/watched-city.ts'

const gone = withRadio({ state: 'closed' })
const good = watchedCity()

function begin() {
  const world = new UpkeepWorld()
  const net: { cities: Watched[] } = { cities: [good] }
  const { notes, alerts, now } = world
  const parts = { rules: hubRules(30), cities: async () => net.cities, notes, alerts, now }
  /** Four looks a minute, each by another instance. */
  const pass = async (minutes: number, ...cities: Watched[]) => {
    net.cities = cities
    for (let n = 0; n < minutes * 4; n += 1) {
      world.at += minuteMs / 4
      await world.run(troublesJob(parts))
    }
  }
  const dies = async (writes: number, ...cities: Watched[]) => {
    net.cities = cities
    world.at += minuteMs / 4
    let left = writes
    const mortal =
      <A extends unknown[]>(write: (...args: A) => Promise<void>) =>
      async (...args: A) => {
        left -= 1
        if (left < 0) throw new Error('dead')
        await write(...args)
      }
    const frail = { ...notes, setMany: mortal(notes.setMany), remove: mortal(notes.remove) }
    const raise = mortal((raised: Raised) => alerts.raise(raised))
    await world.run(troublesJob({ ...parts, notes: frail, alerts: { raise } })).catch(() => {})
  }
  return { world, pass, dies }
}

const kinds = (world: UpkeepWorld) => world.raised.map(({ kind, level }) => `${kind} ${level}`)

suite('troubles of cities', () => {
  test('are told once, and once when they are over; then nothing is kept of them', async () => {
    const { world, pass } = begin()
    await pass(5, gone)
    assert.deepEqual(kinds(world), ['radio-gone warn'])
    assert.equal(world.raised[0]?.spoke, spokeId('B'))
    await pass(5, good)
    assert.deepEqual(kinds(world), ['radio-gone warn', 'radio-back info'])
    assert.equal((await world.notes.all('troubles:')).size, 0)
    assert.equal(world.lines.length, 2)
  })

  for (const writes of [0, 1, 2]) {
    test(`are told once when an instance dies after ${writes} writes at each look`, async () => {
      const { world, pass, dies } = begin()
      await pass(0.25, good)
      for (let n = 0; n < 4; n += 1) await dies(writes, gone)
      await pass(1, gone)
      for (let n = 0; n < 4; n += 1) await dies(writes, good)
      await pass(1, good)
      assert.deepEqual(kinds(world), ['radio-gone warn', 'radio-back info'])
    })
  }

  test('of a city that is forgotten are forgotten, without good news', async () => {
    const { world, pass } = begin()
    await pass(5, gone)
    await pass(1)
    assert.equal((await world.notes.all('troubles:')).size, 0)
    await pass(5, good)
    assert.deepEqual(kinds(world), ['radio-gone warn'])
  })

  test('count anew when nobody looked', async () => {
    const { world, pass } = begin()
    await pass(0.25, gone)
    world.at += 60 * minuteMs
    await pass(0.25, gone)
    assert.deepEqual(kinds(world), [])
    await pass(1, gone)
    assert.deepEqual(world.texts(), ['the radio of "City B" is away for 30 s: check its cable and its power'])
  })

  test('of many cities do not mix', async () => {
    const { world, pass } = begin()
    const city = (letter: string, from: Watched) => ({ ...from, id: spokeId(letter), name: `City ${letter}` })
    await pass(1, city('A', gone), city('B', good), city('C', gone))
    await pass(1, city('A', good), city('B', good), city('C', gone))
    assert.deepEqual(
      world.raised.map(({ kind, spoke }) => `${kind} ${spoke?.[0]}`),
      ['radio-gone A', 'radio-gone C', 'radio-back A'],
    )
  })
})
