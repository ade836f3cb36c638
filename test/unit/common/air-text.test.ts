// How posts read on the air.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { airText, airTextBytesMax } from '#common/air-text.ts'
import type { Post } from '#common/post.ts'

const here = 'A'.repeat(43)
const away = 'B'.repeat(43)
const context = { origin: here, cityOf: (origin: string) => (origin === away ? 'Boulder' : undefined) }
const post: Post = {
  guid: '00000000-0000-4000-8000-000000000001',
  room: 'main',
  origin: here,
  at: 1_790_000_000_000,
  author: { name: 'Ana', key: '4fd099cc'.repeat(8) },
  source: 'lora',
  text: 'Chains on',
  sig: 'x'.repeat(86),
}

test('a neighbour on the radio speaks for himself', () => {
  assert.deepEqual(airText(post, context), {
    speaker: 'Ana 4fd099cc',
    authorPrefix: '4fd099cc',
    parts: ['Chains on'],
  })
})

test('others are named, with their city when they are from elsewhere', () => {
  const told = (changes: Partial<Post>) => {
    const { speaker, authorPrefix, parts } = airText({ ...post, ...changes }, context)
    assert.equal(authorPrefix, undefined)
    return [speaker, ...parts]
  }
  assert.deepEqual(told({ source: 'client', author: { name: 'Ana' } }), ['Ana', 'Ana: Chains on'])
  assert.deepEqual(told({ origin: away }), ['Ana@Boulder 4fd099cc', 'Ana@Boulder: Chains on'])
  assert.deepEqual(told({ origin: 'C'.repeat(43) }), ['Ana 4fd099cc', 'Ana: Chains on'])
})

test('a long text goes in numbered parts, cut at spaces', () => {
  const { parts } = airText({ ...post, origin: away, text: 'snow '.repeat(50).trim() }, context)
  assert.equal(parts.length, 2)
  assert.match(parts[0] ?? '', /^Ana@Boulder: snow .* snow \(1\/2\)$/)
  assert.match(parts[1] ?? '', /^Ana@Boulder: snow .* snow \(2\/2\)$/)
})

test('every part fits, none ends inside a character, and together they say it all', () => {
  const texts = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 300 }).filter(text => !/\p{Cc}/u.test(text))
  fc.assert(
    fc.property(texts, fc.constantFrom(here, away), (text, origin) => {
      const { parts } = airText({ ...post, origin, source: 'client', text }, context)
      for (const part of parts) {
        assert.ok(Buffer.byteLength(part) <= airTextBytesMax)
        assert.ok(part.isWellFormed())
      }
      const head = origin === here ? 'Ana: ' : 'Ana@Boulder: '
      const said = parts.map(part => part.slice(head.length).replace(parts.length > 1 ? / \(\d+\/\d+\)$/ : /$^/, ''))
      assert.equal(said.join('').replaceAll(/\s/g, ''), text.replaceAll(/\s/g, ''))
    }),
  )
})

test('a server with a name without end leaves room for the text', () => {
  const endless = { ...context, cityOf: () => '\u{1f3d4}'.repeat(128) }
  const { parts } = airText({ ...post, origin: away, text: 'x'.repeat(600) }, endless)
  assert.ok(parts.length < 16, `${parts.length} pushes for one post`)
  assert.ok(parts.every(part => Buffer.byteLength(part) <= airTextBytesMax))
})
