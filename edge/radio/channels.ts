// Texts in a channel, for everybody who has its key. Source: the firmware's src/helpers/BaseChatMesh.cpp.
import { cutUtf8 } from '#common/utf8.ts'
import { take, takeUint32, textUntilNul, uint32 } from './bytes.ts'
import { channelHash, open, seal } from './crypto.ts'
import { PacketError } from './packet-error.ts'

/** Of name, ": " and text together (MAX_TEXT_LEN). */
const lineBytesMax = 160

export interface ChannelText {
  /** Unix seconds of the sender's clock. */
  timestamp: number
  /** As sent, "name: text" in UTF-8, the last character perhaps cut. Who sent it nothing proves. */
  text: Uint8Array
}

/** The byte that says which channel it may be. @throws PacketError */
function channelOf(payload: Uint8Array): number {
  return take(payload, 0, 1 + 18, 'channel text')[0] ?? 0
}

/** Undefined when it is of another channel. @throws PacketError when it is of this one, and no text */
export function decodeChannelText(secret: Uint8Array, payload: Uint8Array): ChannelText | undefined {
  const bytes = channelOf(payload) === channelHash(secret) ? open(secret, payload.subarray(1)) : undefined
  if (bytes === undefined) return undefined
  const [flags = 0] = take(bytes, 4, 1, 'channel text')
  if (flags >> 2 !== 0) throw new PacketError('a channel text that is no plain text')
  return { timestamp: takeUint32(bytes, 0, 'channel text'), text: textUntilNul(bytes.subarray(5)) }
}

export function encodeChannelText(secret: Uint8Array, { timestamp, text }: ChannelText): Uint8Array {
  const plaintext = Buffer.concat([uint32(timestamp), Uint8Array.of(0), text])
  return Buffer.concat([Uint8Array.of(channelHash(secret)), seal(secret, plaintext)])
}

/** "name: text" as `text` of a ChannelText, cut between characters where the firmware cuts it too. */
export function encodeLine(name: string, words: string): Uint8Array {
  return Buffer.from(cutUtf8(`${name}: ${words}`, lineBytesMax))
}

/** The name is what the sender says, up to the first ": "; empty when there is none. */
export function splitLine(line: string): { name: string; words: string } {
  const at = line.indexOf(': ')
  return at < 0 ? { name: '', words: line } : { name: line.slice(0, at), words: line.slice(at + 2) }
}
