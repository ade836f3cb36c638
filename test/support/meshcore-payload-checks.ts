// Holds one payload of the firmware against our codec: decoded it says what is known of it, made anew it is the same bytes.
import assert from 'node:assert/strict'
import { decodeAck, encodeAck } from '#edge/radio/acks.ts'
import { decodeAdvert, encodeAdvert } from '#edge/radio/adverts.ts'
import { decodeCutUtf8 } from '#edge/radio/bytes.ts'
import { decodeChannelText, encodeChannelText, encodeLine, splitLine } from '#edge/radio/channels.ts'
import { identityFromPrivateKey, open, seal, sharedSecret } from '#edge/radio/crypto.ts'
import {
  decodeAnonymousRequest,
  decodeDatagram,
  encodeAnonymousRequest,
  encodeDatagram,
} from '#edge/radio/datagrams.ts'
import { decodeLogin, decodeLoginAnswer, encodeLogin, encodeLoginAnswer } from '#edge/radio/logins.ts'
import { encodePath } from '#edge/radio/packet.ts'
import { decodePathReturn, encodePathReturn } from '#edge/radio/path-returns.ts'
import {
  decodeAccessList,
  decodeAnswer,
  decodeRequest,
  decodeStats,
  encodeAccessList,
  encodeAnswer,
  encodeRequest,
  encodeStats,
  type ServerStats,
} from '#edge/radio/requests.ts'
import { decodeTelemetry, encodeTelemetry } from '#edge/radio/telemetry.ts'
import { ackOf, decodeText, encodeText } from '#edge/radio/texts.ts'
import { fromHex, type MeshcoreVector, meshcoreIdentities, toHex } from '#test/support/meshcore-vectors.ts'

type Fields = Record<string, unknown>
export type Check = (vector: MeshcoreVector) => void

/** By the name of the payload's type. */
export const payloadChecks: Readonly<Record<string, Check>> = {
  ADVERT: checkAdvert,
  ANON_REQ: checkAnonymousRequest,
  TXT_MSG: checkText,
  PATH: checkPathReturn,
  REQ: checkRequest,
  RESPONSE: vector => {
    const { plaintext, fields, sealsAgain } = checkDatagram(vector)
    sealsAgain(checkResponse(plaintext, fields, vector.name))
  },
  ACK: vector => {
    const { ack, rest } = decodeAck(payloadOf(vector))
    const fields = fieldsOf(vector)
    assert.deepEqual([toHex(ack), toHex(rest)], [fields.ack, fields.extra_hex])
    assert.equal(toHex(encodeAck({ ack, rest })), vector.decoded.payload_hex)
  },
  GRP_TXT: checkChannelText,
  // A trace is made and answered by nobody here: it only has to pass as a packet.
  TRACE: ({ decoded }) => assert.equal(decoded.payload_type, 9),
}

function fieldsOf({ decoded }: MeshcoreVector): Fields {
  return (decoded.fields ?? {}) as Fields
}

function payloadOf({ decoded }: MeshcoreVector): Buffer {
  return fromHex(decoded.payload_hex)
}

/** As both ends make it from their keys, where the vector says who they are. */
function secretOf({ keys, decoded }: MeshcoreVector): Uint8Array {
  const given = fromHex(keys?.shared_secret ?? keys?.channel?.secret)
  const [from, to] = [meshcoreIdentities[String(decoded.from)], meshcoreIdentities[String(decoded.to)]]
  if (from === undefined || to === undefined) return given
  const made = sharedSecret(identityFromPrivateKey(fromHex(from.prv)), fromHex(to.pub))
  assert.equal(made && toHex(made), toHex(given))
  return given
}

function opened(vector: MeshcoreVector, sealed: Uint8Array): Uint8Array {
  const plaintext = open(secretOf(vector), sealed)
  assert.ok(plaintext, 'the MAC does not fit')
  assert.equal(toHex(plaintext), vector.decoded.plaintext_hex)
  return plaintext
}

/** `sealsAgain` takes the same plaintext, made anew and not padded, and wants the whole payload to be the same. */
function checkDatagram(vector: MeshcoreVector) {
  const { decoded } = vector
  const { to, from, sealed } = decodeDatagram(payloadOf(vector))
  assert.deepEqual([to, from], [...fromHex(`${decoded.dest_hash}${decoded.src_hash}`)])
  const sealsAgain = (plaintext: Uint8Array) => {
    const again = encodeDatagram({ to, from, sealed: seal(secretOf(vector), plaintext) })
    assert.equal(toHex(again), decoded.payload_hex)
  }
  return { plaintext: opened(vector, sealed), fields: fieldsOf(vector), sealsAgain }
}

function checkAdvert(vector: MeshcoreVector): void {
  const fields = fieldsOf(vector)
  const advert = decodeAdvert(payloadOf(vector))
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
  assert.ok(owner, 'an advert of nobody we know')
  const again = encodeAdvert(identityFromPrivateKey(fromHex(owner.prv)), advert.timestamp, advert)
  assert.equal(toHex(again), vector.decoded.payload_hex)
}

function checkAnonymousRequest(vector: MeshcoreVector): void {
  const fields = fieldsOf(vector)
  const { to, publicKey, sealed } = decodeAnonymousRequest(payloadOf(vector))
  assert.equal(to, fromHex(vector.decoded.dest_hash)[0])
  assert.equal(toHex(publicKey), vector.decoded.sender_public)
  const login = decodeLogin(opened(vector, sealed))
  assert.deepEqual(login, { timestamp: fields.timestamp, syncSince: fields.sync_since, password: fields.password })
  const again = encodeAnonymousRequest({ to, publicKey, sealed: seal(secretOf(vector), encodeLogin(login)) })
  assert.equal(toHex(again), vector.decoded.payload_hex)
}

function checkText(vector: MeshcoreVector): void {
  const { plaintext, fields, sealsAgain } = checkDatagram(vector)
  const text = decodeText(plaintext)
  assert.deepEqual(
    [text.timestamp, text.type, text.attempt, toHex(text.text)],
    [fields.timestamp, fields.txt_type, fields.extended_attempt ?? fields.attempt, fields.text_hex],
  )
  assert.equal(text.authorPrefix && toHex(text.authorPrefix), fields.author_prefix)
  sealsAgain(encodeText(text))
  if (fields.expected_ack === undefined) return
  const owner = String(fields.expected_ack_rule).match(/\((\w+)\)+$/)?.[1] ?? ''
  assert.equal(toHex(ackOf(text, fromHex(meshcoreIdentities[owner]?.pub))), fields.expected_ack)
}

function checkPathReturn(vector: MeshcoreVector): void {
  const { plaintext, fields, sealsAgain } = checkDatagram(vector)
  const { path, extraType, extra } = decodePathReturn(plaintext)
  assert.equal(toHex(encodePath(path)), `${fields.return_path_len_byte}${fields.return_path}`)
  assert.equal(extraType, fromHex(fields.extra_type_byte)[0])
  const said = (fields.extra ?? {}) as Fields
  const isResponse = fields.extra_type === 'RESPONSE'
  const ack = fields.extra_type === 'ACK' ? decodeAck(extra) : undefined
  assert.deepEqual(ack && [toHex(ack.ack), toHex(ack.rest)], ack && [said.ack, said.rest_hex])
  const again = isResponse ? checkResponse(extra, said, vector.name) : ack ? encodeAck(ack) : extra
  if (!isResponse && ack === undefined) assert.equal(toHex(extra), fields.extra_hex)
  sealsAgain(encodePathReturn({ path, extraType, extra: again }))
}

function checkRequest(vector: MeshcoreVector): void {
  const { plaintext, fields, sealsAgain } = checkDatagram(vector)
  const request = decodeRequest(plaintext)
  assert.deepEqual(
    [request.timestamp, request.type, toHex(request.data)],
    [fields.tag_timestamp, fields.request_type, fields.data_hex],
  )
  sealsAgain(encodeRequest(request))
}

/** The same response, made from what was read in it. */
function checkResponse(bytes: Uint8Array, fields: Fields, name: string): Uint8Array {
  if (fields.permissions !== undefined) return checkLoginAnswer(bytes, fields)
  const { timestamp, data } = decodeAnswer(bytes)
  assert.deepEqual([timestamp, toHex(data)], [fields.reflected_tag, fields.data_hex])
  return encodeAnswer(timestamp, checkAnswerData(data, fields, name))
}

function checkLoginAnswer(bytes: Uint8Array, fields: Fields): Uint8Array {
  const answer = decodeLoginAnswer(bytes)
  assert.deepEqual(
    [answer.now, answer.permission, toHex(answer.random), answer.keepAliveSeconds],
    [fields.server_timestamp, fields.permissions, fields.random_hex, 16 * Number(fields.legacy_keep_alive_div16)],
  )
  return encodeLoginAnswer(answer)
}

const statusNames: Readonly<Record<keyof ServerStats, string>> = {
  batteryMillivolts: 'batt_milli_volts',
  queued: 'curr_tx_queue_len',
  noiseFloorDbm: 'noise_floor',
  lastRssiDbm: 'last_rssi',
  heard: 'n_packets_recv',
  sent: 'n_packets_sent',
  airtimeSeconds: 'total_air_time_secs',
  uptimeSeconds: 'total_up_time_secs',
  sentFlood: 'n_sent_flood',
  sentDirect: 'n_sent_direct',
  heardFlood: 'n_recv_flood',
  heardDirect: 'n_recv_direct',
  faults: 'err_events',
  lastSnrDb: 'last_snr_x4',
  directTwice: 'n_direct_dups',
  floodTwice: 'n_flood_dups',
  posts: 'n_posted',
  pushes: 'n_post_push',
}

function checkAnswerData(data: Uint8Array, { status }: Fields, name: string): Uint8Array {
  if (typeof status === 'object' && status !== null) {
    const stats = decodeStats(data)
    for (const [ours, theirs] of Object.entries(statusNames)) {
      const value = stats[ours as keyof ServerStats]
      assert.equal(ours === 'lastSnrDb' ? value * 4 : value, (status as Fields)[theirs], theirs)
    }
    assert.equal(Object.keys(status).length, Object.keys(statusNames).length)
    return encodeStats(stats)
  }
  if (name === 'response.telemetry') {
    const readings = decodeTelemetry(data)
    assert.deepEqual(readings, [
      { channel: 1, kind: 'volts', value: 4.11 },
      { channel: 1, kind: 'celsius', value: 25.5 },
    ])
    return encodeTelemetry(readings)
  }
  assert.equal(name, 'response.acl')
  const members = decodeAccessList(data)
  const [alice] = members
  assert.equal(alice && meshcoreIdentities.alice?.pub.startsWith(toHex(alice.prefix)), true)
  assert.deepEqual([members.length, alice?.permission], [1, 3])
  return encodeAccessList(members.map(({ prefix, permission }) => ({ publicKey: prefix, permission })))
}

function checkChannelText(vector: MeshcoreVector): void {
  const fields = fieldsOf(vector)
  const read = decodeChannelText(secretOf(vector), payloadOf(vector))
  assert.ok(read)
  assert.deepEqual([read.timestamp, Buffer.from(read.text).toString()], [fields.timestamp, fields.text])
  assert.equal(toHex(encodeChannelText(secretOf(vector), read)), vector.decoded.payload_hex)
  // The firmware cuts inside a character; ours is the same line without the piece of it.
  const line = decodeCutUtf8(read.text) ?? ''
  const { name, words } = splitLine(line)
  assert.ok(name.length > 0)
  assert.equal(
    Buffer.from(encodeLine(name, `${words}\u00e9`))
      .toString()
      .slice(0, line.length),
    line,
  )
}
