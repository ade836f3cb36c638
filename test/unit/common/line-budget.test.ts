// What strangers do must not fill the disk with log lines, and must not pass without a word.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LineBudget } from '#common/line-budget.ts'

test('so many lines a minute; then the next one says how many were kept back', () => {
  let now = 0
  const said: string[] = []
  const budget = new LineBudget(2, () => now)
  const write = (text: string) => budget.write(text, line => said.push(line))
  for (const text of ['a', 'b', 'c', 'd']) write(text)
  now = 59_999
  write('e')
  now = 60_000
  write('f')
  write('g')
  assert.deepEqual(said, ['a', 'b', 'f (and 3 such lines before it)', 'g'])
})
