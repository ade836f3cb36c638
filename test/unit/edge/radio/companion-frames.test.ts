// Frames of the companion protocol on a line that begins anywhere, is cut anywhere, and carries anything.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { CompanionError } from '#edge/radio/companion-error.ts'
import {
  type CompanionDirection,
  CompanionFrameDecoder,
  companionBytesMax,
  encodeCompanionFrame,
} from '#edge/radio/companion-frames.ts'
import { fromHex, toHex } from '#test/support/meshcore-vectors.ts'

const directions = fc.constantFrom<CompanionDirection[]>('to-radio', 'to-app')
const contents = fc.uint8Array({ minLength: 1, maxLength: companionBytesMax })
const sizesArbitrary = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 8 })
/** Where marks and small lengths are common. */
const thorny = fc
  .array(fc.constantFrom(0x3c, 0x3e, 0, 1, 2, 0xb0, 0xb1), { maxLength: 60 })
  .map(bytes => Uint8Array.from(bytes))
const marker = Uint8Array.of(0x0a)

function cut(bytes: Uint8Array, sizes: readonly number[]): Uint8Array[] {
  const chunks: Uint8Array[] = []
  for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
    const size = sizes[turn % sizes.length] ?? 1
    chunks.push(bytes.subarray(at, at + size))
    at += size
  }
  return chunks
}

function decode(direction: CompanionDirection, ...chunks: Uint8Array[]): string[] {
  const decoder = new CompanionFrameDecoder(direction)
  return chunks.flatMap(chunk => decoder.push(chunk)).map(toHex)
}

test('any contents come back, in any cut', () => {
  const lists = fc.array(
    fc.oneof(
      contents,
      thorny.filter(({ length }) => length > 0),
    ),
    { maxLength: 6 },
  )
  fc.assert(
    fc.property(directions, lists, sizesArbitrary, (direction, sent, sizes) => {
      const line = Buffer.concat(sent.map(content => encodeCompanionFrame(direction, content)))
      assert.deepEqual(decode(direction, ...cut(line, sizes)), sent.map(toHex))
    }),
  )
})

test('any bytes at all: nothing is thrown, no content is longer than 176 bytes, and a good frame is soon read', () => {
  const noise = fc.oneof(fc.uint8Array({ maxLength: 1000 }), thorny)
  fc.assert(
    fc.property(directions, noise, sizesArbitrary, (direction, bytes, sizes) => {
      const good = Buffer.concat(Array(60).fill(encodeCompanionFrame(direction, marker)))
      const read = decode(direction, ...cut(bytes, sizes), good)
      assert.ok(read.every(hex => hex.length > 0 && hex.length <= 2 * companionBytesMax))
      assert.deepEqual(read.slice(-10), Array(10).fill('0a'))
    }),
  )
})

test('every byte is in a frame or counted as skipped', () => {
  fc.assert(
    fc.property(fc.oneof(thorny, fc.uint8Array({ maxLength: 600 })), bytes => {
      const decoder = new CompanionFrameDecoder('to-app')
      const read = decoder.push(bytes)
      const used = decoder.skippedBytes + read.reduce((sum, { length }) => sum + 3 + length, 0)
      const waiting = bytes.length - used
      assert.ok(waiting >= 0 && waiting < 3 + companionBytesMax)
      assert.ok(waiting === 0 || bytes[used] === 0x3e)
    }),
  )
})

test('the longest frame is read; a longer one, and an empty one, are refused in both ways', () => {
  const longest = new Uint8Array(companionBytesMax).fill(7)
  assert.equal(toHex(encodeCompanionFrame('to-app', longest)).slice(0, 8), '3eb00007')
  assert.deepEqual(decode('to-app', encodeCompanionFrame('to-app', longest)), [toHex(longest)])
  for (const length of [0, 177, 70_000])
    assert.throws(() => encodeCompanionFrame('to-app', new Uint8Array(length)), CompanionError)
  const decoder = new CompanionFrameDecoder('to-app')
  assert.deepEqual(decoder.push(fromHex('3eb1003e0000')), [])
  assert.equal(decoder.skippedBytes, 6)
  assert.deepEqual(decoder.push(fromHex('3e01000a')).map(toHex), ['0a'])
})

test('the head of a frame is found within what looked like one', () => {
  assert.deepEqual(decode('to-app', fromHex('3e3e01000a')), ['0a'])
  assert.deepEqual(decode('to-app', fromHex('3e053e01000a')), ['0a'])
  assert.deepEqual(decode('to-app', fromHex('3e3e3e01000a')), ['0a'])
})

test('a line that is opened within a frame, and frames of the other direction', () => {
  assert.deepEqual(decode('to-app', fromHex('0102ff'), fromHex('3e01000a')), ['0a'])
  assert.deepEqual(decode('to-app', fromHex('3c0100053e01000a')), ['0a'])
  assert.deepEqual(decode('to-radio', fromHex('3c0100053e01000a')), ['05'])
})

test('what was read stays as it is when more comes', () => {
  const decoder = new CompanionFrameDecoder('to-app')
  const [first] = decoder.push(fromHex('3e0200aabb'))
  decoder.push(fromHex('3e0200ccdd'))
  assert.equal(toHex(first ?? marker), 'aabb')
})
