// Our codec and the firmware's bytes agree, both ways, in every vector there is; one that nobody looks at fails.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { decodeAck, decodeMultipartAck } from '#edge/radio/acks.ts'
import { decodeAdvert } from '#edge/radio/adverts.ts'
import { decodeChannelText } from '#edge/radio/channels.ts'
import { keyFromName, open, transportCode } from '#edge/radio/crypto.ts'
import { decodeAnonymousRequest, decodeDatagram } from '#edge/radio/datagrams.ts'
import { decodePacket, encodePacket, encodePath, packetHash, payloadType } from '#edge/radio/packet.ts'
import { PacketError } from '#edge/radio/packet-error.ts'
import { cryptoChecks } from '#test/support/meshcore-crypto-checks.ts'
import { type Check, payloadChecks } from '#test/support/meshcore-payload-checks.ts'
import { fromHex, type MeshcoreVector, meshcoreVectors, toHex } from '#test/support/meshcore-vectors.ts'

/** Malformed for somebody else only: whose packet it is, its payload does not say. */
const soundForUs = ['good.reference', 'txt-direct-path-not-me', 'ack-unknown']

function checkFor(vector: MeshcoreVector): Check | undefined {
  const { name, decoded } = vector
  if (name.startsWith('malformed.') && !soundForUs.some(end => name.endsWith(end))) return checkMalformed
  if (decoded.header !== undefined) return payloadChecks[String(decoded.payload)]
  return Object.entries(cryptoChecks).find(([start]) => name.startsWith(start))?.[1]
}

describe('vectors of the firmware', () => {
  test('are all there', () => assert.equal(meshcoreVectors.length, 153))
  for (const vector of meshcoreVectors) {
    test(vector.name, () => {
      const check = checkFor(vector)
      assert.ok(check, 'a vector that nothing here looks at')
      if (vector.decoded.header !== undefined) checkPacket(vector)
      check(vector)
    })
  }
})

function checkPacket({ hex, decoded, packet_hash }: MeshcoreVector): void {
  const packet = decodePacket(fromHex(hex))
  assert.equal(packet.route, String(decoded.route).toLowerCase().replace('_', '-'))
  assert.equal(packet.type, decoded.payload_type)
  assert.equal(toHex(encodePath(packet.path)), `${decoded.path_len_byte}${decoded.path}`)
  assert.equal(packet.path.hashBytes, decoded.path_hash_size)
  assert.equal(toHex(packet.payload), decoded.payload_hex)
  assert.deepEqual(packet.transportCodes, decoded.transport_codes)
  assert.equal(toHex(encodePacket(packet)), hex)
  assert.equal(packetHash(packet), packet_hash)
  const scope = decoded.scope as { region: string } | undefined
  if (scope === undefined) return
  assert.equal(packet.transportCodes?.[0], transportCode(keyFromName(scope.region), packet.type, packet.payload))
}

/** Refused by the first decoder that meets it; a payload that cannot be read, by that of its type. */
function checkMalformed({ hex, keys, decoded }: MeshcoreVector): void {
  if (decoded.firmware_parse === 'DROP') {
    assert.throws(() => decodePacket(fromHex(hex)), PacketError)
    return
  }
  const { type, payload } = decodePacket(fromHex(hex))
  const secret = fromHex(keys?.shared_secret ?? keys?.channel?.secret ?? '00'.repeat(32))
  const readers: Readonly<Record<number, () => boolean>> = {
    [payloadType.text]: () => open(secret, decodeDatagram(payload).sealed) !== undefined,
    [payloadType.ack]: () => decodeAck(payload).ack.length === 4,
    [payloadType.advert]: () => decodeAdvert(payload).isSigned,
    [payloadType.groupText]: () => decodeChannelText(secret, payload) !== undefined,
    [payloadType.anonymousRequest]: () => decodeAnonymousRequest(payload).sealed.length > 0,
    [payloadType.multipart]: () => decodeMultipartAck(payload).ack.length === 4,
  }
  const reader = readers[type]
  if (reader === undefined) assert.equal(Object.values<number>(payloadType).includes(type), false)
  else assert.equal(reads(reader), false)
}

function reads(reader: () => boolean): boolean {
  try {
    return reader()
  } catch (error) {
    assert.ok(error instanceof PacketError)
    return false
  }
}
