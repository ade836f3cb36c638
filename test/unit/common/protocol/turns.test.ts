// Turns: never more at once than allowed, nobody overtakes, and a job that fails gives its place on.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Turns } from '#common/protocol/turns.ts'

/** A job that runs until it is told to end. */
function gate(): { open: () => void; passed: Promise<void> } {
  const { promise, resolve } = Promise.withResolvers<void>()
  return { open: resolve, passed: promise }
}

const turn = () => new Promise(resolve => setImmediate(resolve))

test('gives back what the job gave, or throws what it threw', async () => {
  const turns = new Turns(1)
  assert.equal(await turns.run(async () => 7), 7)
  await assert.rejects(
    turns.run(() => Promise.reject(new Error('no'))),
    /no/,
  )
  assert.equal(await turns.run(async () => 8), 8)
})

test('one that comes while a place is handed over neither takes it nor makes another', async () => {
  const turns = new Turns(1)
  const [first, second] = [gate(), gate()]
  const order: string[] = []
  const one = turns.run(() => first.passed)
  const two = turns.run(async () => {
    order.push('waited')
    await second.passed
  })
  first.open()
  await one
  const three = turns.run(async () => void order.push('came late'))
  await turn()
  await turn()
  assert.deepEqual(order, ['waited'])
  second.open()
  await Promise.all([two, three])
  assert.deepEqual(order, ['waited', 'came late'])
})

test('any jobs, at any time: all get their turn, in order where there is one place, never too many at once', async () => {
  const step = fc.record({ rounds: fc.nat(3), gap: fc.nat(2), fails: fc.boolean() })
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 3 }), fc.array(step, { maxLength: 20 }), async (atOnce, steps) => {
      const turns = new Turns(atOnce)
      const began: number[] = []
      let running = 0
      const job = async (i: number, rounds: number, fails: boolean) => {
        began.push(i)
        running += 1
        assert.ok(running <= atOnce, `${running} at once`)
        for (let round = 0; round < rounds; round++) await turn()
        running -= 1
        if (fails) throw new Error('no')
      }
      const ends: Promise<unknown>[] = []
      for (const [i, { rounds, gap, fails }] of steps.entries()) {
        ends.push(turns.run(() => job(i, rounds, fails)).catch(error => assert.equal(error.message, 'no')))
        for (let round = 0; round < gap; round++) await turn()
      }
      await Promise.all(ends)
      // With several places one may be taken while another is on its way to somebody who came before.
      if (atOnce > 1) began.sort((a, b) => a - b)
      assert.deepEqual(began, [...steps.keys()])
    }),
  )
})
