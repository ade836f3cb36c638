// What a text will be on the air, before it is sent: the same as the edge makes of the post that comes of it.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { airText } from '#common/air-text.ts'
import { faultOf, previewOf, pushBytesMax, sentText } from '#common/console/app/compose/preview.ts'
import { nameFault } from '#common/post-text.ts'
import { utf8Bytes } from '#common/utf8.ts'

const written = { author: 'Net', text: 'Road closed', isPriority: false }

test('a short text is one push, with the author and the city', () => {
  assert.deepEqual(previewOf(written, 'hub'), {
    text: 'Road closed',
    bytes: 11,
    pushes: [{ head: 'Net@hub: ', text: 'Road closed', mark: '', bytes: 20 }],
  })
})

test('a priority notice is marked in its text, and the mark counts', () => {
  const { text, bytes, pushes } = previewOf({ ...written, isPriority: true }, 'hub')
  assert.equal(text, 'PRIORITY: Road closed')
  assert.equal(bytes, 21)
  assert.equal(pushes[0]?.text, text)
  assert.equal(sentText({ text, isPriority: true }), text)
})

test('nothing is no post, not even an urgent one; a name that is not written yet is stood in for', () => {
  for (const text of ['', '  \n'])
    assert.deepEqual(previewOf({ ...written, text, isPriority: true }, 'hub'), { text: '', bytes: 0, pushes: [] })
  assert.equal(previewOf({ ...written, author: ' ' }, 'hub').pushes[0]?.head, 'Name@hub: ')
})

test('a book that was pasted, or a name of hundreds of bytes, is not cut into thousands of pushes', () => {
  assert.equal(previewOf({ ...written, text: 'word '.repeat(100_000) }, 'hub').pushes.length, 0)
  assert.equal(previewOf({ ...written, author: 'x'.repeat(500), text: 'word '.repeat(110) }, 'hub').pushes.length, 0)
  assert.ok(previewOf({ ...written, text: 'word '.repeat(200) }, 'hub').pushes.length > 5)
})

test('what people paste is made fit', () => {
  assert.equal(sentText({ text: ' a\tb\r\nc\rd ', isPriority: false }), 'a b\nc\nd')
})

const isName = (name: string) => name.trim() === name && nameFault(name) === undefined
const isShort = (text: string) => utf8Bytes(text) <= 2000

test('each push is shown as the radio of another city carries it, whatever is written', () => {
  const texts = fc
    .string({ unit: 'grapheme', minLength: 1, maxLength: 250 })
    .map(text => text.replace(/\p{Cc}/gu, ' '))
    .filter(isShort)
  const names = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 8 }).filter(isName)
  fc.assert(
    fc.property(texts, names, fc.boolean(), (text, author, isPriority) => {
      const preview = previewOf({ author, text, isPriority }, 'Boulder (2/3)')
      if (preview.text === '') return
      const post = { origin: 'B', author: { name: author }, source: 'console', text: preview.text } as const
      const { parts } = airText(post, { origin: 'A', cityOf: () => 'Boulder (2/3)' })
      assert.deepEqual(
        preview.pushes.map(({ head, text, mark }) => head + text + mark),
        parts,
      )
      for (const { head, mark, bytes } of preview.pushes) {
        assert.equal(head, `${author}@Boulder (2/3): `)
        assert.equal(mark !== '', parts.length > 1)
        assert.ok(bytes <= pushBytesMax)
      }
    }),
  )
})

test('what has to be mended is said with its field', () => {
  assert.equal(faultOf(written), undefined)
  const fault = (changes: Partial<typeof written>) => {
    const { field, message } = faultOf({ ...written, ...changes }) ?? {}
    return `${field}: ${message}`
  }
  assert.equal(fault({ author: ' ' }), 'author: Write who posts, like "Net control".')
  assert.equal(fault({ author: 'ü'.repeat(17) }), 'author: The name is 34 bytes in UTF-8; the limit is 32.')
  assert.equal(fault({ text: ' ' }), 'text: Write something first.')
  assert.equal(
    fault({ text: 'x'.repeat(591), isPriority: true }),
    'text: The text is 601 bytes in UTF-8; the limit is 600.',
  )
  assert.match(fault({ text: 'a\u0007' }), /^text: .*control characters/)
})
