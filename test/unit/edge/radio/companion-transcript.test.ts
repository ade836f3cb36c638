// Every frame that passed between the firmware's own companion radio and an app: read, and written as it was.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import fc from 'fast-check'
import { z } from 'zod'
import { type CompanionCommand, decodeCommand, encodeCommand } from '#edge/radio/companion-commands.ts'
import { CompanionError } from '#edge/radio/companion-error.ts'
import { type CompanionDirection, CompanionFrameDecoder, encodeCompanionFrame } from '#edge/radio/companion-frames.ts'
import { type CompanionReply, decodeReply, encodeReply } from '#edge/radio/companion-replies.ts'
import { fromHex, meshcoreIdentities, toHex } from '#test/support/meshcore-vectors.ts'

const fileSchema = z.object({
  sessions: z.array(
    z.object({
      frames: z.array(z.object({ dir: z.enum(['app->radio', 'radio->app']), hex: z.string(), meaning: z.string() })),
    }),
  ),
})

interface TranscriptFrame {
  direction: CompanionDirection
  hex: string
  meaning: string
}

const file = new URL('../../../vectors/meshcore/companion-transcript.json', import.meta.url)
const frames: readonly TranscriptFrame[] = fileSchema
  .parse(JSON.parse(readFileSync(file, 'utf8')))
  .sessions.flatMap(session => session.frames)
  .map(({ dir, ...frame }) => ({ direction: dir === 'app->radio' ? 'to-radio' : 'to-app', ...frame }))

/** Longer than a frame may be: the firmware cuts it, we refuse it. */
const isTooLong = ({ hex }: TranscriptFrame) => hex.length / 2 > 3 + 176
const isTooShort = ({ meaning }: TranscriptFrame) => meaning.endsWith('too short')
const readable = frames.filter(frame => !isTooLong(frame) && !isTooShort(frame))

const contentOf = ({ hex }: TranscriptFrame): Buffer => fromHex(hex.slice(6))

function decode({ direction }: TranscriptFrame, content: Uint8Array): CompanionCommand | CompanionReply {
  return direction === 'to-radio' ? decodeCommand(content) : decodeReply(content)
}

/** By the words of the transcript, without what varies. */
const kinds: Record<string, string> = {
  CMD_APP_START: 'app-start',
  CMD_DEVICE_QUERY: 'device-query',
  CMD_EXPORT_CONTACT: 'export-contact',
  CMD_EXPORT_PRIVATE_KEY: 'export-private-key',
  CMD_GET_AUTOADD_CONFIG: 'get-auto-add',
  CMD_GET_BATT_AND_STORAGE: 'get-battery',
  CMD_GET_CHANNEL: 'get-channel',
  CMD_GET_CONTACTS: 'get-contacts',
  CMD_GET_CONTACT_BY_KEY: 'get-contact',
  CMD_GET_DEFAULT_FLOOD_SCOPE: 'get-default-scope',
  CMD_GET_DEVICE_TIME: 'get-time',
  CMD_GET_STATS: 'get-stats',
  CMD_GET_TUNING_PARAMS: 'get-tuning',
  CMD_IMPORT_CONTACT: 'import-contact',
  CMD_REBOOT: 'unknown',
  CMD_REMOVE_CONTACT: 'remove-contact',
  CMD_SEND_ANON_REQ: 'send-anonymous',
  CMD_SEND_BINARY_REQ: 'send-request',
  CMD_SEND_CHANNEL_TXT_MSG: 'send-channel-text',
  CMD_SEND_LOGIN: 'login',
  CMD_SEND_PATH_DISCOVERY_REQ: 'discover-path',
  CMD_SEND_RAW_PACKET: 'send-packet',
  CMD_SEND_STATUS_REQ: 'get-status',
  CMD_SEND_TXT_MSG: 'send-text',
  CMD_SET_ADVERT_NAME: 'set-name',
  CMD_SET_CHANNEL: 'set-channel',
  CMD_SET_DEVICE_TIME: 'set-time',
  CMD_SET_FLOOD_SCOPE_KEY: 'set-scope',
  CMD_SIGN_DATA: 'sign-data',
  CMD_SIGN_FINISH: 'sign-finish',
  CMD_SIGN_START: 'sign-start',
  CMD_SYNC_NEXT_MESSAGE: 'next-text',
  unknown: 'unknown',
  OK: 'ok',
  ERR: 'error',
  DEVICE_INFO: 'device-info',
  SELF_INFO: 'self-info',
  CURR_TIME: 'time',
  BATT_AND_STORAGE: 'battery',
  STATS: 'stats-',
  CHANNEL_INFO: 'channel',
  CONTACTS_START: 'contacts-start',
  CONTACT: 'contact',
  END_OF_CONTACTS: 'contacts-end',
  SENT: 'sent',
  CONTACT_MSG_RECV_V3: 'contact-text',
  CHANNEL_MSG_RECV_V3: 'channel-text',
  NO_MORE_MESSAGES: 'no-more-texts',
  EXPORT_CONTACT: 'exported-contact',
  SIGN_START: 'sign-start',
  SIGNATURE: 'signature',
  PRIVATE_KEY: 'private-key',
  TUNING_PARAMS: 'tuning',
  AUTOADD_CONFIG: 'auto-add',
  DEFAULT_FLOOD_SCOPE: 'default-scope',
  'push ADVERT': 'advert',
  'push BINARY_RESPONSE': 'request-answered',
  'push LOG_RX_DATA': 'heard',
  'push LOGIN_SUCCESS': 'login-success',
  'push MSG_WAITING': 'texts-waiting',
  'push PATH_DISCOVERY_RESPONSE': 'path-discovered',
  'push PATH_UPDATED': 'path-updated',
  'push SEND_CONFIRMED': 'confirmed',
  'push STATUS_RESPONSE': 'status',
}

function kindOf({ meaning }: TranscriptFrame): string {
  const [words = ''] = /^(?:push )?\w+/.exec(meaning) ?? []
  const [, type = ''] = /^STATS (\w+)/.exec(meaning) ?? []
  return `${kinds[words]}${type}`
}

for (const direction of ['to-radio', 'to-app'] as const) {
  test(`every frame ${direction} is known, in any cut of the line`, () => {
    const sent = frames.filter(frame => frame.direction === direction)
    const line = fromHex(sent.map(({ hex }) => hex).join(''))
    const expected = sent.filter(frame => !isTooLong(frame)).map(frame => toHex(contentOf(frame)))
    assert.ok(expected.length > 50)
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 8 }), sizes => {
        const decoder = new CompanionFrameDecoder(direction)
        const read: string[] = []
        for (let at = 0, turn = 0; at < line.length; turn += 1) {
          const size = sizes[turn % sizes.length] ?? 1
          read.push(...decoder.push(line.subarray(at, at + size)).map(toHex))
          at += size
        }
        assert.deepEqual(read, expected)
      }),
      { numRuns: 30 },
    )
  })
}

test('every command and reply code of the transcript is read as what it is', () => {
  const codes = new Set<string>()
  for (const frame of readable) {
    const content = contentOf(frame)
    assert.equal(decode(frame, content).kind, kindOf(frame), frame.meaning)
    codes.add(`${frame.direction} ${content[0]}`)
  }
  const all = new Set(frames.map(frame => `${frame.direction} ${contentOf(frame)[0]}`))
  assert.deepEqual([...all].sort(), [...codes].sort())
  assert.equal(codes.size, 64)
})

test('every frame is written as it was', () => {
  for (const frame of readable) {
    const value = decode(frame, contentOf(frame))
    const content =
      frame.direction === 'to-radio' ? encodeCommand(value as CompanionCommand) : encodeReply(value as CompanionReply)
    // Behind the name of a channel the firmware sends what its buffer held before.
    const expected = value.kind === 'channel' ? frame.hex.replace('5be33cbe', '00000000') : frame.hex
    assert.equal(toHex(encodeCompanionFrame(frame.direction, content)), expected, frame.meaning)
  }
})

test('how packets were heard is what the transcript says', () => {
  const heard = readable.flatMap(frame => {
    const [, snr, rssi, length] =
      /LOG_RX_DATA snr x4 (-?\d+), rssi (-?\d+), raw packet of (\d+)/.exec(frame.meaning) ?? []
    return snr === undefined ? [] : [{ frame, expected: [Number(snr) / 4, Number(rssi), Number(length)] }]
  })
  assert.equal(heard.length, 15)
  for (const { frame, expected } of heard) {
    const value = decode(frame, contentOf(frame))
    assert.ok(value.kind === 'heard')
    assert.deepEqual([value.snrDb, value.rssiDbm, value.packet.length], expected)
  }
})

/** Bytes as hex, for comparing. */
function shown(value: unknown): unknown {
  if (value instanceof Uint8Array) return toHex(value)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, shown(each)]))
}

const room = String(meshcoreIdentities.room?.pub)
const text = (words: string) => toHex(Buffer.from(words))

/** By the beginning of the transcript's words: all that the first such frame says. */
const fields: Record<string, object> = {
  DEVICE_INFO: {
    version: 13,
    contactsMax: 350,
    channelsMax: 40,
    pin: 0,
    buildDate: '14 Aug 2026',
    model: 'Native Linux',
    firmware: 'v1.17.1',
    isRepeater: false,
    pathHashMode: 0,
  },
  CMD_APP_START: { appName: 'harness' },
  SELF_INFO: {
    type: 1,
    txPowerDbm: 22,
    txPowerDbmMax: 22,
    publicKey: meshcoreIdentities.alice?.pub,
    position: { latitude: 0, longitude: 0 },
    extraAcks: 0,
    locationPolicy: 0,
    telemetryModes: 0,
    manualContacts: 0,
    frequencyHz: 869_618_000,
    bandwidthHz: 62_500,
    spreadingFactor: 8,
    codingRate: 5,
    name: '4FD099CC',
  },
  'ERR ILLEGAL_ARG': { reason: 6 },
  'ERR NOT_FOUND': { reason: 2 },
  'ERR UNSUPPORTED_CMD': { reason: 1 },
  'ERR BAD_STATE': { reason: 4 },
  BATT_AND_STORAGE: { millivolts: 4111, storage: { usedKb: 31_756_244, totalKb: 264_212_084 } },
  'STATS core': { millivolts: 4111, uptimeSeconds: 3, errors: 0, queueLength: 0 },
  'STATS radio': { noiseFloorDbm: -112, rssiDbm: 0, snrDb: 0, sentAirSeconds: 0, heardAirSeconds: 0 },
  'CHANNEL_INFO idx 0': { channel: 0, name: 'Public', secret: '8b3387e9c5cdea6ac9e5edbaa115cd72' },
  'CMD_SET_CHANNEL 1': { channel: 1, name: '#test', secret: '9cd8fcf22a47333b591d96a2b848b73f' },
  CONTACTS_START: { count: 1 },
  'CONTACT type': {
    publicKey: room,
    type: 3,
    flags: 0,
    path: null,
    name: 'Test Room',
    lastAdvert: 1_767_225_603,
    position: { latitude: 0, longitude: 0 },
    lastModified: 1_767_225_612,
  },
  CMD_SEND_LOGIN: { publicKey: room, password: 'hello' },
  'SENT flood': { isFlood: true, tag: '03a107bf', timeoutMs: 8308 },
  'push LOGIN_SUCCESS': { legacyFlag: 0, from: room.slice(0, 12), timestamp: 1_767_225_606, permission: 2, level: 1 },
  'CMD_SEND_TXT_MSG type 0 ts 1767225617': {
    type: 0,
    attempt: 0,
    timestamp: 1_767_225_617,
    to: room.slice(0, 12),
    text: text('Hello room, from Alice'),
  },
  'SENT direct': { isFlood: false, tag: '615c6633', timeoutMs: 3186 },
  'push SEND_CONFIRMED': { tag: '615c6633', roundTripMs: 816 },
  CONTACT_MSG_RECV_V3: {
    snrDb: 8,
    from: room.slice(0, 12),
    pathLength: null,
    body: { type: 2, timestamp: 1_767_225_614, authorPrefix: '74fca2a3', text: text('Hello Alice, from Bob') },
  },
  'CHANNEL_MSG_RECV_V3 snr x4 34': {
    snrDb: 8.5,
    channel: 1,
    pathLength: 0,
    body: { type: 0, timestamp: 1_767_225_628, text: text('Bob: hello on #test') },
  },
  'CMD_SEND_CHANNEL_TXT_MSG idx 0': { type: 0, channel: 0, timestamp: 1_767_225_630, text: text('hi from Alice') },
  'push BINARY_RESPONSE': { tag: '1fb95569', data: '0174019b016700ff00000000' },
  'push PATH_DISCOVERY_RESPONSE': {
    from: room.slice(0, 12),
    pathTo: { hashBytes: 1, hops: '' },
    pathFrom: { hashBytes: 1, hops: '' },
  },
  CMD_SEND_RAW_PACKET: { priority: 0, packet: '0e00deadbeef' },
  'SIGN_START max': { bytesMax: 8192 },
  TUNING_PARAMS: { receiveDelayBase: 0, airtimeFactor: 1 },
  'CMD_SET_FLOOD_SCOPE_KEY #eu': { key: '1b39b9a89c74b7c11db356b757ebe45a' },
  'CMD_SET_FLOOD_SCOPE_KEY none': {},
  'CMD_REBOOT with a wrong word': { code: 19, bytes: text('nope') },
  'unknown command 99': { code: 99, bytes: '' },
}

test('all parts of a frame are what the transcript says', () => {
  for (const [words, expected] of Object.entries(fields)) {
    const frame = readable.find(({ meaning }) => meaning.startsWith(words))
    assert.ok(frame, words)
    assert.deepEqual(shown(decode(frame, contentOf(frame))), { kind: kindOf(frame), ...expected }, words)
  }
})

test('what the firmware finds too short or too long is refused', () => {
  const tooShort = frames.filter(isTooShort)
  assert.equal(tooShort.length, 1)
  for (const frame of tooShort) assert.throws(() => decode(frame, contentOf(frame)), CompanionError)
  const [tooLong, ...others] = frames.filter(isTooLong)
  assert.ok(tooLong !== undefined && others.length === 0)
  assert.deepEqual(new CompanionFrameDecoder('to-radio').push(fromHex(tooLong.hex)), [])
})

const noisyContent = fc
  .tuple(
    fc.constantFrom(...frames.map(contentOf)),
    fc.array(fc.tuple(fc.nat(175), fc.nat(255)), { maxLength: 4 }),
    fc.nat(176),
  )
  .map(([content, changes, length]) => {
    const bytes = Buffer.from(content)
    for (const [at, value] of changes) if (at < bytes.length) bytes[at] = value
    return bytes.subarray(0, length)
  })

/** What comes out, and what becomes of it when it is written again; or that it was refused. */
function again<T>(
  decodeIt: (content: Uint8Array) => T,
  encodeIt: (value: T) => Uint8Array,
  content: Uint8Array,
): unknown {
  try {
    const written = encodeIt(decodeIt(content))
    assert.deepEqual(shown(decodeIt(encodeIt(decodeIt(written)))), shown(decodeIt(written)))
    return toHex(written)
  } catch (error) {
    if (error instanceof CompanionError) return 'refused'
    throw error
  }
}

test('any bytes: nothing is thrown but CompanionError, and what is read is written and read the same', () => {
  const anyContent = fc.oneof(noisyContent, fc.uint8Array({ maxLength: 176 }))
  fc.assert(
    fc.property(anyContent, fc.uint8Array({ minLength: 40, maxLength: 40 }), (content, around) => {
      const framed = Buffer.concat([around, content, around]).subarray(40, 40 + content.length)
      assert.equal(again(decodeCommand, encodeCommand, framed), again(decodeCommand, encodeCommand, content))
      assert.equal(again(decodeReply, encodeReply, framed), again(decodeReply, encodeReply, content))
    }),
    { numRuns: 1000 },
  )
})
