// An independent client of companion radios, meshcore.js, understands what we send as a radio, and we understand what it asks.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type CompanionCommand, decodeCommand } from '#edge/radio/companion-commands.ts'
import { CompanionFrameDecoder, encodeCompanionFrame } from '#edge/radio/companion-frames.ts'
import { type CompanionReply, encodeReply, refusal } from '#edge/radio/companion-replies.ts'
import { fromHex, toHex } from '#test/support/meshcore-vectors.ts'

/** What is used of the client, which has no types. */
interface Peer {
  onConnected(): Promise<void>
  onSocketDataReceived(bytes: Uint8Array): void
  once(code: number, listener: (value: unknown) => void): void
  [command: string]: (...values: never[]) => unknown
}

const library: string = '@liamcottle/meshcore.js'
const { TCPConnection } = (await import(library)) as { TCPConnection: new (host: string, port: number) => Peer }

const key = fromHex('03a107bff3ce10be1d70dd18e74bc09967e4d6309ba50d5f1ddc8664125531b8')
const prefix = key.subarray(0, 6)
const secret = fromHex('8b3387e9c5cdea6ac9e5edbaa115cd72')
const place = { latitude: 50.94, longitude: -6.96 }

/** Answers like a radio: what it was told, and a client at the other end of no line. */
class Bench {
  readonly heard: CompanionCommand[] = []
  readonly peer = new TCPConnection('', 0)
  readonly #answers: (command: CompanionCommand) => CompanionReply[]

  constructor(answers: (command: CompanionCommand) => CompanionReply[] = () => [{ kind: 'ok' }]) {
    this.#answers = answers
    const decoder = new CompanionFrameDecoder('to-radio')
    Object.assign(this.peer, {
      write: (bytes: Uint8Array) => {
        for (const content of decoder.push(bytes)) this.#take(decodeCommand(content))
      },
    })
  }

  /** What the client makes of its call. */
  call(name: string, ...values: unknown[]): Promise<unknown> {
    return Promise.resolve(this.peer[name]?.(...(values as never[])))
  }

  /** What the client makes of a reply that it did not ask for. */
  told(reply: CompanionReply): Promise<unknown> {
    const content = encodeReply(reply)
    return new Promise(resolve => {
      this.peer.once(content[0] ?? 0, resolve)
      this.#send(reply)
    })
  }

  #take(command: CompanionCommand): void {
    this.heard.push(command)
    for (const reply of this.#answers(command)) this.#send(reply)
  }

  /** In two parts, as TCP may cut it. */
  #send(reply: CompanionReply): void {
    const frame = encodeCompanionFrame('to-app', encodeReply(reply))
    this.peer.onSocketDataReceived(frame.subarray(0, 5))
    this.peer.onSocketDataReceived(frame.subarray(5))
  }
}

/** Bytes as hex, for comparing. */
function shown(value: unknown): unknown {
  if (value instanceof Uint8Array) return toHex(value)
  if (Array.isArray(value)) return value.map(shown)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, shown(each)]))
}

const contact = {
  publicKey: key,
  type: 3,
  flags: 0,
  path: null,
  name: 'Köln',
  lastAdvert: 1_790_000_001,
  position: place,
  lastModified: 1_790_000_002,
}
const readContact = {
  publicKey: toHex(key),
  type: 3,
  flags: 0,
  outPathLen: -1,
  outPath: '00'.repeat(64),
  advName: 'Köln',
  lastAdvert: 1_790_000_001,
  advLat: 50_940_000,
  advLon: -6_960_000,
  lastMod: 1_790_000_002,
}

test('it connects, and knows whom it is connected to', async () => {
  const modulation = { frequencyHz: 869_618_000, bandwidthHz: 62_500, spreadingFactor: 8, codingRate: 5 }
  const habits = { extraAcks: 0, locationPolicy: 1, telemetryModes: 0, manualContacts: 1 }
  const bench = new Bench(({ kind }) => {
    if (kind === 'device-query') {
      const names = { buildDate: '14 Aug 2026', model: 'Federation', firmware: 'v1.17.1' }
      return [{ kind: 'device-info', version: 13, contactsMax: 100, channelsMax: 8, pin: 0, ...names }]
    }
    const powers = { txPowerDbm: 22, txPowerDbmMax: 22 }
    const who = { type: 1, publicKey: key, position: place, name: 'Köln ❄' }
    return [{ kind: 'self-info', ...who, ...powers, ...habits, ...modulation }]
  })
  await bench.peer.onConnected()
  const info = shown(await bench.call('getSelfInfo'))
  assert.deepEqual(info, {
    type: 1,
    txPower: 22,
    maxTxPower: 22,
    publicKey: toHex(key),
    advLat: 50_940_000,
    advLon: -6_960_000,
    reserved: '000100',
    manualAddContacts: 1,
    radioFreq: 869_618,
    radioBw: 62_500,
    radioSf: 8,
    radioCr: 5,
    name: 'Köln ❄',
  })
  assert.deepEqual(bench.heard, [
    { kind: 'device-query', version: 1 },
    { kind: 'app-start', appName: 'test' },
  ])
})

test('it reads contacts', async () => {
  const bench = new Bench(() => [
    { kind: 'contacts-start', count: 1 },
    { kind: 'contact', ...contact },
    { kind: 'contacts-end', lastModified: contact.lastModified },
  ])
  assert.deepEqual(shown(await bench.call('getContacts')), [readContact])
  assert.deepEqual(bench.heard, [{ kind: 'get-contacts' }])
  assert.deepEqual(shown(await bench.told({ kind: 'new-advert', ...contact })), readContact)
})

test('it reads and sets channels', async () => {
  const bench = new Bench(command =>
    command.kind === 'get-channel' ? [{ kind: 'channel', channel: 1, name: '#köln', secret }] : [{ kind: 'ok' }],
  )
  const read = shown(await bench.call('getChannel', 1))
  assert.deepEqual(read, { channelIdx: 1, name: '#köln', secret: toHex(secret) })
  await bench.call('setChannel', 2, 'Schnee', secret)
  assert.deepEqual(shown(bench.heard), [
    { kind: 'get-channel', channel: 1 },
    { kind: 'set-channel', channel: 2, name: 'Schnee', secret: toHex(secret) },
  ])
})

test('it reads the texts that wait, in the old layout that its version asks for', async () => {
  const heard = { pathLength: null, body: { type: 0, timestamp: 1_790_000_000, text: Buffer.from('Grüße') } }
  const waiting: CompanionReply[] = [
    { kind: 'old-contact-text', from: prefix, ...heard },
    { kind: 'old-channel-text', channel: 1, ...heard },
    { kind: 'channel-data', snrDb: 8.25, channel: 1, pathLength: 2, type: 0xffff, data: fromHex('aabb') },
  ]
  const bench = new Bench(() => [waiting.shift() ?? { kind: 'no-more-texts' }])
  const text = { pathLen: 255, txtType: 0, senderTimestamp: 1_790_000_000, text: 'Grüße' }
  const data = { snr: 8.25, reserved1: 0, reserved2: 0, channelIdx: 1, pathLen: 2, dataType: 0xffff, dataLen: 2 }
  assert.deepEqual(shown(await bench.call('getWaitingMessages')), [
    { contactMessage: { pubKeyPrefix: toHex(prefix), ...text } },
    { channelMessage: { channelIdx: 1, ...text } },
    { channelData: { ...data, data: 'aabb' } },
  ])
  assert.deepEqual(bench.heard, Array(4).fill({ kind: 'next-text' }))
})

test('it logs in, sends texts, and learns that they came', async () => {
  const tag = fromHex('01020304')
  const bench = new Bench(({ kind }) => {
    if (kind === 'send-channel-text') return [{ kind: 'ok' }]
    const sent: CompanionReply = { kind: 'sent', isFlood: true, tag, timeoutMs: 8308 }
    return kind === 'login' ? [sent, loginSuccess()] : [sent]
  })
  const login = shown(await bench.call('login', key, 'hello'))
  assert.deepEqual(login, { reserved: 0, pubKeyPrefix: toHex(prefix) })
  const sent = await bench.call('sendTextMessage', key, 'Grüße')
  assert.deepEqual(sent, { result: 1, expectedAckCrc: 0x04_03_02_01, estTimeout: 8308 })
  const confirmed = await bench.told({ kind: 'confirmed', tag, roundTripMs: 816 })
  assert.deepEqual(confirmed, { ackCode: 0x04_03_02_01, roundTrip: 816 })
  await bench.call('sendChannelTextMessage', 1, 'Grüße')
  const [first, second, third] = bench.heard
  assert.deepEqual(shown(first), { kind: 'login', publicKey: toHex(key), password: 'hello' })
  assert.ok(second?.kind === 'send-text' && third?.kind === 'send-channel-text')
  assert.deepEqual([second.type, second.attempt, toHex(second.to)], [0, 0, toHex(prefix)])
  assert.deepEqual([third.type, third.channel], [0, 1])
  for (const { text, timestamp } of [second, third]) {
    assert.equal(toHex(text), toHex(Buffer.from('Grüße')))
    assert.ok(timestamp > 1_700_000_000)
  }
})

function loginSuccess(): CompanionReply {
  return { kind: 'login-success', legacyFlag: 0, from: prefix, timestamp: 1_790_000_000, permission: 2, level: 1 }
}

/** What it is told unasked or asks for, and what it makes of it. */
const tellings: readonly (readonly [CompanionReply, unknown])[] = [
  [{ kind: 'error', reason: refusal.notFound }, { errCode: 2 }],
  [{ kind: 'time', timestamp: 1_790_000_000 }, { epochSecs: 1_790_000_000 }],
  [{ kind: 'battery', millivolts: 4111, storage: { usedKb: 1, totalKb: 2 } }, { batteryMilliVolts: 4111 }],
  [{ kind: 'advert', publicKey: key }, { publicKey: toHex(key) }],
  [{ kind: 'path-updated', publicKey: key }, { publicKey: toHex(key) }],
  [{ kind: 'texts-waiting' }, {}],
  [
    { kind: 'heard', snrDb: -9.75, rssiDbm: -120, packet: prefix },
    { lastSnr: -9.75, lastRssi: -120, raw: toHex(prefix) },
  ],
  [
    { kind: 'raw-data', snrDb: 1.5, rssiDbm: -2, payload: prefix },
    { lastSnr: 1.5, lastRssi: -2, reserved: 255, payload: toHex(prefix) },
  ],
  [
    { kind: 'status', from: prefix, data: secret },
    { reserved: 0, pubKeyPrefix: toHex(prefix), statusData: toHex(secret) },
  ],
  [
    { kind: 'telemetry', from: prefix, data: secret },
    { reserved: 0, pubKeyPrefix: toHex(prefix), lppSensorData: toHex(secret) },
  ],
  [
    { kind: 'request-answered', tag: fromHex('01020304'), data: secret },
    { reserved: 0, tag: 0x04_03_02_01, responseData: toHex(secret) },
  ],
  [{ kind: 'exported-contact', packet: secret }, { advertPacketBytes: toHex(secret) }],
  [
    { kind: 'sign-start', bytesMax: 8192 },
    { reserved: 0, maxSignDataLen: 8192 },
  ],
]

test('it understands what it is told', async () => {
  const bench = new Bench()
  for (const [reply, expected] of tellings) assert.deepEqual(shown(await bench.told(reply)), expected, reply.kind)
})

test('it reads the counts of packets', async () => {
  const bench = new Bench()
  const sent = { sent: 2, sentFlood: 3, sentDirect: 4 }
  const stats = await bench.told({
    kind: 'stats-packets',
    heard: 1,
    ...sent,
    heardFlood: 5,
    heardDirect: 6,
    damaged: 7,
  })
  const { data } = stats as { data: unknown }
  const expected = { recv: 1, sent: 2, nSentFlood: 3, nSentDirect: 4, nRecvFlood: 5, nRecvDirect: 6, nRecvErrors: 7 }
  assert.deepEqual(data, expected)
})

const noPath = new Uint8Array(64)

/** What it says when it is called so. */
const callings: readonly (readonly [string, unknown[], object])[] = [
  ['sendCommandGetContacts', [7], { kind: 'get-contacts', since: 7 }],
  ['sendCommandGetDeviceTime', [], { kind: 'get-time' }],
  ['sendCommandSetDeviceTime', [1_790_000_000], { kind: 'set-time', timestamp: 1_790_000_000 }],
  ['sendCommandSendSelfAdvert', [1], { kind: 'send-advert', isFlood: true }],
  ['sendCommandSetAdvertName', ['Köln'], { kind: 'set-name', name: 'Köln' }],
  [
    'sendCommandAddUpdateContact',
    [key, 3, 1, 0, noPath, 'Köln', 7, 50_940_000, -6_960_000],
    {
      kind: 'put-contact',
      publicKey: toHex(key),
      type: 3,
      flags: 1,
      path: { hashBytes: 1, hops: '' },
      name: 'Köln',
      lastAdvert: 7,
      position: place,
    },
  ],
  [
    'sendCommandSetRadioParams',
    [869_618, 62_500, 8, 5],
    { kind: 'set-radio', frequencyHz: 869_618_000, bandwidthHz: 62_500, spreadingFactor: 8, codingRate: 5 },
  ],
  ['sendCommandSetTxPower', [22], { kind: 'set-power', txPowerDbm: 22 }],
  ['sendCommandResetPath', [key], { kind: 'reset-path', publicKey: toHex(key) }],
  ['sendCommandSetAdvertLatLon', [50_940_000, -6_960_000], { kind: 'set-position', position: place }],
  ['sendCommandRemoveContact', [key], { kind: 'remove-contact', publicKey: toHex(key) }],
  ['sendCommandShareContact', [key], { kind: 'share-contact', publicKey: toHex(key) }],
  ['sendCommandExportContact', [], { kind: 'export-contact' }],
  ['sendCommandExportContact', [key], { kind: 'export-contact', publicKey: toHex(key) }],
  ['sendCommandReboot', [], { kind: 'reboot' }],
  ['sendCommandGetBatteryVoltage', [], { kind: 'get-battery' }],
  ['sendCommandDeviceQuery', [3], { kind: 'device-query', version: 3 }],
  ['sendCommandExportPrivateKey', [], { kind: 'export-private-key' }],
  ['sendCommandSendRawData', [prefix, secret], { kind: 'send-raw-data', hops: toHex(prefix), payload: toHex(secret) }],
  ['sendCommandSendStatusReq', [key], { kind: 'get-status', publicKey: toHex(key) }],
  ['sendCommandSendTelemetryReq', [key], { kind: 'get-telemetry', publicKey: toHex(key) }],
  ['sendCommandSendBinaryReq', [key, [3]], { kind: 'send-request', publicKey: toHex(key), data: '03' }],
  ['sendCommandSetFloodScope', [secret], { kind: 'set-scope', key: toHex(secret) }],
  ['sendCommandGetStats', [2], { kind: 'get-stats', type: 2 }],
  [
    'sendCommandSendChannelData',
    [1, 255, [], 0xffff, prefix],
    { kind: 'send-channel-data', channel: 1, path: null, type: 0xffff, data: toHex(prefix) },
  ],
  ['sendCommandSignStart', [], { kind: 'sign-start' }],
  ['sendCommandSignData', [prefix], { kind: 'sign-data', data: toHex(prefix) }],
  ['sendCommandSignFinish', [], { kind: 'sign-finish' }],
  [
    'sendCommandSendTracePath',
    [0x04_03_02_01, 5, prefix],
    { kind: 'send-trace', tag: '01020304', authCode: 5, flags: 0, hops: toHex(prefix) },
  ],
  ['sendCommandSetOtherParams', [1], { kind: 'set-habits', manualContacts: 1 }],
]

test('we understand what it says', async () => {
  for (const [name, values, expected] of callings) {
    const bench = new Bench()
    await bench.call(name, ...values)
    assert.deepEqual(shown(bench.heard), [expected], name)
  }
})
