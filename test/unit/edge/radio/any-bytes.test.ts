// Whatever is heard: the decoders throw nothing but PacketError, and look at nothing outside.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inspect } from 'node:util'
import fc from 'fast-check'
import { decodeAck, decodeMultipartAck } from '#edge/radio/acks.ts'
import { decodeAdvert } from '#edge/radio/adverts.ts'
import { decodeChannelText } from '#edge/radio/channels.ts'
import { identityFromPrivateKey, isSigned, keyFromName, open, sharedSecret } from '#edge/radio/crypto.ts'
import { decodeAnonymousRequest, decodeDatagram } from '#edge/radio/datagrams.ts'
import { decodeLogin, decodeLoginAnswer } from '#edge/radio/logins.ts'
import { decodePacket } from '#edge/radio/packet.ts'
import { PacketError } from '#edge/radio/packet-error.ts'
import { decodePathReturn } from '#edge/radio/path-returns.ts'
import { decodeAccessList, decodeAnswer, decodeRequest, decodeStats } from '#edge/radio/requests.ts'
import { decodeTelemetry } from '#edge/radio/telemetry.ts'
import { decodeText } from '#edge/radio/texts.ts'
import { fromHex, meshcoreIdentities, meshcoreVectors } from '#test/support/meshcore-vectors.ts'

const room = identityFromPrivateKey(fromHex(meshcoreIdentities.room?.prv))
const channel = keyFromName('#test')

const decoders: readonly ((bytes: Uint8Array) => unknown)[] = [
  decodePacket,
  decodeAck,
  decodeMultipartAck,
  decodeAdvert,
  bytes => decodeChannelText(channel, bytes),
  bytes => open(channel, bytes),
  bytes => sharedSecret(room, bytes),
  bytes => isSigned(bytes, bytes, bytes),
  decodeAnonymousRequest,
  decodeDatagram,
  decodeLogin,
  decodeLoginAnswer,
  decodePathReturn,
  decodeAnswer,
  decodeRequest,
  decodeStats,
  decodeAccessList,
  decodeTelemetry,
  decodeText,
]

/** What comes out, or that it was refused. */
function outcome(decode: (bytes: Uint8Array) => unknown, bytes: Uint8Array): string {
  try {
    return inspect(decode(bytes), { depth: 5, maxArrayLength: null })
  } catch (error) {
    assert.ok(error instanceof PacketError, `${decode.name || decode} threw ${error}`)
    return 'refused'
  }
}

/** Random, or of a real packet with some of them changed. */
const heard = fc.oneof(
  fc.uint8Array({ maxLength: 255 }),
  fc
    .tuple(
      fc.constantFrom(...meshcoreVectors.map(({ hex }) => hex)),
      fc.array(fc.tuple(fc.nat(255), fc.nat(255)), { maxLength: 4 }),
    )
    .map(([hex, changes]) => {
      const bytes = fromHex(hex)
      for (const [at, value] of changes) if (at < bytes.length) bytes[at] = value
      return bytes
    }),
)

test('decoders refuse with PacketError only, and the same bytes give the same whatever lies around them', () => {
  fc.assert(
    fc.property(heard, fc.uint8Array({ minLength: 40, maxLength: 40 }), (bytes, around) => {
      const framed = Buffer.concat([around, bytes, around]).subarray(40, 40 + bytes.length)
      for (const decode of decoders) assert.equal(outcome(decode, framed), outcome(decode, Buffer.from(bytes)))
    }),
    { numRuns: 300 },
  )
})
