// Posts: what is allowed in them, the bytes that are signed, and the encoded form, with golden values.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { newGuid } from '#common/guid.ts'
import { identityFromPem, newIdentityPem } from '#common/identity.ts'
import {
  canonicalBytes,
  encodePost,
  latestAt,
  type Post,
  postSchema,
  signPost,
  type UnsignedPost,
  verifyPost,
} from '#common/post.ts'
import { nameFault, textFault } from '#common/post-text.ts'

/** The first test key of RFC 8032, section 7.1. */
const rfc8032 = identityFromPem(
  `-----BEGIN PRIVATE KEY-----\n${Buffer.from(
    '302e020100300506032b6570042204209d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60',
    'hex',
  ).toString('base64')}\n-----END PRIVATE KEY-----\n`,
)
const identity = identityFromPem(newIdentityPem())

const golden: UnsignedPost = {
  guid: '00112233-4455-4677-8899-aabbccddeeff',
  room: 'frontrange',
  origin: rfc8032.id,
  at: 1_700_000_000_123,
  author: { name: 'Ada', key: '00112233' },
  source: 'lora',
  text: 'Hi "Ben"\nü 🛰',
}

const anyText = fc
  .string({ unit: 'grapheme', minLength: 1, maxLength: 100 })
  .filter(text => textFault(text) === undefined)
const anyPost: fc.Arbitrary<UnsignedPost> = fc.record(
  {
    guid: fc.constant(newGuid()),
    room: fc.stringMatching(/^[a-z0-9][a-z0-9-]{0,63}$/),
    origin: fc.constant(identity.id),
    at: fc.integer({ min: 0, max: latestAt }),
    author: fc.oneof(
      fc.record({ name: fc.stringMatching(/^[A-Za-z ]{1,32}$/) }, { noNullPrototype: true }),
      fc.record(
        { name: fc.constant('Ädä 🛰'), key: fc.stringMatching(/^(?:[0-9a-f]{2}){4,32}$/) },
        { noNullPrototype: true },
      ),
    ),
    source: fc.constantFrom('lora', 'channel', 'client', 'console', 'system'),
    text: anyText,
  },
  { noNullPrototype: true },
)

test('the signed bytes and the signature are as another implementation makes them', async () => {
  const bytes =
    '["mcfed/1/post","00112233-4455-4677-8899-aabbccddeeff","frontrange",' +
    '"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",1700000000123,"Ada","00112233","lora","Hi \\"Ben\\"\\nü 🛰"]'
  assert.equal(canonicalBytes(golden).toString(), bytes)
  const post = signPost(golden, rfc8032)
  assert.equal(post.sig, 'rYsn5qNrvswHBBwc6I5YS1P3ojKKhgJiEm4Oq4_h2WOKPZ4mxIYXqzEfCPTDrztLaOk6XfdMHsX6fVPlp12eDw')
  assert.equal(await verifyPost(post), true)
})

test('the encoded form has the fields in wire order, whatever the order they were given in', () => {
  const { sig, text, ...rest } = signPost(golden, rfc8032)
  const encoded = encodePost({ sig, text, ...rest })
  assert.match(
    encoded,
    /^\{"guid":"[^"]+","room":"frontrange","origin":"[^"]+","at":\d+,"author":\{.*\},"source":"lora","text":/,
  )
  assert.deepEqual(Object.keys(JSON.parse(encoded)), [
    'guid',
    'room',
    'origin',
    'at',
    'author',
    'source',
    'text',
    'sig',
  ])
})

test('any post: it is valid, goes through its encoded form unchanged, and its signature holds', async () => {
  await fc.assert(
    fc.asyncProperty(anyPost, async unsigned => {
      const post = signPost(unsigned, identity)
      const decoded = postSchema.parse(JSON.parse(encodePost(post)))
      assert.deepEqual(decoded, post)
      assert.equal(await verifyPost(decoded), true)
    }),
    { numRuns: 50 },
  )
})

test('a change of any field breaks the signature', async () => {
  const post = signPost({ ...golden, origin: identity.id }, identity)
  const forged: Post[] = [
    { ...post, guid: newGuid() },
    { ...post, room: 'another' },
    { ...post, origin: rfc8032.id },
    { ...post, at: post.at + 1 },
    { ...post, author: { ...post.author, name: 'Eve' } },
    { ...post, author: { name: post.author.name } },
    { ...post, source: 'client' },
    { ...post, text: `${post.text}.` },
    { ...post, sig: `${post.sig.startsWith('A') ? 'B' : 'A'}${post.sig.slice(1)}` },
    { ...post, sig: '' },
    { ...post, origin: 'no key' },
  ]
  for (const [i, bad] of forged.entries()) assert.equal(await verifyPost(bad), false, `forgery ${i}`)
  assert.equal(await verifyPost(post), true)
})

test('the schema refuses posts that break a limit, and unknown fields', () => {
  const post = signPost(golden, rfc8032)
  assert.equal(postSchema.safeParse(post).success, true)
  const { sig: _sig, ...unsigned } = post
  for (const bad of [
    { ...post, extra: 1 },
    unsigned,
    { ...post, guid: post.guid.toUpperCase() },
    { ...post, room: '-room' },
    { ...post, room: 'a'.repeat(65) },
    { ...post, origin: post.origin.slice(1) },
    { ...post, at: -1 },
    { ...post, at: latestAt + 1 },
    { ...post, at: 1.5 },
    { ...post, source: 'mail' },
    { ...post, author: { name: '' } },
    { ...post, author: { name: 'ü'.repeat(17) } },
    { ...post, author: { name: 'a\nb' } },
    { ...post, author: { name: 'Ada', key: '001122' } },
    { ...post, author: { name: 'Ada', key: '001122334' } },
    { ...post, text: '' },
    { ...post, sig: `${post.sig}A` },
  ])
    assert.equal(postSchema.safeParse(bad).success, false, JSON.stringify(bad))
})

test('texts are 1 to 600 bytes of UTF-8 without control characters but newline', () => {
  for (const good of ['a', 'a\nb', 'ü'.repeat(300), '🛰'.repeat(150), 'x'.repeat(600), '\u2028'])
    assert.equal(textFault(good), undefined)
  for (const [bad, reason] of [
    ['', /empty/],
    ['x'.repeat(601), /is 601 bytes/],
    [`${'ü'.repeat(300)}x`, /is 601 bytes/],
    ['a\tb', /control/],
    ['a\r\n', /control/],
    ['\u0000', /control/],
    ['\u007f', /control/],
    ['\u0085', /control/],
    ['\ud800', /surrogate/],
  ] as const)
    assert.match(textFault(bad) ?? '', reason)
})

test('names are 1 to 32 bytes of UTF-8 on one line', () => {
  for (const good of ['A', 'ü'.repeat(16), 'x'.repeat(32)]) assert.equal(nameFault(good), undefined)
  for (const [bad, reason] of [
    ['', /empty/],
    ['x'.repeat(33), /is 33 bytes/],
    ['€'.repeat(11), /is 33 bytes/],
    ['a\nb', /control/],
    ['\udc00', /surrogate/],
  ] as const)
    assert.match(nameFault(bad) ?? '', reason)
})
