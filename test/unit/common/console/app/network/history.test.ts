// Samples of the cities in view: many asked for at once, each only when it is due.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { History, historiesMax } from '#common/console/app/network/history.ts'
import { sampleMs } from '#common/network.ts'
import { idOf, samplesOf } from '#test/support/network-sample.ts'

function setUp() {
  const asked: string[][] = []
  const jobs: (() => void)[] = []
  const state = { now: 1_000_000, isAway: false }
  const ask = async (path: string) => {
    const ids = new URLSearchParams(path.split('?')[1]).getAll('id')
    asked.push(ids)
    if (state.isAway) throw new Error('away')
    return { samples: { [ids[0] ?? '']: samplesOf(1) } }
  }
  const api = { ask } as unknown as ConstructorParameters<typeof History>[0]['api']
  const history = new History({ api, now: () => state.now, later: job => jobs.push(job) })
  const run = async () => {
    for (const job of jobs.splice(0)) job()
    await new Promise(resolve => setImmediate(resolve))
  }
  return { history, asked, state, run }
}

const ids = (from: number, count: number) => Array.from({ length: count }, (_, index) => idOf(from + index))

test('what is wanted while one scrolls is asked for once it stays in view, at most 50 at once', async () => {
  const { history, asked, run } = setUp()
  history.want(ids(0, 20))
  history.want(ids(100, 70))
  await run()
  await run()
  assert.deepEqual(asked, [ids(100, 50), ids(150, 20)])
})

test('a city is asked for again when its next sample is due, not before', async () => {
  const { history, asked, state, run } = setUp()
  history.want(ids(0, 2))
  await run()
  history.want(ids(0, 3))
  await run()
  assert.deepEqual(asked, [ids(0, 2), [idOf(2)]])
  state.now += sampleMs
  history.want(ids(0, 1))
  await run()
  assert.deepEqual(asked.at(-1), [idOf(0)])
})

test('of very many cities the samples of those are kept that were looked at last; others are asked for anew', async () => {
  const { history, asked, run } = setUp()
  for (let from = 0; from <= historiesMax; from += 50) {
    history.want(ids(from, 50))
    await run()
  }
  assert.equal(history.samples.value.size, historiesMax)
  history.want([idOf(historiesMax)])
  await run()
  history.want([idOf(0)])
  await run()
  assert.deepEqual([asked.length, asked.at(-1)], [historiesMax / 50 + 2, [idOf(0)]])
})

test('who has no samples has an empty list, and a try that failed is made again', async () => {
  const { history, asked, state, run } = setUp()
  state.isAway = true
  history.want(ids(0, 2))
  await run()
  assert.equal(history.samples.value.size, 0)
  state.isAway = false
  state.now += 10_000
  history.want(ids(0, 2))
  await run()
  assert.equal(asked.length, 2)
  assert.deepEqual([history.samples.value.get(idOf(0))?.length, history.samples.value.get(idOf(1))], [275, []])
})
