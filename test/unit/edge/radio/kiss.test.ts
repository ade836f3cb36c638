// Frames of the KISS modem: those of the real one, in any cut, and what is left of damaged ones.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { encodeFrame, FrameDecoder, frameBytesMax, type KissFrame } from '#edge/radio/kiss.ts'
import { kissTranscript } from '#test/support/kiss-transcript.ts'
import { fromHex, toHex } from '#test/support/meshcore-vectors.ts'

const frameArbitrary: fc.Arbitrary<KissFrame> = fc.record({
  port: fc.integer({ min: 0, max: 15 }),
  command: fc.integer({ min: 0, max: 15 }),
  data: fc.uint8Array({ maxLength: frameBytesMax - 1 }),
})

/** Where bytes that need escapes are half of all. */
const thornyFrame: fc.Arbitrary<KissFrame> = fc.record({
  port: fc.constantFrom(0, 12, 13),
  command: fc.constantFrom(0, 11),
  data: fc.array(fc.constantFrom(0xc0, 0xdb, 0xdc, 0xdd), { maxLength: 20 }).map(bytes => Uint8Array.from(bytes)),
})

function decode(...chunks: Uint8Array[]): KissFrame[] {
  const decoder = new FrameDecoder()
  return chunks.flatMap(chunk => decoder.push(chunk))
}

function cut(bytes: Uint8Array, sizes: readonly number[]): Uint8Array[] {
  const chunks: Uint8Array[] = []
  let at = 0
  for (let turn = 0; at < bytes.length; turn += 1) {
    const size = sizes[turn % sizes.length] ?? 1
    chunks.push(bytes.subarray(at, at + size))
    at += size
  }
  return chunks
}

const marker: KissFrame = { port: 0, command: 6, data: Uint8Array.of(0x97) }
const sizesArbitrary = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 8 })

/** By other means than ours: undoes the escapes, as the frames of the transcript have no others than good ones but where said. */
function expectedOf(hex: string): string[] {
  return Buffer.from(hex, 'hex')
    .toString('latin1')
    .split('\xc0')
    .filter(part => part !== '')
    .map(part => part.replace(/\xdb(\xdc|\xdd)/g, (_, second) => (second === '\xdc' ? '\xc0' : '\xdb')))
    .map(part => Buffer.from(part, 'latin1').toString('hex'))
}

function isUndamaged(hex: string): boolean {
  return hex.length <= 2 * frameBytesMax && !/^(?:..)*?db(?!dc|dd)/.test(hex)
}

function shown({ port, command, data }: KissFrame): string {
  return toHex(Uint8Array.of((port << 4) | command)) + toHex(data)
}

for (const dir of ['host->modem', 'modem->host'] as const) {
  test(`every frame of the real modem, ${dir}, in any cut`, () => {
    const hexes = kissTranscript
      .flatMap(({ frames }) => frames)
      .filter(frame => frame.dir === dir)
      .map(({ hex }) => hex)
    const expected = hexes.filter(isUndamaged).flatMap(expectedOf)
    assert.ok(expected.length > 30)
    const bytes = fromHex(hexes.join(''))
    fc.assert(
      fc.property(sizesArbitrary, sizes => {
        assert.deepEqual(decode(...cut(bytes, sizes)).map(shown), expected)
      }),
    )
  })

  test(`every frame of the real modem, ${dir}, is written as it was`, () => {
    const whole = kissTranscript
      .flatMap(({ frames }) => frames)
      .filter(({ dir: way, hex }) => way === dir && isUndamaged(hex) && /^c0(?!c0).*c0$/.test(hex))
    assert.ok(whole.length > 30)
    for (const { hex, meaning } of whole) {
      const [frame, ...others] = decode(fromHex(hex))
      assert.ok(frame !== undefined && others.length === 0, meaning)
      assert.equal(toHex(encodeFrame(frame)), hex, meaning)
    }
  })
}

test('any frame comes back, in any cut', () => {
  const frames = fc.array(fc.oneof(frameArbitrary, thornyFrame), { maxLength: 6 })
  fc.assert(
    fc.property(frames, sizesArbitrary, (sent, sizes) => {
      const bytes = Buffer.concat(sent.map(encodeFrame))
      assert.deepEqual(decode(...cut(bytes, sizes)).map(shown), sent.map(shown))
    }),
  )
})

test('any bytes at all: nothing is thrown, no frame is too long, and the next good frame is read', () => {
  const noise = fc.oneof(
    fc.uint8Array({ maxLength: 2000 }),
    fc.array(fc.constantFrom(0xc0, 0xdb, 0xdc, 0xdd, 0x00, 0x06), { maxLength: 60 }).map(b => Uint8Array.from(b)),
  )
  fc.assert(
    fc.property(noise, sizesArbitrary, (bytes, sizes) => {
      const frames = decode(...cut(bytes, sizes), encodeFrame(marker), encodeFrame(marker))
      assert.ok(frames.every(({ data }) => data.length < frameBytesMax))
      assert.deepEqual(frames.slice(-2), [marker, marker])
    }),
  )
})

test('a byte that is lost, added or changed costs no frame but its own and a neighbour', () => {
  const damage = fc.record({ at: fc.nat(), kind: fc.constantFrom('lost', 'added', 'changed'), byte: fc.nat(255) })
  fc.assert(
    fc.property(thornyFrame, damage, (frame, { at, kind, byte }) => {
      const bytes = [...encodeFrame(frame)]
      bytes.splice(at % bytes.length, kind === 'added' ? 0 : 1, ...(kind === 'lost' ? [] : [byte]))
      const frames = decode(Uint8Array.from(bytes), encodeFrame(marker), encodeFrame(marker))
      assert.deepEqual(frames.at(-1), marker)
    }),
  )
})

test('a line that is opened within a frame begins with the next one', () => {
  assert.deepEqual(decode(fromHex('0102c0'), encodeFrame(marker)), [marker])
})

test('damaged frames are dropped whole, and counted', () => {
  const decoder = new FrameDecoder()
  const longest: KissFrame = { port: 0, command: 0, data: new Uint8Array(frameBytesMax - 1).fill(0xdb) }
  assert.deepEqual(decoder.push(encodeFrame(longest)), [longest])
  const cases = { 'bad escape': 'c00006db41c0', 'escape at the end': 'c00006dbc0', 'two escapes': 'c006dbdbdcc0' }
  for (const [name, hex] of Object.entries(cases)) assert.deepEqual(decoder.push(fromHex(hex)), [], name)
  const tooLong: KissFrame = { port: 0, command: 0, data: new Uint8Array(frameBytesMax) }
  assert.deepEqual(decoder.push(encodeFrame(tooLong)), [])
  assert.equal(decoder.damaged, 4)
  assert.deepEqual(decoder.push(encodeFrame(marker)), [marker])
})
