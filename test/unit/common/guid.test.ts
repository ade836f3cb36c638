// GUIDs: random ones, content-derived ones with golden values, and their bytes.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  bytesToGuid,
  guidFromContent,
  guidPattern,
  guidToBytes,
  newGuid,
  packGuids,
  unpackGuids,
} from '#common/guid.ts'

test('random GUIDs fit the pattern and differ', () => {
  const guids = new Set(Array.from({ length: 100 }, newGuid))
  assert.equal(guids.size, 100)
  for (const guid of guids) assert.match(guid, guidPattern)
})

test('content-derived GUIDs are as another implementation of the rule computes them', () => {
  const timestamp = Buffer.alloc(4)
  timestamp.writeUInt32LE(1_700_000_000)
  const [server, author] = [Buffer.alloc(32, 0x11), Buffer.alloc(32, 0x22)]
  const post = guidFromContent('mcfed/1/post', server, author, timestamp, 'Hello from City A 🛰')
  assert.equal(post, '1a6f6f65-4206-8934-9f76-74f425ec169f')
  const channel = guidFromContent('mcfed/1/chan', Buffer.alloc(16, 0x33), Buffer.from([1, 0, 0, 0]), 'Ada: hi')
  assert.equal(channel, '1d46c06d-2b37-8eea-835f-8de271a44166')
})

test('the same content gives the same GUID, version 8 and RFC variant; another tag or text gives another', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), fc.string({ unit: 'grapheme' }), (key, text) => {
      const guid = guidFromContent('mcfed/1/post', key, text)
      assert.match(guid, /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
      assert.equal(guidFromContent('mcfed/1/post', key, Buffer.from(text)), guid)
      assert.notEqual(guidFromContent('mcfed/1/room', key, text), guid)
      assert.notEqual(guidFromContent('mcfed/1/post', key, `${text}.`), guid)
    }),
  )
})

test('any 16 bytes go to text and back', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), bytes => {
      const guid = bytesToGuid(bytes)
      assert.match(guid, guidPattern)
      assert.deepEqual(new Uint8Array(guidToBytes(guid)), bytes)
    }),
  )
  assert.equal(bytesToGuid(guidToBytes('00112233-4455-4677-8899-aabbccddeeff')), '00112233-4455-4677-8899-aabbccddeeff')
})

test('any number of GUIDs go into one text and back, and nothing else does', () => {
  const guids = Array.from({ length: 5 }, newGuid)
  for (let count = 0; count <= guids.length; count += 1) {
    const text = packGuids(guids.slice(0, count))
    assert.deepEqual(unpackGuids(text), guids.slice(0, count))
    // Cut, padded, in the other alphabet, with a bit too many: there is one text for each list.
    for (const bad of [
      `${text}=`,
      `${text} `,
      `${text}A`,
      `+${text.slice(1)}`,
      text.slice(0, -1) || '=',
      `${text}AAAA`,
    ])
      assert.equal(unpackGuids(bad), undefined, bad)
  }
})

test('the pattern refuses what is no lower-case UUID', () => {
  const guid = newGuid()
  for (const bad of [
    guid.toUpperCase().replace(/\d/g, 'A'),
    `${guid} `,
    guid.slice(1),
    guid.replaceAll('-', ''),
    `{${guid}}`,
  ])
    assert.doesNotMatch(bad, guidPattern)
})
