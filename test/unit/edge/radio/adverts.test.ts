// What nodes say of themselves, and that nobody else can have said it.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { cutUtf8 } from '#common/utf8.ts'
import { decodeAdvert, encodeAdvert, nodeType } from '#edge/radio/adverts.ts'
import { uint32 } from '#edge/radio/bytes.ts'
import { identityFromPrivateKey, sign } from '#edge/radio/crypto.ts'
import { PacketError } from '#edge/radio/packet-error.ts'
import { fromHex, meshcoreIdentities, toHex } from '#test/support/meshcore-vectors.ts'

const room = identityFromPrivateKey(fromHex(meshcoreIdentities.room?.prv))
const seconds = fc.nat(0xffff_ffff)
const words = fc.string({ unit: 'grapheme', maxLength: 30 }).filter(text => !text.includes('\0'))

test('what they say comes out the same, and signed by nobody else', () => {
  const degrees = (max: number) => fc.integer({ min: -max * 1e6, max: max * 1e6 }).map(steps => steps / 1e6)
  const positions = fc.option(fc.record({ latitude: degrees(90), longitude: degrees(180) }), { nil: undefined })
  fc.assert(
    fc.property(seconds, fc.nat(15), positions, words, (timestamp, type, position, text) => {
      const name = cutUtf8(text, position ? 23 : 31)
      const payload = encodeAdvert(room, timestamp, { type, position, name })
      assert.ok(payload.length <= 132)
      const { publicKey, ...read } = decodeAdvert(payload)
      assert.equal(toHex(publicKey), toHex(room.publicKey))
      assert.deepEqual(read, { type, position: position && { ...position }, name, timestamp, isSigned: true })
      payload[32] = (payload[32] ?? 0) ^ 1
      assert.equal(decodeAdvert(payload).isSigned, false)
    }),
    { numRuns: 20 },
  )
})

test('names end at a NUL or where older firmware cut them; features are passed over', () => {
  const named = (appData: string) => {
    const head = Buffer.concat([room.publicKey, uint32(1)])
    const data = fromHex(appData)
    return decodeAdvert(Buffer.concat([head, sign(room, Buffer.concat([head, data])), data]))
  }
  assert.deepEqual([named('8161620063').name, named('816162c3').name], ['ab', 'ab'])
  const both = named('f00000000000000000111122224b')
  assert.deepEqual([both.name, both.type, both.isSigned], ['K', 0, true])
  assert.throws(() => named('9300'), PacketError)
  assert.equal(nodeType.room, named('03').type)
})
