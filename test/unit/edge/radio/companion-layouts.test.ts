// Commands and replies that the transcript lacks, by hand from the firmware's examples/companion_radio/MyMesh.cpp; older layouts;
// and what does not go into a frame.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type CompanionCommand, decodeCommand, encodeCommand } from '#edge/radio/companion-commands.ts'
import { CompanionError } from '#edge/radio/companion-error.ts'
import { type CompanionReply, decodeReply, encodeReply } from '#edge/radio/companion-replies.ts'
import { fromHex, toHex } from '#test/support/meshcore-vectors.ts'

const key = fromHex('03a107bff3ce10be1d70dd18e74bc09967e4d6309ba50d5f1ddc8664125531b8')
const keyHex = toHex(key)
const prefix = key.subarray(0, 6)
const secret = fromHex('8b3387e9c5cdea6ac9e5edbaa115cd72')
const hex = (text: string) => toHex(Buffer.from(text))
const zeros = (bytes: number) => '00'.repeat(bytes)

const contact = {
  publicKey: key,
  type: 3,
  flags: 1,
  path: { hashBytes: 2, hops: fromHex('aabbccdd') },
  name: 'Köln',
  lastAdvert: 0x69_55_b9_03,
} as const
const place = { latitude: 50.94, longitude: -6.96 }
const contactHex = `${keyHex}030142aabbccdd${zeros(60)}4bc3b66c6e${zeros(27)}03b95569`
const placeHex = '6048090380cc95ff'

const commands: readonly (readonly [string, CompanionCommand])[] = [
  ['0404030201', { kind: 'get-contacts', since: 0x01_02_03_04 }],
  [`09${contactHex}`, { kind: 'put-contact', ...contact }],
  [`09${contactHex}${placeHex}`, { kind: 'put-contact', ...contact, position: place }],
  [`09${contactHex}${placeHex}07000000`, { kind: 'put-contact', ...contact, position: place, lastModified: 7 }],
  ['07', { kind: 'send-advert' }],
  ['0700', { kind: 'send-advert', isFlood: false }],
  ['0701', { kind: 'send-advert', isFlood: true }],
  [`0bf2440d0024f400000805`, setRadio()],
  [`0bf2440d0024f40000080501`, { ...setRadio(), isRepeater: true }],
  ['0cf7', { kind: 'set-power', txPowerDbm: -9 }],
  [`0d${keyHex}`, { kind: 'reset-path', publicKey: key }],
  [`0e${placeHex}`, { kind: 'set-position', position: place }],
  [`0e${placeHex}ffffffff`, { kind: 'set-position', position: place, altitude: -1 }],
  [`10${keyHex}`, { kind: 'share-contact', publicKey: key }],
  [`13${hex('reboot')}`, { kind: 'reboot' }],
  ['15c4090000f4010000', { kind: 'set-tuning', receiveDelayBase: 2.5, airtimeFactor: 0.5 }],
  [`18${'ab'.repeat(64)}`, { kind: 'import-private-key', privateKey: Buffer.alloc(64, 0xab) }],
  ['1902aabb01020304', { kind: 'send-raw-data', hops: fromHex('aabb'), payload: fromHex('01020304') }],
  [`1c${keyHex}`, { kind: 'has-connection', publicKey: key }],
  [`1d${keyHex}`, { kind: 'logout', publicKey: key }],
  ['240102030405000000009a', sendTrace()],
  ['2540e20100', { kind: 'set-pin', pin: 123_456 }],
  ['2601', { kind: 'set-habits', manualContacts: 1 }],
  ['26012a0102', { kind: 'set-habits', manualContacts: 1, telemetryModes: 42, locationPolicy: 1, extraAcks: 2 }],
  ['27000000', { kind: 'get-telemetry' }],
  [`27000000${keyHex}`, { kind: 'get-telemetry', publicKey: key }],
  ['28', { kind: 'get-vars' }],
  [`29${hex('gps:1')}`, { kind: 'set-var', setting: 'gps:1' }],
  [`2a00${keyHex}`, { kind: 'get-advert-path', publicKey: key }],
  [`33${hex('reset')}`, { kind: 'factory-reset' }],
  ['3601', { kind: 'set-unscoped' }],
  ['378001', { kind: 'send-control-data', data: fromHex('8001') }],
  ['3a0e', { kind: 'set-auto-add', types: 14 }],
  ['3a0e05', { kind: 'set-auto-add', types: 14, hopsMax: 5 }],
  ['3c', { kind: 'get-repeat-frequencies' }],
  ['3d0002', { kind: 'set-path-hash-mode', mode: 2 }],
  ['3e01ffffffaa', { kind: 'send-channel-data', channel: 1, path: null, type: 0xffff, data: fromHex('aa') }],
  [
    '3e0142aabbccdd0001',
    { kind: 'send-channel-data', channel: 1, path: contact.path, type: 0x01_00, data: Buffer.alloc(0) },
  ],
  ['3f', { kind: 'set-default-scope' }],
  [`3f${hex('eu')}${zeros(29)}${toHex(secret)}`, { kind: 'set-default-scope', scope: { name: 'eu', key: secret } }],
]

function setRadio() {
  const modulation = { frequencyHz: 869_618_000, bandwidthHz: 62_500, spreadingFactor: 8, codingRate: 5 }
  return { kind: 'set-radio', ...modulation } as const
}

function sendTrace(): CompanionCommand {
  return { kind: 'send-trace', tag: fromHex('01020304'), authCode: 5, flags: 0, hops: fromHex('9a') }
}

const plain = { type: 0, timestamp: 0x69_55_b9_03, text: Buffer.from('hi') }
const signed = { ...plain, type: 2, authorPrefix: fromHex('74fca2a3') }
const heard = { snrDb: -9.75, rssiDbm: -120 }

const replies: readonly (readonly [string, CompanionReply])[] = [
  ['01', { kind: 'error' }],
  ['0f', { kind: 'disabled' }],
  [`07${toHex(prefix)}020003b955696869`, { kind: 'old-contact-text', from: prefix, pathLength: 2, body: plain }],
  [
    `07${toHex(prefix)}ff0203b9556974fca2a36869`,
    { kind: 'old-contact-text', from: prefix, pathLength: null, body: signed },
  ],
  ['0801410003b955696869', { kind: 'old-channel-text', channel: 1, pathLength: 0x41, body: plain }],
  [
    '1bd90000030201ff02aabb',
    { kind: 'channel-data', snrDb: -9.75, channel: 3, pathLength: 2, type: 0xff01, data: fromHex('aabb') },
  ],
  ['0c0f10', { kind: 'battery', millivolts: 4111 }],
  [`15${hex('gps:1,a:b')}`, { kind: 'vars', settings: 'gps:1,a:b' }],
  ['1603b9556902aabb', advertPath()],
  ['1902', { kind: 'auto-add', types: 2 }],
  ['1a689b06006a9b0600', { kind: 'repeat-frequencies', ranges: [{ lowestHz: 433_000_000, highestHz: 433_002_000 }] }],
  [`1c${hex('eu')}${zeros(29)}${toHex(secret)}`, { kind: 'default-scope', scope: { name: 'eu', key: secret } }],
  ['84d988ff0102', { kind: 'raw-data', ...heard, payload: fromHex('0102') }],
  [`8501${toHex(prefix)}`, { kind: 'login-success', legacyFlag: 1, from: prefix }],
  [`8600${toHex(prefix)}`, { kind: 'login-failed', from: prefix }],
  ['890002000102030405000000aabbd9dbfc', { kind: 'trace', outcome: traceOf(0, 'aabb', [-9.75, -9.25], -1) }],
  [`8a${contactHex}${placeHex}07000000`, { kind: 'new-advert', ...contact, position: place, lastModified: 7 }],
  [`8b00${toHex(prefix)}0174`, { kind: 'telemetry', from: prefix, data: fromHex('0174') }],
  [`8d00${toHex(prefix)}42aabbccdd01ee`, pathDiscovered()],
  ['8ed988018001', { kind: 'control-data', ...heard, pathLength: 1, payload: fromHex('8001') }],
  [`8f${keyHex}`, { kind: 'contact-deleted', publicKey: key }],
  ['90', { kind: 'contacts-full' }],
  ['c8010203', { kind: 'unknown', code: 0xc8, bytes: fromHex('010203') }],
]

function advertPath(): CompanionReply {
  return { kind: 'advert-path', timestamp: 0x69_55_b9_03, path: { hashBytes: 1, hops: fromHex('aabb') } }
}

function pathDiscovered(): CompanionReply {
  return {
    kind: 'path-discovered',
    from: prefix,
    pathTo: contact.path,
    pathFrom: { hashBytes: 1, hops: fromHex('ee') },
  }
}

function traceOf(flags: number, hops: string, snrsDb: number[], snrDb: number) {
  return { flags, tag: fromHex('01020304'), authCode: 5, hops: fromHex(hops), snrsDb, snrDb }
}

/** Bytes as hex, for comparing. */
function shown(value: unknown): unknown {
  if (value instanceof Uint8Array) return toHex(value)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, shown(each)]))
}

test('commands, both ways', () => {
  for (const [content, command] of commands) {
    assert.equal(toHex(encodeCommand(command)), content, command.kind)
    assert.deepEqual(shown(decodeCommand(fromHex(content))), shown(command), command.kind)
  }
})

test('replies, both ways', () => {
  for (const [content, reply] of replies) {
    assert.equal(toHex(encodeReply(reply)), content, reply.kind)
    assert.deepEqual(shown(decodeReply(fromHex(content))), shown(reply), reply.kind)
  }
})

test('hashes of a trace may have several bytes, and each hop one SNR', () => {
  const outcome = traceOf(1, 'aabbccdd', [1, 2], 3)
  const content = encodeReply({ kind: 'trace', outcome })
  assert.equal(toHex(content), '890004010102030405000000aabbccdd04080c')
  assert.deepEqual(shown(decodeReply(content)), shown({ kind: 'trace', outcome }))
  assert.throws(() => encodeReply({ kind: 'trace', outcome: { ...outcome, flags: 0 } }), CompanionError)
})

test('bytes behind the last part are those of newer versions', () => {
  assert.deepEqual(decodeReply(fromHex('09030201000102')), { kind: 'time', timestamp: 0x00_01_02_03 })
  assert.deepEqual(decodeCommand(fromHex('0aff')), { kind: 'next-text' })
  assert.deepEqual(shown(decodeCommand(fromHex(`11${'ab'.repeat(31)}`))), { kind: 'export-contact' })
  const withHalfAPlace = decodeCommand(fromHex(`09${contactHex}${placeHex.slice(0, 8)}`))
  assert.deepEqual(shown(withHalfAPlace), shown({ kind: 'put-contact', ...contact }))
})

test('the device info of older firmware ends earlier', () => {
  const older = `0d08af28${zeros(4)}${hex('19 Feb 2025')}00${hex('Board')}${zeros(35)}${hex('v1.10')}${zeros(15)}`
  const info = decodeReply(fromHex(older))
  assert.ok(info.kind === 'device-info')
  assert.deepEqual(
    [info.model, info.firmware, info.isRepeater, info.pathHashMode],
    ['Board', 'v1.10', undefined, undefined],
  )
  assert.equal(toHex(encodeReply(info)), older)
})

test('a text ends at a NUL, and a name is cut between characters', () => {
  const text = decodeReply(fromHex('0800ff0003b95569610062'))
  assert.ok(text.kind === 'old-channel-text')
  assert.equal(toHex(text.body.text), '61')
  const named = encodeReply({ kind: 'channel', channel: 0, name: `${'a'.repeat(30)}é`, secret })
  assert.equal(toHex(named), `1200${'61'.repeat(30)}0000${toHex(secret)}`)
})

test('a signal that is beyond a byte is told as the nearest that is not', () => {
  const packet = Buffer.alloc(0)
  assert.equal(toHex(encodeReply({ kind: 'heard', snrDb: -40, rssiDbm: -137.6, packet })), '888080')
  assert.equal(toHex(encodeReply({ kind: 'heard', snrDb: 9.3, rssiDbm: 200, packet })), '88257f')
})

test('a contact whose path has a length that no path has is one without', () => {
  for (const length of ['c1', '7f', 'ff']) {
    const content = contactHex.replace('42aabbccdd', `${length}aabbccdd`)
    const read = decodeCommand(fromHex(`09${content}`))
    assert.ok(read.kind === 'put-contact')
    assert.equal(read.path, null)
    assert.equal(read.name, 'Köln')
  }
})

const refusedContents = {
  'an empty one': '',
  'a key of 31 bytes': `0d${'ab'.repeat(31)}`,
  'a text without a character': `020000${zeros(4)}${toHex(prefix)}`,
  'a contact that ends in its path': `09${contactHex.slice(0, 120)}`,
  'a channel key of 32 bytes': `2001${zeros(32)}${toHex(secret)}${toHex(secret)}`,
  'raw data of 3 bytes': '1901aa010203',
  'raw data by more hops than a path has': `1941${'aa'.repeat(65)}01020304`,
  'channel data whose path is cut': '3e0142aabb',
  'channel data with hashes of 4 bytes': '3e01c1aabbccdd0001',
}

test('commands that are too short for what they say', () => {
  for (const [name, content] of Object.entries(refusedContents))
    assert.throws(() => decodeCommand(fromHex(content)), CompanionError, name)
  assert.throws(() => decodeCommand(fromHex('0601')), { message: '1 bytes are too few for set-time' })
})

test('first bytes that no form has are unknown, as the firmware finds them', () => {
  for (const content of ['3602', `3401${keyHex}`, '3d0102', '1372656220', '63'])
    assert.equal(decodeCommand(fromHex(content)).kind, 'unknown', content)
  assert.equal(decodeReply(fromHex('1803')).kind, 'unknown')
})

const halfHop = { hashBytes: 2, hops: key.subarray(1) } as const
const refusedCommands: Record<string, CompanionCommand> = {
  'a key of 31 bytes': { kind: 'logout', publicKey: key.subarray(1) },
  'a time before 1970': { kind: 'set-time', timestamp: -1 },
  'half a second': { kind: 'set-time', timestamp: 0.5 },
  'no number': { kind: 'set-time', timestamp: Number.NaN },
  'a channel that no byte can say': { kind: 'get-channel', channel: 256 },
  'a power that no byte can say': { kind: 'set-power', txPowerDbm: 128 },
  'no text': { kind: 'send-text', type: 0, attempt: 0, timestamp: 0, to: prefix, text: Buffer.alloc(0) },
  'half a hop': { kind: 'send-channel-data', channel: 0, path: halfHop, type: 1, data: key },
  'a hole': { kind: 'put-contact', ...contact, lastModified: 7 },
  'a code that no byte can say': { kind: 'unknown', code: 256, bytes: key },
}

test('values that do not go into their bytes', () => {
  for (const [name, command] of Object.entries(refusedCommands))
    assert.throws(() => encodeCommand(command), CompanionError, name)
  const unsigned = { ...signed, type: 0 }
  for (const body of [unsigned, { ...plain, type: 2 }])
    assert.throws(() => encodeReply({ kind: 'old-channel-text', channel: 0, pathLength: 0, body }), CompanionError)
  assert.throws(() => encodeCommand({ kind: 'constructor' } as never), CompanionError)
})
