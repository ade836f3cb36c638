// Packets at the limits of the air, and any of them there and back.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { decodeAnonymousRequest, decodeDatagram } from '#edge/radio/datagrams.ts'
import {
  decodePacket,
  encodePacket,
  hopCount,
  isFlood,
  noPath,
  type Packet,
  type Path,
  packetBytesMax,
  packetHash,
  pathBytesMax,
  payloadBytesMax,
  payloadType,
} from '#edge/radio/packet.ts'
import { PacketError } from '#edge/radio/packet-error.ts'
import { decodePathReturn, encodePathReturn, nothingExtra } from '#edge/radio/path-returns.ts'
import { fromHex, toHex } from '#test/support/meshcore-vectors.ts'

const hopsMax = { 1: 63, 2: 32, 3: 21 } as const

const paths: fc.Arbitrary<Path> = fc
  .constantFrom(1, 2, 3)
  .chain(hashBytes => fc.tuple(fc.constant(hashBytes), fc.nat(hopsMax[hashBytes])))
  .chain(([hashBytes, hops]) =>
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
    transportCodes: fc.tuple(fc.nat(0xffff), fc.nat(0xffff)),
    payload: fc.uint8Array({ maxLength: payloadBytesMax }),
  })
  .map(({ transportCodes, ...packet }) =>
    packet.route.startsWith('transport') ? { ...packet, transportCodes } : packet,
  )

const plainPath = ({ hashBytes, hops }: Path) => ({ hashBytes, hops: toHex(hops) })
const plain = (packet: Packet) => ({ ...packet, path: plainPath(packet.path), payload: toHex(packet.payload) })

test('a packet goes over the air and comes out the same', () => {
  fc.assert(
    fc.property(packets, packet => {
      const again = decodePacket(encodePacket(packet))
      assert.deepEqual(plain(again), plain(packet))
      assert.equal(packetHash(again), packetHash(packet))
    }),
  )
})

test('a path return comes out the same, padded or not', () => {
  const extraTypes = fc.oneof(fc.nat(15), fc.constant(nothingExtra))
  fc.assert(
    fc.property(paths, extraTypes, fc.uint8Array({ maxLength: 60 }), (path, extraType, extra) => {
      const bytes = encodePathReturn({ path, extraType, extra })
      const again = decodePathReturn(Buffer.concat([bytes, Buffer.alloc(5)]))
      assert.deepEqual(plainPath(again.path), plainPath(path))
      assert.equal(again.extraType, extraType)
      assert.equal(toHex(again.extra), `${toHex(extra)}0000000000`)
    }),
  )
})

test('the high bits of what comes with a path are left for later versions', () => {
  assert.equal(decodePathReturn(fromHex('0023aabbccdd')).extraType, payloadType.ack)
})

test('what does not fit is not sent', () => {
  const packet = { route: 'direct', type: payloadType.raw, path: noPath, payload: new Uint8Array() } as const
  const refused: Partial<Packet>[] = [
    { payload: new Uint8Array(payloadBytesMax + 1) },
    { type: 16 },
    { path: { hashBytes: 1, hops: new Uint8Array(pathBytesMax) } },
    { path: { hashBytes: 2, hops: new Uint8Array(3) } },
    { path: { hashBytes: 3, hops: new Uint8Array(66) } },
  ]
  for (const part of refused) assert.throws(() => encodePacket({ ...packet, ...part }), PacketError)
  const full = { hashBytes: 2, hops: new Uint8Array(pathBytesMax) } as const
  const longest = encodePacket({ ...packet, path: full, payload: new Uint8Array(payloadBytesMax) })
  assert.equal(hopCount(decodePacket(longest).path), 32)
  assert.ok(longest.length <= packetBytesMax)
})

test('what the firmware drops unseen is refused', () => {
  const refused = { nothing: '', 'a later version': '4a00aa', 'hashes of 4 bytes': '0ac0aa', 'no path length': '0a' }
  for (const [what, hex] of Object.entries(refused)) assert.throws(() => decodePacket(fromHex(hex)), PacketError, what)
  assert.throws(() => decodePacket(new Uint8Array(packetBytesMax + 1)), PacketError)
  // 33 hops of two bytes and 22 of three are more than the 64 bytes of a path.
  for (const length of [0x61, 0x96])
    assert.throws(() => decodePacket(Buffer.concat([Uint8Array.of(0x0a, length), new Uint8Array(90)])), PacketError)
})

test('a sealed payload has a MAC and a block at least', () => {
  assert.equal(decodeDatagram(new Uint8Array(20)).sealed.length, 18)
  assert.equal(decodeAnonymousRequest(new Uint8Array(51)).sealed.length, 18)
  assert.throws(() => decodeDatagram(new Uint8Array(19)), PacketError)
  assert.throws(() => decodeAnonymousRequest(new Uint8Array(50)), PacketError)
})

test('the hash is the same on every way, but for a trace', () => {
  const at = (type: number, hops: string) =>
    packetHash({ route: 'flood', type, path: { hashBytes: 1, hops: fromHex(hops) }, payload: fromHex('aabb') })
  assert.equal(at(payloadType.text, ''), at(payloadType.text, '9cd5'))
  assert.notEqual(at(payloadType.trace, ''), at(payloadType.trace, '9cd5'))
  assert.deepEqual(
    (['flood', 'transport-flood', 'direct', 'transport-direct'] as const).map(route =>
      isFlood({ route, type: 2, path: noPath, payload: new Uint8Array() }),
    ),
    [true, true, false, false],
  )
})
