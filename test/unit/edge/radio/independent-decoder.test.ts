// A decoder that others wrote reads what we send, of every kind, as what we meant.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MeshCoreDecoder } from '@michaelhart/meshcore-decoder'
import { encodeAck, encodeMultipartAck } from '#edge/radio/acks.ts'
import { encodeAdvert, nodeType } from '#edge/radio/adverts.ts'
import { encodeChannelText, encodeLine } from '#edge/radio/channels.ts'
import { identityFromPrivateKey, keyFromName, seal, transportCode } from '#edge/radio/crypto.ts'
import { encodeAnonymousRequest, encodeDatagram } from '#edge/radio/datagrams.ts'
import { encodeLogin } from '#edge/radio/logins.ts'
import { encodePacket, encodePath, noPath, type Packet, packetHash, payloadType } from '#edge/radio/packet.ts'
import { encodePathReturn } from '#edge/radio/path-returns.ts'
import { encodeRequest, requestType } from '#edge/radio/requests.ts'
import { encodeText, textType } from '#edge/radio/texts.ts'
import { fromHex, meshcoreIdentities, toHex } from '#test/support/meshcore-vectors.ts'

const room = identityFromPrivateKey(fromHex(meshcoreIdentities.room?.prv))
const channel = keyFromName('#test')
const secret = Buffer.alloc(32, 7)
const timestamp = 1_790_000_000
const keyStore = MeshCoreDecoder.createKeyStore({ channelSecrets: [toHex(channel)] })

const routeNumbers = { 'transport-flood': 0, flood: 1, direct: 2, 'transport-direct': 3 } as const

/** What it makes of the payload, after the packet around it was the same. */
function readByOthers(packet: Packet): Record<string, unknown> {
  const bytes = encodePacket(packet)
  const read = MeshCoreDecoder.decode(toHex(bytes), { keyStore })
  assert.equal(read.isValid, true, String(read.errors))
  const { hashBytes } = packet.path
  assert.deepEqual(
    [read.routeType, read.payloadType, read.payloadVersion, read.pathHashSize, read.totalBytes],
    [routeNumbers[packet.route], packet.type, 0, hashBytes, bytes.length],
  )
  assert.equal((read.path ?? []).join('').toLowerCase(), toHex(packet.path.hops))
  assert.equal(read.payload.raw.toLowerCase(), toHex(packet.payload))
  assert.deepEqual(read.transportCodes, packet.transportCodes)
  return (read.payload.decoded ?? {}) as unknown as Record<string, unknown>
}

/** Its hex is in capitals. */
function said(fields: Record<string, unknown>, ...names: readonly string[]): unknown[] {
  return names.map(name => (typeof fields[name] === 'string' ? fields[name].toLowerCase() : fields[name]))
}

const paths = [noPath, { hashBytes: 1, hops: fromHex('9cd5') }, { hashBytes: 2, hops: fromHex('9cd5aabb') }] as const

test('datagrams of every kind, on every kind of path', () => {
  const plaintexts = {
    [payloadType.request]: encodeRequest({ timestamp, type: requestType.status, data: new Uint8Array(4) }),
    [payloadType.response]: new Uint8Array(20),
    [payloadType.text]: encodeText({ timestamp, type: textType.plain, attempt: 5, text: Buffer.from('hello') }),
  }
  for (const [type, plaintext] of Object.entries(plaintexts))
    for (const path of [...paths, { hashBytes: 3, hops: fromHex('9cd59caabbcc') } as const]) {
      const sealed = seal(secret, plaintext)
      const payload = encodeDatagram({ to: 0x4f, from: 0x03, sealed })
      const fields = readByOthers({ route: 'direct', type: Number(type), path, payload })
      assert.deepEqual(said(fields, 'isValid', 'destinationHash', 'sourceHash', 'cipherMac', 'ciphertext'), [
        true,
        '4f',
        '03',
        toHex(sealed.subarray(0, 2)),
        toHex(sealed.subarray(2)),
      ])
    }
})

test('an anonymous request, and whose it is', () => {
  const sealed = seal(secret, encodeLogin({ timestamp, syncSince: 0, password: 'hello' }))
  const payload = encodeAnonymousRequest({ to: 0x4f, publicKey: room.publicKey, sealed })
  const fields = readByOthers({ route: 'flood', type: payloadType.anonymousRequest, path: paths[1], payload })
  assert.deepEqual(said(fields, 'isValid', 'destinationHash', 'senderPublicKey', 'ciphertext'), [
    true,
    '4f',
    toHex(room.publicKey),
    toHex(sealed.subarray(2)),
  ])
})

test('an advert, its signature verified', async () => {
  const words = { type: nodeType.room, name: 'Köln', position: { latitude: 50.94, longitude: -6.96 } }
  const payload = encodeAdvert(room, timestamp, words)
  const packet = { route: 'flood', type: payloadType.advert, path: paths[1], payload } as const
  const fields = readByOthers(packet)
  assert.deepEqual(said(fields, 'publicKey', 'timestamp'), [toHex(room.publicKey), timestamp])
  const app = fields.appData as { deviceRole: number; name: string; location: unknown }
  assert.deepEqual([app.deviceRole, app.name, app.location], [nodeType.room, words.name, words.position])
  const isValid = async (bytes: Uint8Array) => {
    const read = await MeshCoreDecoder.decodeWithVerification(toHex(bytes))
    return (read.payload.decoded as unknown as { signatureValid: boolean }).signatureValid
  }
  assert.equal(await isValid(encodePacket(packet)), true)
  const forged = Buffer.from(payload)
  forged.writeUInt8(forged.readUInt8(33) ^ 1, 33)
  assert.equal(await isValid(encodePacket({ ...packet, payload: forged })), false)
})

test('a text in a channel, opened', () => {
  const payload = encodeChannelText(channel, { timestamp, text: encodeLine('Bob', 'Hellö') })
  const fields = readByOthers({ route: 'flood', type: payloadType.groupText, path: noPath, payload })
  const { decrypted } = fields as { decrypted?: { timestamp: number; sender?: string; message: string } }
  assert.deepEqual([decrypted?.timestamp, decrypted?.sender, decrypted?.message], [timestamp, 'Bob', 'Hellö'])
})

test('an ACK, and one of several', () => {
  const ack = { ack: fromHex('deadbeef'), rest: new Uint8Array() }
  const fields = readByOthers({ route: 'direct', type: payloadType.ack, path: noPath, payload: encodeAck(ack) })
  assert.deepEqual(said(fields, 'isValid', 'checksum'), [true, 'deadbeef'])
  const payload = encodeMultipartAck({ remaining: 1, ...ack })
  readByOthers({ route: 'direct', type: payloadType.multipart, path: noPath, payload })
})

test('what a path return tells, once it is opened', () => {
  // It reads the payload of a path return as if nobody had sealed it.
  for (const path of paths) {
    const payload = encodePathReturn({ path, extraType: payloadType.ack, extra: fromHex('deadbeef') })
    const fields = readByOthers({ route: 'flood', type: payloadType.path, path: noPath, payload })
    const hashes = (fields.pathHashes as string[]).join('').toLowerCase()
    assert.deepEqual(
      [fields.pathHashSize, hashes, fields.extraType, String(fields.extraData).toLowerCase()],
      [path.hashBytes, toHex(encodePath(path).subarray(1)), payloadType.ack, 'deadbeef'],
    )
  }
})

test('scoped packets, and the hash that all observers see', () => {
  const payload = fromHex('deadbeef')
  const code = transportCode(keyFromName('#eu'), payloadType.ack, payload)
  const hashes = (['transport-flood', 'transport-direct'] as const).map(route => {
    const packet: Packet = { route, type: payloadType.ack, path: paths[1], payload, transportCodes: [code, 0] }
    readByOthers(packet)
    return packetHash(packet)
  })
  assert.equal(hashes[0], hashes[1])
})
