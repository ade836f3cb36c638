// Which alert is let go: the oldest, but of a server that fills the list its own.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { alertsOfOneMax, placeToGo } from '#common/alerts/kept-alerts.ts'

const times = <T>(count: number, value: T) => Array.from({ length: count }, () => value)

test('the oldest goes while nobody has more than a part of the list', () => {
  assert.equal(placeToGo(['A', 'B', 'B', undefined]), 0)
  assert.equal(placeToGo(['A', ...times(alertsOfOneMax, 'B'), ...times(800, undefined)]), 0)
})

test('of a server that has more its oldest goes, of several that of the one with the most', () => {
  assert.equal(placeToGo(['A', undefined, ...times(alertsOfOneMax + 1, 'B')]), 2)
  assert.equal(placeToGo([...times(alertsOfOneMax + 1, 'A'), ...times(alertsOfOneMax + 2, 'B')]), alertsOfOneMax + 1)
})
