// Bytes of UTF-8, counted and cut without Buffer: the same as Buffer says.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { cutUtf8, utf8Bytes } from '#common/utf8.ts'

/** Any units of UTF-16, halves of pairs included. */
const anyText = fc
  .array(fc.oneof(fc.nat(0xff), fc.nat(0xffff), fc.integer({ min: 0xd700, max: 0xe0ff })))
  .map(units => {
    return String.fromCharCode(...units)
  })

test('bytes are counted as they are sent', () => {
  assert.deepEqual(['', 'a', 'é', '€', '🌨', '\ud800', 'a\udc00\ud800'].map(utf8Bytes), [0, 1, 2, 3, 4, 3, 7])
  fc.assert(fc.property(anyText, text => assert.equal(utf8Bytes(text), Buffer.byteLength(text))))
})

test('a text is cut between characters, and no shorter than it must', () => {
  assert.deepEqual(
    [2, 3].map(bytes => cutUtf8('aé', bytes)),
    ['a', 'aé'],
  )
  assert.equal(cutUtf8('🌨', 3), '')
  fc.assert(
    fc.property(anyText, fc.nat(40), (text, bytes) => {
      const cut = cutUtf8(text, bytes)
      assert.ok(text.startsWith(cut) && Buffer.byteLength(cut) <= bytes)
      const next = [...text.slice(cut.length)][0] ?? ''
      assert.ok(next === '' || Buffer.byteLength(cut) + Buffer.byteLength(next) > bytes)
    }),
  )
})
