// Lines of an import: cut alike wherever the stream was cut, bounded, and each with its number and its fault.
import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import { identityFromPem, newIdentityPem } from '#common/identity.ts'
import { encodePost, type Post, signPost } from '#common/post.ts'
import { checkLine, type Line, lineBytesMax, linesOf } from '#hub/commands/post-lines.ts'

const identity = identityFromPem(newIdentityPem())
const post: Post = signPost(
  {
    ...{ guid: '6f1c1b44-5d6e-4f0a-9a55-2f3f1f0c9d10', room: 'main', origin: identity.id, at: 1 },
    ...{ author: { name: 'Ada' }, source: 'client', text: 'Grüße, 🛰' },
  },
  identity,
)

async function* chunksOf(...chunks: Buffer[]) {
  yield* chunks
}

async function linesIn(...chunks: Buffer[]): Promise<Line[]> {
  const lines: Line[] = []
  for await (const line of linesOf(chunksOf(...chunks))) lines.push(line)
  return lines
}

test('lines are the same wherever the stream is cut, with their numbers; blank ones count and are left out', async () => {
  const lines = fc.array(fc.string({ unit: fc.constantFrom('a', 'é', '\r', '{'), maxLength: 6 }), { maxLength: 12 })
  await fc.assert(
    fc.asyncProperty(lines, fc.array(fc.nat(40), { maxLength: 8 }), async (texts, cuts) => {
      const bytes = Buffer.from(texts.join('\n'))
      const places = [0, ...cuts.filter(cut => cut < bytes.length).sort((a, b) => a - b), bytes.length]
      const chunks = places.slice(1).map((end, i) => bytes.subarray(places[i], end))
      const expected = texts.map((text, i) => [i + 1, text] as const).filter(([, text]) => text !== '' && text !== '\r')
      const found = (await linesIn(...chunks)).map(({ number, bytes }) => [number, String(bytes)] as const)
      assert.deepEqual(found, expected)
    }),
  )
})

test('a line without an end is held no further than its limit', async () => {
  const endless = Array.from({ length: 100 }, () => Buffer.alloc(lineBytesMax / 4, 'x'))
  const lines = await linesIn(...endless, Buffer.from(`\n${encodePost(post)}\n`))
  assert.deepEqual(
    lines.map(({ number, bytes }) => [number, bytes === undefined]),
    [
      [1, true],
      [2, false],
    ],
  )
})

for (const [what, text, fault] of [
  ['a post', encodePost(post), undefined],
  ['a post whose text was changed', encodePost({ ...post, text: 'Grüße' }), /signature/],
  ["a post in another's name", encodePost({ ...post, origin: identityFromPem(newIdentityPem()).id }), /signature/],
  ['a field too much', JSON.stringify({ ...post, more: 1 }), /not a post/],
  ['a field that is no room', JSON.stringify({ ...post, room: 'No Room' }), /not a post: room must be/],
  ['no JSON', '{"guid":', /not JSON/],
  ['bytes that are no UTF-8', Buffer.from([0x22, 0xff, 0x22]), /not JSON/],
] as const) {
  test(`${what}: ${fault === undefined ? 'taken' : `refused as ${fault}`}`, async () => {
    const line = await checkLine({ number: 7, bytes: Buffer.from(text) })
    assert.equal(line.number, 7)
    if (fault === undefined) assert.deepEqual(line, { number: 7, post })
    else assert.match('fault' in line ? line.fault : '', fault)
  })
}
