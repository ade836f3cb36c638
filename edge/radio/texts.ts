// The sealed part of a text: posts, pushes, commands; and the bytes that acknowledge one. Sources: the firmware's
// src/helpers/BaseChatMesh.cpp and examples/simple_room_server/MyMesh.cpp.
import { createHash } from 'node:crypto'
import { take, takeUint32, textUntilNul, uint32 } from './bytes.ts'

export const textType = { plain: 0, command: 1, signed: 2 } as const

/** Of the flags: the bits of the attempt. */
const attemptMask = 3

export interface Text {
  /** Unix seconds of the sender's clock; in a push the room's second of the post. */
  timestamp: number
  /** One of textType, or one that we do not know. */
  type: number
  /**
   * 0 to 255. The flags have room for two bits; from 4 on the whole number is hidden behind the end of the text, as the
   * firmware does in plain ones: without it the fifth try would be the first one's packet, which every node drops.
   */
  attempt: number
  /** First 4 bytes of the author's public key, with `signed` only. */
  authorPrefix?: Uint8Array | undefined
  /** UTF-8, if the sender keeps to it. */
  text: Uint8Array
}

/** From the opened bytes, padding and all. @throws PacketError */
export function decodeText(bytes: Uint8Array): Text {
  const timestamp = takeUint32(bytes, 0, 'text')
  const [flags = 0] = take(bytes, 4, 1, 'text')
  const type = flags >> 2
  const isSigned = type === textType.signed
  const authorPrefix = isSigned ? take(bytes, 5, 4, 'text') : undefined
  const words = bytes.subarray(isSigned ? 9 : 5)
  const text = textUntilNul(words)
  const hidden = hidesAttempt(type) ? (words[text.length + 1] ?? 0) : 0
  const attempt =
    hidden > attemptMask && (hidden & attemptMask) === (flags & attemptMask) ? hidden : flags & attemptMask
  return { timestamp, type, attempt, authorPrefix, text }
}

/** A NUL in the text ends it, as it does for who reads it. */
export function encodeText(text: Text): Uint8Array {
  const isHidden = hidesAttempt(text.type) && text.attempt > attemptMask
  return isHidden ? Buffer.concat([shownBytes(text), Uint8Array.of(0, text.attempt & 255)]) : shownBytes(text)
}

/**
 * The 4 bytes that acknowledge a text. `publicKey`: the sender's; of a push from a room server that of the node it goes to.
 */
export function ackOf(text: Text, publicKey: Uint8Array): Uint8Array {
  return createHash('sha256').update(shownBytes(text)).update(publicKey).digest().subarray(0, 4)
}

function hidesAttempt(type: number): boolean {
  return type === textType.plain || type === textType.signed
}

/** Without the hidden attempt, which no ACK is made from. */
function shownBytes({ timestamp, type, attempt, authorPrefix, text }: Text): Uint8Array {
  const flags = Uint8Array.of((type << 2) | (attempt & attemptMask))
  return Buffer.concat([uint32(timestamp), flags, authorPrefix ?? new Uint8Array(), textUntilNul(text)])
}
