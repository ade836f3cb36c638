// What an app tells a companion radio, and asks it. Each line is a command: its name, its code, and its parts in the order of the
// bytes. Source: the firmware's examples/companion_radio/MyMesh.cpp, MyMesh::handleCmdFrame.
import { codecOf, type FrameOf, form } from './companion-codec.ts'
import {
  after,
  bytes,
  counted,
  flag,
  int8,
  int32,
  optional,
  padded,
  rest,
  text,
  uint8,
  uint16,
  uint32,
  words,
} from './companion-fields.ts'
import {
  channelSecret,
  defaultScope,
  frequency,
  habitParts,
  keyPrefix,
  newContactParts,
  pathOrNone,
  position,
  publicKey,
  secret,
  tag,
  thousandths,
} from './companion-parts.ts'
import { pathBytesMax } from './packet.ts'

const commands = {
  // The app and the radio.
  /** The first command: `version` of the protocol that the app knows decides which layout it is sent; 3 or more for the newer. */
  'device-query': form([22], { version: uint8 }),
  /** Answered by self-info. */
  'app-start': form([1], { appName: after(7, words()) }),
  'get-time': form([5], {}),
  /** Unix seconds; refused when the radio's clock is ahead of it. */
  'set-time': form([6], { timestamp: uint32 }),
  'get-battery': form([20], {}),
  /** 0: core, 1: radio, 2: packets. */
  'get-stats': form([56], { type: uint8 }),
  reboot: form([19, ...Buffer.from('reboot')], {}),
  'factory-reset': form([51, ...Buffer.from('reset')], {}),
  /** 0, or six digits. */
  'set-pin': form([37], { pin: uint32 }),
  'get-vars': form([40], {}),
  /** `name:value`. */
  'set-var': form([41], { setting: words(3) }),

  // Radio settings.
  'set-radio': form([11], {
    frequencyHz: frequency,
    bandwidthHz: uint32,
    spreadingFactor: uint8,
    codingRate: uint8,
    isRepeater: optional(flag),
  }),
  'set-power': form([12], { txPowerDbm: int8 }),
  'set-tuning': form([21], { receiveDelayBase: thousandths, airtimeFactor: thousandths }),
  'get-tuning': form([43], {}),
  'get-repeat-frequencies': form([60], {}),
  /** Hashes of `mode` + 1 bytes. */
  'set-path-hash-mode': form([61, 0], { mode: uint8 }),

  // Who it is.
  /** At most 31 bytes: the radio cuts it. */
  'set-name': form([8], { name: words(1) }),
  'set-position': form([14], { position, altitude: optional(int32) }),
  'set-habits': form([38], habitParts),
  /** To all hops, or to the neighbours alone. */
  'send-advert': form([7], { isFlood: optional(flag) }),
  'export-private-key': form([23], {}),
  'import-private-key': form([24], { privateKey: bytes(64) }),
  'sign-start': form([33], {}),
  'sign-data': form([34], { data: rest(1) }),
  'sign-finish': form([35], {}),

  // Contacts.
  /** Those modified after `since`, as last told by contacts-end. */
  'get-contacts': form([4], { since: optional(uint32) }),
  'get-contact': form([30], { publicKey }),
  'put-contact': form([9], newContactParts),
  'remove-contact': form([15], { publicKey }),
  'reset-path': form([13], { publicKey }),
  'share-contact': form([16], { publicKey }),
  /** Of the radio itself without a key. */
  'export-contact': form([17], { publicKey: optional(publicKey) }),
  /** A packet with its advert. */
  'import-contact': form([18], { packet: rest(2 + 32 + 64) }),
  'get-advert-path': form([42], { publicKey: after(1, publicKey) }),
  'get-auto-add': form([59], {}),
  /** Bit 0: the oldest gives way; bits 1 to 4: chat, repeater, room, sensor. */
  'set-auto-add': form([58], { types: uint8, hopsMax: optional(uint8) }),

  // Channels.
  'get-channel': form([31], { channel: uint8 }),
  'set-channel': form([32], { channel: uint8, name: padded(32), secret: channelSecret }),

  // Texts.
  /** `type`: one of textType, plain or command. `timestamp`: Unix seconds; the radio stamps a command itself. */
  'send-text': form([2], { type: uint8, attempt: uint8, timestamp: uint32, to: keyPrefix, text: text(1) }),
  /** The radio sets its own name before it. Answered by ok. */
  'send-channel-text': form([3], { type: uint8, channel: uint8, timestamp: uint32, text: text() }),
  /** Reading is destructive: store what it answers before asking again. */
  'next-text': form([10], {}),

  // Requests to a contact; their answers are known by the tag of `sent`.
  /** At most 15 bytes of password. A wrong one is answered by silence. */
  login: form([26], { publicKey, password: words() }),
  logout: form([29], { publicKey }),
  'has-connection': form([28], { publicKey }),
  'get-status': form([27], { publicKey }),
  /** Of the radio itself without a key. */
  'get-telemetry': form([39], { publicKey: after(3, optional(publicKey)) }),
  'send-request': form([50], { publicKey, data: rest(1) }),
  /** A room server takes it for a login. */
  'send-anonymous': form([57], { publicKey, data: rest(1) }),
  'discover-path': form([52, 0], { publicKey }),

  // Other packets.
  'send-trace': form([36], { tag, authCode: uint32, flags: uint8, hops: rest(1) }),
  /** `path` null: by flood. `type` is not 0. */
  'send-channel-data': form([62], { channel: uint8, path: pathOrNone, type: uint16, data: rest() }),
  /** Directly only, by hops of 1 byte. */
  'send-raw-data': form([25], { hops: counted(pathBytesMax), payload: rest(4) }),
  /** Its first byte has the highest bit set. */
  'send-control-data': form([55], { data: rest(1) }),
  /** A whole packet, as it goes on the air; `priority` 0 is the highest. */
  'send-packet': form([65], { priority: uint8, packet: rest(2) }),

  // Which region floods are meant for.
  'set-scope': form([54, 0], { key: optional(secret) }),
  'set-unscoped': form([54, 1], {}),
  'get-default-scope': form([64], {}),
  'set-default-scope': form([63], { scope: defaultScope }),
} as const

const codec = codecOf(commands)

/** Its `kind` names it; `unknown` are those of newer apps, and those that the firmware refuses for their first bytes. */
export type CompanionCommand = FrameOf<typeof commands>

/**
 * From the content of a frame `to-radio`, into which it looks. Bytes behind the last part are not read.
 * @throws CompanionError when it is too short, as the firmware answers with unsupportedCommand
 */
export function decodeCommand(content: Uint8Array): CompanionCommand {
  return codec.decode(content)
}

/** The content of a frame. @throws CompanionError when a part does not go into its bytes */
export function encodeCommand(command: CompanionCommand): Uint8Array {
  return codec.encode(command)
}
