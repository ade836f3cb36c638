// Payloads there and back, and the rules in them that the firmware's examples do not show.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { cutUtf8 } from '#common/utf8.ts'
import { decodeAck, decodeMultipartAck, encodeAck, encodeMultipartAck } from '#edge/radio/acks.ts'
import { decodeCutUtf8, uint32 } from '#edge/radio/bytes.ts'
import { decodeChannelText, encodeChannelText, encodeLine, splitLine } from '#edge/radio/channels.ts'
import { keyFromName, open, seal } from '#edge/radio/crypto.ts'
import { decodeLogin, decodeLoginAnswer, encodeLogin, encodeLoginAnswer } from '#edge/radio/logins.ts'
import { PacketError } from '#edge/radio/packet-error.ts'
import {
  decodeAccessList,
  decodeRequest,
  decodeStats,
  encodeAccessList,
  encodeRequest,
  encodeStats,
  keepAliveAck,
  keepAliveSince,
  requestType,
  type ServerStats,
} from '#edge/radio/requests.ts'
import { decodeTelemetry, encodeTelemetry, type Reading } from '#edge/radio/telemetry.ts'
import { ackOf, decodeText, encodeText, type Text, textType } from '#edge/radio/texts.ts'
import { fromHex, meshcoreIdentities, meshcoreVectors, toHex } from '#test/support/meshcore-vectors.ts'

const bob = fromHex(meshcoreIdentities.bob?.pub)
const channel = keyFromName('#test')
const secret = Buffer.alloc(32, 7)

/** As it comes off the air: with the zeros of the cipher behind it. */
function overTheAir(plaintext: Uint8Array): Uint8Array {
  return open(secret, seal(secret, plaintext)) ?? assert.fail('not opened')
}

const seconds = fc.nat(0xffff_ffff)
const words = fc.string({ unit: 'grapheme', maxLength: 30 }).filter(text => !text.includes('\0'))

describe('texts', () => {
  const texts: fc.Arbitrary<Text> = fc
    .record({ timestamp: seconds, type: fc.nat(5), attempt: fc.nat(255), text: words })
    .map(({ text, attempt, type, timestamp }) => ({
      timestamp,
      type,
      attempt: type === textType.plain || type === textType.signed ? attempt : attempt & 3,
      authorPrefix: type === textType.signed ? bob.subarray(0, 4) : undefined,
      text: Buffer.from(text),
    }))

  test('come out the same, up to the 255th attempt', () => {
    fc.assert(
      fc.property(texts, text => {
        const again = decodeText(overTheAir(encodeText(text)))
        assert.deepEqual({ ...again, text: toHex(again.text) }, { ...text, text: toHex(text.text) })
        assert.equal(toHex(ackOf(again, bob)), toHex(ackOf(text, bob)))
      }),
    )
  })

  test('what stands behind the end is no attempt when it does not fit the flags', () => {
    assert.equal(decodeText(fromHex('00000000016100060000')).attempt, 1)
    assert.equal(decodeText(fromHex('00000000016100050000')).attempt, 5)
    assert.equal(decodeText(fromHex(`0000000009${'00'.repeat(4)}61000500`)).attempt, 5)
    assert.equal(decodeText(fromHex('00000000056100050000')).attempt, 1)
  })

  test('the fifth push of a post is another packet than the first, and acknowledged by the same bytes', () => {
    const author = bob.subarray(0, 4)
    const push = { timestamp: 5, type: textType.signed, attempt: 6, authorPrefix: author, text: Buffer.from('a') }
    assert.equal(toHex(encodeText(push)), `050000000a${toHex(author)}610006`)
    assert.equal(toHex(ackOf(push, bob)), toHex(ackOf({ ...push, attempt: 2 }, bob)))
  })

  test('a NUL ends a text for the ACK too', () => {
    const text = { timestamp: 5, type: textType.plain, attempt: 0, text: Buffer.from('a\0b') }
    assert.equal(toHex(ackOf(text, bob)), toHex(ackOf({ ...text, text: Buffer.from('a') }, bob)))
    assert.equal(toHex(encodeText(text)), '050000000061')
  })

  test('a character that was cut off is left out', () => {
    for (const bytes of [2, 3, 4]) assert.equal(decodeCutUtf8(Buffer.from('a🌨').subarray(0, bytes)), 'a')
    assert.equal(decodeCutUtf8(Uint8Array.of(0xff, 97, 97, 97, 97)), undefined)
  })
})

describe('channel texts', () => {
  test('come out the same, and nothing of another channel does', () => {
    fc.assert(
      fc.property(seconds, words, words, (timestamp, name, said) => {
        const text = encodeLine(name.replaceAll(': ', ''), said)
        const payload = encodeChannelText(channel, { timestamp, text })
        const read = decodeChannelText(channel, payload)
        assert.deepEqual(read && { ...read, text: toHex(read.text) }, { timestamp, text: toHex(text) })
        assert.equal(decodeChannelText(keyFromName('#other'), payload), undefined)
      }),
    )
  })

  test('a line is a name and what it says, 160 bytes together', () => {
    assert.deepEqual(splitLine('Bob: a: b'), { name: 'Bob', words: 'a: b' })
    assert.deepEqual(splitLine('no name:'), { name: '', words: 'no name:' })
    assert.equal(encodeLine('Bob', 'é'.repeat(100)).length, 159)
  })

  test('what is no plain text is refused', () => {
    const other = Buffer.concat([Uint8Array.of(0xd9), seal(channel, fromHex('0000000004aa'))])
    assert.throws(() => decodeChannelText(channel, other), PacketError)
  })
})

describe('ACKs', () => {
  const vector = (name: string) => meshcoreVectors.find(one => one.name === name)

  test('a keep-alive is acknowledged as the firmware does it', () => {
    // The firmware's answer is recorded, and this is what had been asked: it lacks among the vectors.
    const asked = encodeRequest({ timestamp: 1_767_225_784, type: requestType.keepAlive, data: uint32(1_767_225_620) })
    const request = decodeRequest(overTheAir(asked))
    assert.equal(keepAliveSince(request), 1_767_225_620)
    const ack = encodeAck({ ack: keepAliveAck(request, bob), rest: Uint8Array.of(3) })
    assert.equal(toHex(ack), vector('keepalive.ack')?.decoded.payload_hex)
    assert.equal(keepAliveSince({ ...request, data: new Uint8Array(2) }), 0)
  })

  test('a part of several is the same ACK with a byte in front', () => {
    const ack = fromHex(vector('post.multiack.ack')?.decoded.payload_hex)
    const payload = encodeMultipartAck({ remaining: 1, ...decodeAck(ack) })
    assert.equal(toHex(payload), `13${toHex(ack)}`)
    const { remaining, ack: again } = decodeMultipartAck(payload)
    assert.deepEqual([remaining, toHex(again)], [1, toHex(ack)])
    assert.throws(() => decodeMultipartAck(fromHex('12aabbccdd')), PacketError)
  })
})

describe('logins', () => {
  test('come out the same; a password ends at 15 bytes', () => {
    fc.assert(
      fc.property(seconds, seconds, words, (timestamp, syncSince, text) => {
        const password = cutUtf8(text, 15)
        const login = { timestamp, syncSince, password }
        assert.deepEqual(decodeLogin(overTheAir(encodeLogin(login))), login)
      }),
    )
    const long = encodeLogin({ timestamp: 1, syncSince: 0, password: 'x'.repeat(20) })
    assert.equal(decodeLogin(long).password, 'x'.repeat(15))
    assert.throws(() => decodeLogin(fromHex('0100000000000000ff')), PacketError)
  })

  test('answers say the permission twice, for old apps too', () => {
    const random = fromHex('aabbccdd')
    const answer = { now: 1_790_000_000, keepAliveSeconds: 32, random }
    const legacyFlags = [0, 2, 3].map(permission => {
      const bytes = encodeLoginAnswer({ ...answer, permission })
      assert.equal(bytes.length, 13)
      const again = decodeLoginAnswer(bytes)
      assert.deepEqual({ ...again, random: toHex(again.random) }, { ...answer, permission, random: 'aabbccdd' })
      return bytes[6]
    })
    assert.deepEqual(legacyFlags, [2, 0, 1])
    assert.throws(() => decodeLoginAnswer(Buffer.alloc(13, 1)), PacketError)
  })
})

describe('answers', () => {
  test('an access list comes out the same, up to the zeros', () => {
    const permissions = fc.integer({ min: 1, max: 255 })
    const members = fc.array(
      fc.record({ publicKey: fc.uint8Array({ minLength: 32, maxLength: 32 }), permission: permissions }),
    )
    fc.assert(
      fc.property(members, list => {
        const again = decodeAccessList(Buffer.concat([encodeAccessList(list), Buffer.alloc(9)]))
        assert.deepEqual(
          again.map(({ prefix, permission }) => [toHex(prefix), permission]),
          list.map(({ publicKey, permission }) => [toHex(publicKey.subarray(0, 6)), permission]),
        )
      }),
    )
    assert.throws(() => decodeAccessList(fromHex('aabbcc')), PacketError)
  })

  test('telemetry comes out the same, and readings of several values are passed over', () => {
    const readings: Reading[] = [
      { channel: 1, kind: 'volts', value: 4.11 },
      { channel: 1, kind: 'celsius', value: -12.5 },
      { channel: 2, kind: 'humidityPercent', value: 63.5 },
      { channel: 2, kind: 'distanceMetres', value: 4_294_967.295 },
      { channel: 255, kind: 'altitudeMetres', value: -430 },
    ]
    const bytes = Buffer.concat([fromHex(`0388${'01'.repeat(9)}`), encodeTelemetry(readings), Buffer.alloc(4)])
    assert.deepEqual(decodeTelemetry(bytes), readings)
    const beyond = encodeTelemetry([
      { channel: 1, kind: 'celsius', value: -1e9 },
      { channel: 1, kind: 'volts', value: 1e9 },
    ])
    assert.deepEqual(
      decodeTelemetry(beyond).map(({ value }) => value),
      [-3276.8, 655.35],
    )
    for (const bad of ['017401', '01ff00', '01']) assert.throws(() => decodeTelemetry(fromHex(bad)), PacketError)
  })

  test('a count that does not fit its field stands at its end', () => {
    const zeros = Object.keys(decodeStats(Buffer.alloc(52))).map(key => [key, 0])
    const stats = { ...Object.fromEntries(zeros), posts: 70_000, noiseFloorDbm: -1e6, heard: 2 ** 33 } as ServerStats
    const { posts, noiseFloorDbm, heard, pushes } = decodeStats(encodeStats(stats))
    assert.deepEqual([posts, noiseFloorDbm, heard, pushes], [0xffff, -0x8000, 0xffff_ffff, 0])
  })
})
