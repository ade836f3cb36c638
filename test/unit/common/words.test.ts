import assert from 'node:assert/strict'
import { test } from 'node:test'
import { durationWords, sizeWords } from '#common/words.ts'

const minuteMs = 60_000

test('lengths of time', () => {
  assert.equal(durationWords(-1), '0 s')
  assert.equal(durationWords(40_000), '40 s')
  assert.equal(durationWords(59 * minuteMs), '59 min')
  assert.equal(durationWords(200 * minuteMs), '3 h 20 min')
  assert.equal(durationWords(2 * 24 * 60 * minuteMs), '2 days')
})

test('sizes', () => {
  assert.equal(sizeWords(850), '850 B')
  assert.equal(sizeWords(35_400), '35 kB')
  assert.equal(sizeWords(1_240_000), '1.2 MB')
  assert.equal(sizeWords(10e6), '10 MB')
  assert.equal(sizeWords(2.44e9), '2.4 GB')
})
