// Our codec and the firmware's bytes agree, both ways, in every vector there is.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { decodeAck, decodeMultipartAck, encodeAck } from '#edge/radio/acks.ts'
import { decodeAdvert, encodeAdvert } from '#edge/radio/adverts.ts'
import { decodeChannelText, encodeChannelText } from '#edge/radio/channels.ts'
import {
  channelHash,
  identityFromPrivateKey,
  identityFromSeed,
  isSigned,
  keyFromName,
  open,
  seal,
  sharedSecret,
  sign,
  transportCode,
} from '#edge/radio/crypto.ts'
import {
  decodeAnonymousRequest,
  decodeDatagram,
  encodeAnonymousRequest,
  encodeDatagram,
} from '#edge/radio/datagrams.ts'
import { decodeLogin, decodeLoginAnswer, encodeLogin, encodeLoginAnswer } from '#edge/radio/logins.ts'
import { decodePacket, encodePacket, encodePath, packetHash } from '#edge/radio/packet.ts'
import { PacketError } from '#edge/radio/packet-error.ts'
import { decodePathReturn, encodePathReturn } from '#edge/radio/path-returns.ts'
import {
  decodeAnswer,
  decodeRequest,
  decodeStats,
  encodeAnswer,
  encodeRequest,
  encodeStats,
} from '#edge/radio/requests.ts'
import { ackOf, decodeText, encodeText } from '#edge/radio/texts.ts'
import {
  fromHex,
  type MeshcoreVector,
  meshcoreIdentities,
  meshcoreVectors,
  toHex,
} from '#test/support/meshcore-vectors.ts'

type Fields = Record<string, unknown>
type Check = (vector: MeshcoreVector) => void

const isPacket = ({ decoded }: MeshcoreVector) => decoded.header !== undefined

/** Without the zeros that pad it. */
function unpadded(bytes: Uint8Array): string {
  return toHex(bytes).replace(/(?:00)+$/, '')
}

function secretOf({ keys }: MeshcoreVector): Buffer {
  return fromHex(keys?.shared_secret ?? keys?.channel?.secret)
}

/** What the sealed bytes hold, and that they come out the same when sealed again. */
function opened(vector: MeshcoreVector, sealed: Uint8Array): Uint8Array {
  const plaintext = open(secretOf(vector), sealed)
  assert.ok(plaintext, 'the MAC does not fit')
  assert.equal(toHex(plaintext), vector.decoded.plaintext_hex)
  assert.equal(toHex(seal(secretOf(vector), plaintext)), toHex(sealed))
  return plaintext
}

function datagram(vector: MeshcoreVector): { plaintext: Uint8Array; fields: Fields } {
  const { decoded } = vector
  const bytes = fromHex(decoded.payload_hex)
  const read = decodeDatagram(bytes)
  assert.deepEqual([read.to, read.from], [...fromHex(`${decoded.dest_hash}${decoded.src_hash}`)])
  assert.equal(toHex(encodeDatagram(read)), toHex(bytes))
  return { plaintext: opened(vector, read.sealed), fields: fieldsOf(vector) }
}

function fieldsOf({ decoded }: MeshcoreVector): Fields {
  return (decoded.fields ?? {}) as Fields
}

const payloadChecks: Readonly<Record<string, Check>> = {
  ADVERT: vector => {
    const bytes = fromHex(vector.decoded.payload_hex)
    const fields = fieldsOf(vector)
    const advert = decodeAdvert(bytes)
    assert.equal(toHex(advert.publicKey), fields.public_key)
    assert.deepEqual(
      [advert.timestamp, advert.type, advert.name, advert.isSigned],
      [fields.timestamp, fields.node_type, fields.name, fields.signature_valid],
    )
    const position = fields.has_lat_lon
      ? { latitude: Number(fields.lat) / 1e6, longitude: Number(fields.lon) / 1e6 }
      : undefined
    assert.deepEqual(advert.position, position)
    const owner = Object.values(meshcoreIdentities).find(({ pub }) => pub === fields.public_key)
    if (owner === undefined || !advert.isSigned) return
    const again = encodeAdvert(identityFromPrivateKey(fromHex(owner.prv)), advert.timestamp, advert)
    assert.equal(toHex(again), toHex(bytes))
  },
  ANON_REQ: vector => {
    const bytes = fromHex(vector.decoded.payload_hex)
    const fields = fieldsOf(vector)
    const read = decodeAnonymousRequest(bytes)
    assert.equal(toHex(read.publicKey), vector.decoded.sender_public)
    assert.equal(toHex(encodeAnonymousRequest(read)), toHex(bytes))
    const plaintext = opened(vector, read.sealed)
    const login = decodeLogin(plaintext)
    assert.deepEqual(login, { timestamp: fields.timestamp, syncSince: fields.sync_since, password: fields.password })
    assert.equal(unpadded(encodeLogin(login)), unpadded(plaintext))
  },
  TXT_MSG: vector => {
    const { plaintext, fields } = datagram(vector)
    const text = decodeText(plaintext)
    assert.deepEqual(
      [text.timestamp, text.type, text.attempt, toHex(text.text)],
      [fields.timestamp, fields.txt_type, fields.attempt, fields.text_hex],
    )
    assert.equal(text.authorPrefix && toHex(text.authorPrefix), fields.author_prefix)
    const hidden =
      fields.extended_attempt === undefined ? '' : `00${toHex(Uint8Array.of(Number(fields.extended_attempt)))}`
    assert.equal(unpadded(encodeText(text)) + hidden, unpadded(plaintext))
    if (fields.expected_ack === undefined) return
    const owner = String(fields.expected_ack_rule).match(/\((\w+)\)+$/)?.[1] ?? ''
    assert.equal(toHex(ackOf(text, fromHex(meshcoreIdentities[owner]?.pub))), fields.expected_ack)
  },
  PATH: vector => {
    const { plaintext, fields } = datagram(vector)
    const read = decodePathReturn(plaintext)
    assert.equal(toHex(encodePath(read.path)), `${fields.return_path_len_byte}${fields.return_path}`)
    assert.equal(read.extraType, fromHex(fields.extra_type_byte)[0])
    assert.equal(toHex(encodePathReturn(read)), toHex(plaintext))
    const extra = (fields.extra ?? {}) as Fields
    if (fields.extra_type === 'ACK') assert.equal(toHex(decodeAck(read.extra).ack), extra.ack)
    if (extra.permissions !== undefined) checkLoginAnswer(read.extra, extra)
  },
  REQ: vector => {
    const { plaintext, fields } = datagram(vector)
    const request = decodeRequest(plaintext)
    assert.deepEqual(
      [request.timestamp, request.type, toHex(request.data)],
      [fields.tag_timestamp, fields.request_type, fields.data_hex],
    )
    assert.equal(toHex(encodeRequest(request)), toHex(plaintext))
  },
  RESPONSE: vector => {
    const { plaintext, fields } = datagram(vector)
    if (fields.permissions !== undefined) return checkLoginAnswer(plaintext, fields)
    const { timestamp, data } = decodeAnswer(plaintext)
    assert.deepEqual([timestamp, toHex(data)], [fields.reflected_tag, fields.data_hex])
    assert.equal(toHex(encodeAnswer(timestamp, data)), toHex(plaintext))
    if (fields.status === undefined) return
    const status = fields.status as Fields
    const stats = decodeStats(data)
    assert.deepEqual(
      [stats.batteryMillivolts, stats.noiseFloorDbm, stats.lastRssiDbm, stats.lastSnrDb * 4, stats.heard, stats.pushes],
      [
        status.batt_milli_volts,
        status.noise_floor,
        status.last_rssi,
        status.last_snr_x4,
        status.n_packets_recv,
        status.n_post_push,
      ],
    )
    assert.equal(unpadded(encodeStats(stats)), unpadded(data))
  },
  ACK: vector => {
    const bytes = fromHex(vector.decoded.payload_hex)
    const { ack, rest } = decodeAck(bytes)
    assert.deepEqual([toHex(ack), toHex(rest)], [fieldsOf(vector).ack, fieldsOf(vector).extra_hex])
    assert.equal(toHex(encodeAck({ ack, rest })), toHex(bytes))
  },
  GRP_TXT: vector => {
    const bytes = fromHex(vector.decoded.payload_hex)
    const read = decodeChannelText(secretOf(vector), bytes)
    assert.ok(read)
    assert.equal(read.timestamp, fieldsOf(vector).timestamp)
    assert.equal(Buffer.from(read.text).toString(), fieldsOf(vector).text)
    assert.equal(toHex(encodeChannelText(secretOf(vector), read)), toHex(bytes))
  },
  TRACE: vector => assert.equal(decodePacket(fromHex(vector.hex)).type, 9),
}

function checkLoginAnswer(bytes: Uint8Array, fields: Fields): void {
  const answer = decodeLoginAnswer(bytes)
  assert.deepEqual(
    [answer.now, answer.permission, toHex(answer.random), answer.keepAliveSeconds],
    [fields.server_timestamp, fields.permissions, fields.random_hex, 16 * Number(fields.legacy_keep_alive_div16)],
  )
  assert.equal(unpadded(encodeLoginAnswer(answer)), unpadded(bytes))
}

/** By the beginning of its name. Payloads that cannot be read are refused by the first decoder that meets them. */
const otherChecks: Readonly<Record<string, Check>> = {
  'identity.': ({ keys }) => {
    const identity = identityFromSeed(fromHex(keys?.seed))
    assert.equal(toHex(identity.publicKey), keys?.public)
    assert.equal(toHex(identity.privateKey), keys?.private)
    assert.deepEqual(identityFromPrivateKey(fromHex(keys?.private)), identity)
  },
  'ecdh.': ({ keys, hex }) => {
    const pairs = Object.values(keys ?? {}).filter(pair => typeof pair === 'object') as Fields[]
    const [a, b] = pairs.map(pair => identityFromPrivateKey(fromHex(pair.private)))
    assert.ok(a && b)
    for (const secret of [sharedSecret(a, b.publicKey), sharedSecret(b, a.publicKey)])
      assert.equal(secret && toHex(secret), hex)
  },
  'encryptThenMAC.': ({ keys, hex, decoded }) => {
    const secret = fromHex(keys?.shared_secret)
    assert.equal(toHex(seal(secret, fromHex(decoded.plaintext_hex_given))), hex)
    assert.equal(toHex(open(secret, fromHex(hex)) ?? Buffer.alloc(0)), decoded.MACThenDecrypt)
  },
  'MACThenDecrypt.': ({ keys, hex }) => assert.equal(open(fromHex(keys?.shared_secret), fromHex(hex)), undefined),
  'sign.': ({ keys, hex, decoded }) => {
    const identity = identityFromPrivateKey(fromHex(keys?.private))
    const text = fromHex(decoded.message_hex)
    assert.equal(toHex(sign(identity, text)), hex)
    assert.equal(isSigned(identity.publicKey, text, fromHex(hex)), true)
    assert.equal(isSigned(identity.publicKey, Buffer.from('else'), fromHex(hex)), false)
  },
  'channel.key.': ({ hex, decoded }) => {
    assert.equal(channelHash(fromHex(hex)), fromHex(decoded.channel_hash)[0])
    if (String(decoded.name).startsWith('#')) assert.equal(toHex(keyFromName(String(decoded.name))), hex)
  },
  'region.key.': ({ hex, decoded }) => assert.equal(toHex(keyFromName(String(decoded.name))), hex),
  'region.transport-code.': ({ keys, decoded }) => {
    const code = transportCode(fromHex(keys?.key), Number(decoded.payload_type), fromHex(decoded.payload_hex))
    assert.equal(code, decoded.code)
  },
  'malformed.': ({ hex, keys, decoded }) => {
    if (decoded.firmware_parse === 'DROP') {
      assert.throws(() => decodePacket(fromHex(hex)), PacketError)
      return
    }
    const { type, payload } = decodePacket(fromHex(hex))
    const secret = fromHex(keys?.shared_secret ?? keys?.channel?.secret ?? '00'.repeat(32))
    const isRead = [
      () => type === 2 && open(secret, decodeDatagram(payload).sealed) !== undefined,
      () => type === 3 && decodeAck(payload).ack.length === 4,
      () => type === 4 && decodeAdvert(payload).isSigned,
      () => type === 5 && decodeChannelText(secret, payload) !== undefined,
      () => type === 7 && decodeAnonymousRequest(payload).sealed.length > 0,
      () => type === 10 && decodeMultipartAck(payload).ack.length === 4,
    ].some(reads)
    assert.equal(isRead, false)
  },
}

function reads(read: () => boolean): boolean {
  try {
    return read()
  } catch (error) {
    assert.ok(error instanceof PacketError)
    return false
  }
}

/** Malformed for somebody else only: whose packet it is, its payload does not say. */
const soundForUs = ['good.reference', 'txt-direct-path-not-me', 'ack-unknown']

function checkFor(vector: MeshcoreVector): Check | undefined {
  const isMalformed = vector.name.startsWith('malformed.') && !soundForUs.some(end => vector.name.endsWith(end))
  if (isPacket(vector) && !isMalformed) return payloadChecks[String(vector.decoded.payload)]
  return Object.entries(otherChecks).find(([start]) => vector.name.startsWith(start))?.[1]
}

describe('vectors of the firmware', () => {
  for (const vector of meshcoreVectors) {
    test(vector.name, () => {
      const check = checkFor(vector)
      assert.ok(check, 'a vector that nothing here looks at')
      if (isPacket(vector)) checkPacket(vector)
      check(vector)
    })
  }
})

function checkPacket({ hex, decoded, packet_hash }: MeshcoreVector): void {
  const bytes = fromHex(hex)
  const packet = decodePacket(bytes)
  assert.equal(packet.route, String(decoded.route).toLowerCase().replace('_', '-'))
  assert.equal(packet.type, decoded.payload_type)
  assert.equal(toHex(packet.path.hops), decoded.path)
  assert.equal(packet.path.hashBytes, decoded.path_hash_size)
  assert.equal(toHex(packet.payload), decoded.payload_hex)
  assert.deepEqual(packet.transportCodes, decoded.transport_codes)
  assert.equal(toHex(encodePacket(packet)), hex)
  assert.equal(packetHash(packet), packet_hash)
}
