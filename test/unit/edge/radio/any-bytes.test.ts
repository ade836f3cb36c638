// Whatever is heard: the decoders throw nothing but PacketError, and look at nothing outside; an independent decoder agrees.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inspect } from 'node:util'
import { MeshCoreDecoder } from '@michaelhart/meshcore-decoder'
import fc from 'fast-check'
import { decodeAck, decodeMultipartAck } from '#edge/radio/acks.ts'
import { decodeAdvert, encodeAdvert, nodeType } from '#edge/radio/adverts.ts'
import { cutUtf8, decodeCutUtf8 } from '#edge/radio/bytes.ts'
import { decodeChannelText, encodeChannelText } from '#edge/radio/channels.ts'
import {
  identityFromPrivateKey,
  isSigned,
  keyFromName,
  newIdentity,
  open,
  seal,
  sharedSecret,
  sign,
} from '#edge/radio/crypto.ts'
import { decodeAnonymousRequest, decodeDatagram, encodeDatagram } from '#edge/radio/datagrams.ts'
import { decodeLogin, decodeLoginAnswer } from '#edge/radio/logins.ts'
import { decodePacket, encodePacket, type Packet, packetHash, payloadType } from '#edge/radio/packet.ts'
import { PacketError } from '#edge/radio/packet-error.ts'
import { decodePathReturn } from '#edge/radio/path-returns.ts'
import { decodeAnswer, decodeRequest, decodeStats } from '#edge/radio/requests.ts'
import { decodeText } from '#edge/radio/texts.ts'
import { fromHex, meshcoreIdentities, meshcoreVectors, toHex } from '#test/support/meshcore-vectors.ts'

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

const paths = fc.tuple(fc.constantFrom(1, 2, 3), fc.nat(21)).chain(([hashBytes, hops]) =>
  fc.record({
    hashBytes: fc.constant(hashBytes),
    hops: fc.uint8Array({ minLength: hashBytes * hops, maxLength: hashBytes * hops }),
  }),
)
const packets: fc.Arbitrary<Packet> = fc
  .record({
    route: fc.constantFrom('flood', 'direct', 'transport-flood', 'transport-direct'),
    type: fc.nat(15),
    path: paths,
    codes: fc.tuple(fc.nat(0xffff), fc.nat(0xffff)),
    payload: fc.uint8Array({ maxLength: 184 }),
  })
  .map(({ codes, ...packet }) =>
    packet.route.startsWith('transport') ? { ...packet, transportCodes: codes } : packet,
  ) as fc.Arbitrary<Packet>

const plain = (packet: Packet) => ({
  ...packet,
  path: { ...packet.path, hops: toHex(packet.path.hops) },
  payload: toHex(packet.payload),
})

test('a packet goes over the air and comes out the same', () => {
  fc.assert(
    fc.property(packets, packet => {
      const again = decodePacket(encodePacket(packet))
      assert.deepEqual(plain(again), plain(packet))
      assert.equal(packetHash(again), packetHash(packet))
    }),
  )
})

test('what is sealed is opened with the same secret, and with no other', () => {
  const secrets = fc.uint8Array({ minLength: 32, maxLength: 32 })
  fc.assert(
    fc.property(secrets, fc.uint8Array({ minLength: 1, maxLength: 160 }), (secret, plaintext) => {
      const sealed = seal(secret, plaintext)
      assert.equal(toHex(open(secret, sealed)?.subarray(0, plaintext.length) ?? room.publicKey), toHex(plaintext))
      sealed[0] = (sealed[0] ?? 0) ^ 1
      assert.equal(open(secret, sealed), undefined)
    }),
  )
})

test('new identities sign and share secrets; keys that nodes refuse are refused', () => {
  for (let i = 0; i < 5; i += 1) {
    const identity = newIdentity()
    const text = Buffer.from(`text ${i}`)
    assert.ok(isSigned(identity.publicKey, text, sign(identity, text)))
    assert.deepEqual(sharedSecret(identity, room.publicKey), sharedSecret(room, identity.publicKey))
  }
  assert.throws(() => identityFromPrivateKey(new Uint8Array(64)), RangeError)
  assert.throws(() => identityFromPrivateKey(room.privateKey.subarray(1)), RangeError)
})

test('text is cut between characters, and a cut one is read without it', () => {
  assert.equal(cutUtf8('aé', 2), 'a')
  assert.equal(cutUtf8('aé', 3), 'aé')
  assert.equal(cutUtf8('🌨', 3), '')
  for (const bytes of [2, 3, 4]) assert.equal(decodeCutUtf8(Buffer.from('a🌨').subarray(0, bytes)), 'a')
  assert.equal(decodeCutUtf8(Uint8Array.of(0xff, 97, 97, 97, 97)), undefined)
})

test('an independent decoder reads what we send', async () => {
  const flood = { route: 'flood', path: { hashBytes: 1, hops: fromHex('aabb') } } as const
  const words = { type: nodeType.room, name: 'Köln', position: { latitude: 50.94, longitude: 6.96 } }
  const advert = encodePacket({ ...flood, type: payloadType.advert, payload: encodeAdvert(room, 1_790_000_000, words) })
  const read = await MeshCoreDecoder.decodeWithVerification(toHex(advert))
  assert.equal(read.isValid, true, String(read.errors))
  const app = read.payload.decoded as unknown as {
    isValid: boolean
    signatureValid?: boolean
    appData: { name: string; location: { latitude: number } }
  }
  assert.deepEqual(
    [app.isValid, app.signatureValid, app.appData.name, app.appData.location.latitude],
    [true, true, 'Köln', 50.94],
  )
  const text = encodeDatagram({ to: 0x4f, from: 0x03, sealed: seal(new Uint8Array(32), Buffer.from('hello')) })
  const direct = encodePacket({ route: 'direct', type: payloadType.text, path: flood.path, payload: text })
  const seen = MeshCoreDecoder.decode(toHex(direct))
  const datagram = seen.payload.decoded as unknown as { destinationHash: string; sourceHash: string }
  assert.deepEqual(
    [seen.isValid, datagram.destinationHash.toLowerCase(), datagram.sourceHash.toLowerCase()],
    [true, '4f', '03'],
  )
  const group = encodeChannelText(channel, { timestamp: 1_790_000_000, text: Buffer.from('Bob: Hello') })
  const keys = MeshCoreDecoder.createKeyStore({ channelSecrets: [toHex(channel)] })
  const heardGroup = MeshCoreDecoder.decode(
    toHex(encodePacket({ ...flood, type: payloadType.groupText, payload: group })),
    { keyStore: keys },
  )
  const message = heardGroup.payload.decoded as unknown as { decrypted?: { sender?: string; message: string } }
  assert.deepEqual([message.decrypted?.sender, message.decrypted?.message], ['Bob', 'Hello'])
})
