// What a companion radio answers to an app, and tells it unasked. Each line is a reply: its name, its code, and its parts in the
// order of the bytes. Source: the firmware's examples/companion_radio/MyMesh.cpp.
import { codecOf, type FrameOf, form } from './companion-codec.ts'
import {
  after,
  bytes,
  counted,
  flag,
  int8,
  int16,
  mapped,
  optional,
  padded,
  parts,
  rest,
  rssi,
  snr,
  uint8,
  uint16,
  uint32,
  words,
} from './companion-fields.ts'
import { companionBytesMax } from './companion-frames.ts'
import {
  contactParts,
  defaultScope,
  frequency,
  heardPathLength,
  keyPrefix,
  path,
  position,
  publicKey,
  secret,
  tag,
  thousandths,
} from './companion-parts.ts'
import { receivedText, repeatRanges, traceOutcome } from './companion-received.ts'

/** Why a command was refused. */
export const refusal = {
  unsupportedCommand: 1,
  notFound: 2,
  tableFull: 3,
  badState: 4,
  fileError: 5,
  illegalArgument: 6,
} as const

const heardText = { pathLength: heardPathLength, body: receivedText }
const storage = parts({ usedKb: uint32, totalKb: uint32 })

const replies = {
  // Answers.
  ok: form([0], {}),
  /** `reason`: one of refusal, or one that we do not know. */
  error: form([1], { reason: optional(uint8) }),
  /** The build of the radio does not have this. */
  disabled: form([15], {}),
  /** How a text or a request went out, what will confirm it, and how long to wait for that. */
  sent: form([6], { isFlood: flag, tag, timeoutMs: uint32 }),

  // The radio.
  'device-info': form([13], {
    /** Of the protocol. */
    version: uint8,
    /** Even: the radio tells half of it. */
    contactsMax: mapped(
      uint8,
      half => half * 2,
      count => Math.min(255, Math.floor(count / 2)),
    ),
    channelsMax: uint8,
    /** 0: none is set. */
    pin: uint32,
    buildDate: padded(12),
    model: padded(40),
    firmware: padded(20),
    isRepeater: optional(flag),
    pathHashMode: optional(uint8),
  }),
  'self-info': form([5], {
    /** One of nodeType. */
    type: uint8,
    txPowerDbm: int8,
    txPowerDbmMax: int8,
    publicKey,
    /** 0, 0 when it is not set. */
    position,
    /** The next four as in the command set-habits. */
    extraAcks: uint8,
    locationPolicy: uint8,
    telemetryModes: uint8,
    manualContacts: uint8,
    frequencyHz: frequency,
    bandwidthHz: uint32,
    spreadingFactor: uint8,
    codingRate: uint8,
    name: words(),
  }),
  /** Unix seconds. */
  time: form([9], { timestamp: uint32 }),
  battery: form([12], { millivolts: uint16, storage: optional(storage) }),
  'stats-core': form([24, 0], { millivolts: uint16, uptimeSeconds: uint32, errors: uint16, queueLength: uint8 }),
  'stats-radio': form([24, 1], {
    noiseFloorDbm: int16,
    rssiDbm: rssi,
    snrDb: snr,
    sentAirSeconds: uint32,
    heardAirSeconds: uint32,
  }),
  'stats-packets': form([24, 2], {
    heard: uint32,
    sent: uint32,
    sentFlood: uint32,
    sentDirect: uint32,
    heardFlood: uint32,
    heardDirect: uint32,
    damaged: optional(uint32),
  }),
  /** `name:value,name:value`. */
  vars: form([21], { settings: words() }),
  tuning: form([23], { receiveDelayBase: thousandths, airtimeFactor: thousandths }),
  'repeat-frequencies': form([26], { ranges: repeatRanges }),
  'private-key': form([14], { privateKey: bytes(64) }),
  'sign-start': form([19], { bytesMax: after(1, uint32) }),
  signature: form([20], { signature: bytes(64) }),

  // Contacts and channels.
  /** `count` of all contacts, and not only of those that follow. */
  'contacts-start': form([2], { count: uint32 }),
  contact: form([3], contactParts),
  /** The newest of those that were told, to ask the next time for what is newer; 0 after none. */
  'contacts-end': form([4], { lastModified: uint32 }),
  /** A packet with its advert. */
  'exported-contact': form([11], { packet: rest() }),
  /** When its last advert came, and how. Unix seconds of the radio's clock. */
  'advert-path': form([22], { timestamp: uint32, path }),
  'auto-add': form([25], { types: uint8, hopsMax: optional(uint8) }),
  channel: form([18], { channel: uint8, name: padded(32), secret }),
  'default-scope': form([28], { scope: defaultScope }),

  // Answers to next-text; the old layouts are for apps of a version below 3.
  'contact-text': form([16], { snrDb: snr, from: after(2, keyPrefix), ...heardText }),
  'old-contact-text': form([7], { from: keyPrefix, ...heardText }),
  'channel-text': form([17], { snrDb: snr, channel: after(2, uint8), ...heardText }),
  'old-channel-text': form([8], { channel: uint8, ...heardText }),
  'channel-data': form([27], {
    snrDb: snr,
    channel: after(2, uint8),
    pathLength: heardPathLength,
    type: uint16,
    data: counted(companionBytesMax - 9),
  }),
  'no-more-texts': form([10], {}),

  // Told unasked.
  /** Of a contact. */
  advert: form([0x80], { publicKey }),
  /** Of a node that is no contact: it is not kept. */
  'new-advert': form([0x8a], contactParts),
  'path-updated': form([0x81], { publicKey }),
  'contact-deleted': form([0x8f], { publicKey }),
  'contacts-full': form([0x90], {}),
  /** The ACK of a text came. */
  confirmed: form([0x82], { tag, roundTripMs: uint32 }),
  'texts-waiting': form([0x83], {}),
  /** From the timestamp on: newer servers only. `timestamp`: Unix seconds of the server's clock. `level`: of its firmware. */
  'login-success': form([0x85], {
    legacyFlag: uint8,
    from: keyPrefix,
    timestamp: optional(uint32),
    permission: optional(uint8),
    level: optional(uint8),
  }),
  'login-failed': form([0x86], { from: after(1, keyPrefix) }),
  status: form([0x87], { from: after(1, keyPrefix), data: rest() }),
  telemetry: form([0x8b], { from: after(1, keyPrefix), data: rest() }),
  'request-answered': form([0x8c], { tag: after(1, tag), data: rest() }),
  'path-discovered': form([0x8d], { from: after(1, keyPrefix), pathTo: path, pathFrom: path }),
  trace: form([0x89], { outcome: after(1, traceOutcome) }),
  /** Every packet that was heard, as it was on the air, up to 173 bytes. It comes before what it causes. */
  heard: form([0x88], { snrDb: snr, rssiDbm: rssi, packet: rest() }),
  'raw-data': form([0x84], { snrDb: snr, rssiDbm: rssi, payload: after(1, rest(), 0xff) }),
  'control-data': form([0x8e], { snrDb: snr, rssiDbm: rssi, pathLength: uint8, payload: rest() }),
} as const

const codec = codecOf(replies)

/** Its `kind` names it; `unknown` are those of newer firmware. */
export type CompanionReply = FrameOf<typeof replies>

/**
 * From the content of a frame `to-app`, into which it looks. Bytes behind the last part are not read.
 * @throws CompanionError when it is too short
 */
export function decodeReply(content: Uint8Array): CompanionReply {
  return codec.decode(content)
}

/** The content of a frame. @throws CompanionError when a part does not go into its bytes */
export function encodeReply(reply: CompanionReply): Uint8Array {
  return codec.encode(reply)
}
