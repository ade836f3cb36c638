import assert from 'node:assert/strict'
import { test } from 'node:test'
import { signal } from '@preact/signals'
import { newsMark } from '#common/console/app/shell/place.ts'

test('before the title of a tab: how many alerts are new, else whether posts are', () => {
  const mark = (count: number, ...unread: number[]) => {
    const counts = new Map(unread.map((posts, index) => [`room-${index}`, posts]))
    return newsMark({ alerts: { count: signal(count) }, rooms: { unread: signal(counts) } })
  }
  assert.equal(mark(0), '')
  assert.equal(mark(0, 0, 0), '')
  assert.equal(mark(0, 0, 7), '• ')
  assert.equal(mark(2, 7), '(2) ')
})
