// What counts as a priority notice.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isPriority, priorityPrefix } from '#common/priority.ts'

test('a priority notice is marked in its text, and was written at a console', () => {
  const text = `${priorityPrefix}road closed`
  assert.equal(text, 'PRIORITY: road closed')
  assert.equal(isPriority({ source: 'console', text }), true)
  assert.equal(isPriority({ source: 'lora', text }), false)
  assert.equal(isPriority({ source: 'console', text: 'Priority: road closed' }), false)
  assert.equal(isPriority({ source: 'console', text: `No ${text}` }), false)
})
