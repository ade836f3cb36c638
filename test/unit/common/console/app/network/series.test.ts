// Samples as lines: holes stay holes.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { pathOf, seriesOf, summaryOf } from '#common/console/app/network/series.ts'
import { sampleMs } from '#common/network.ts'

const sample = (step: number, latencyMs: number | null) => ({
  at: step * sampleMs,
  latencyMs,
  backlog: null,
  budgetUsed: 0.5,
})
const box = { width: 100, height: 10, from: 0, until: 10 * (sampleMs / 1000) }

test('where samples are missing there is a hole of the line', () => {
  assert.deepEqual(seriesOf([sample(0, 1), sample(1, 2), sample(5, 3)], 'latencyMs'), [
    [0, 300, 600, 1500],
    [1, 2, null, 3],
  ])
  assert.equal(seriesOf([sample(0, 1), sample(2, 2)], 'latencyMs')[1].includes(null), false)
})

test('a path goes up to the top, is broken at holes, and has a dot for one value alone', () => {
  const series = seriesOf([sample(0, 0), sample(1, 5), sample(2, null), sample(3, 10), sample(4, null)], 'latencyMs')
  assert.equal(pathOf(series, box, 1), 'M0 10L10 5M30 0h0.1')
  assert.equal(pathOf(series, box, 20), 'M0 10L10 7.5M30 5h0.1')
})

test('what is older than the left edge is not drawn', () => {
  const series = seriesOf([sample(0, 5), sample(1, 5), sample(2, 5)], 'latencyMs')
  assert.equal(pathOf(series, { ...box, from: 300, until: 900 }, 5), 'M0 0L50 0')
})

test('a summary leaves holes out, and there is none of nothing', () => {
  assert.deepEqual(summaryOf(seriesOf([sample(0, 4), sample(1, 2), sample(2, 3), sample(3, null)], 'latencyMs')), {
    ...{ newest: 3, least: 2, most: 4 },
  })
  assert.equal(summaryOf(seriesOf([sample(0, 4)], 'backlog')), undefined)
  assert.equal(summaryOf(seriesOf([], 'latencyMs')), undefined)
  assert.equal(pathOf([[], []], box, 1), '')
})
