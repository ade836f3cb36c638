// Every kind of trouble, and its end, has words of its own on the page; what an older server did not say is known by its kind.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { endOf } from '#common/alerts/kinds.ts'
import { isGoodNews, kindWords, sentence, signOf } from '#common/console/app/alerts/kinds-words.ts'

test('kinds have words', () => {
  const kinds = [...Object.entries(endOf).flat(), 'gap', 'wan-cap']
  const words = kinds.map(kindWords)
  assert.equal(new Set(words).size, kinds.length)
  for (const word of words) assert.match(word, /^[A-Z][a-z ]+$/)
  assert.equal(kindWords('of-tomorrow'), 'of tomorrow')
})

test('good news are known by their level, and without one by their kind', () => {
  assert.equal(isGoodNews({ kind: 'spoke-back' }), true)
  assert.equal(isGoodNews({ kind: 'spoke-silent' }), false)
  assert.equal(isGoodNews({ kind: 'of-tomorrow', level: 'info' }), true)
  assert.notEqual(signOf({ kind: 'gap' }).sign, signOf({ kind: 'radio-back' }).sign)
  assert.equal(sentence('the radio'), 'The radio')
})
