// Every kind of trouble, and its end, has words of its own on the page; what an older server did not say is known by its kind.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { endOf } from '#common/alerts/kinds.ts'
import { isQuiet, kindWords, sentence, signOf } from '#common/console/app/alerts/kinds-words.ts'

test('kinds have words', () => {
  const kinds = [...Object.entries(endOf).flat(), 'gap', 'wan-cap']
  const words = kinds.map(kindWords)
  assert.equal(new Set(words).size, kinds.length)
  for (const word of words) assert.match(word, /^[A-Z][a-z ]+$/)
  assert.equal(kindWords('of-tomorrow'), 'of tomorrow')
})

test('what can wait is neither a warning nor good news', () => {
  assert.equal(isQuiet({ kind: 'asks-to-join', level: 'info' }), true)
  assert.equal(signOf({ kind: 'asks-to-join', level: 'info' }).word, 'To do')
  assert.equal(signOf({ kind: 'none-asks', level: 'info' }).word, 'Good news')
  assert.equal(signOf({ kind: 'gap', level: 'warn' }).word, 'Warning')
})

test('good news are known by their level, and without one by their kind', () => {
  assert.equal(isQuiet({ kind: 'spoke-back' }), true)
  assert.equal(isQuiet({ kind: 'spoke-silent' }), false)
  assert.equal(isQuiet({ kind: 'of-tomorrow', level: 'info' }), true)
  assert.notEqual(signOf({ kind: 'gap' }).sign, signOf({ kind: 'radio-back' }).sign)
  assert.equal(sentence('the radio'), 'The radio')
})
