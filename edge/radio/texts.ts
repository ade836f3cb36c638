// The sealed part of a text: posts, pushes, commands; and the bytes that acknowledge one. Sources: the firmware's
// src/helpers/BaseChatMesh.cpp and examples/simple_room_server/MyMesh.cpp.
import { createHash } from 'node:crypto'
import { take, takeUint32, textUntilNul, uint32 } from './bytes.ts'

export const textType = { plain: 0, command: 1, signed: 2 } as const

export interface Text {
  /** Unix seconds of the sender's clock; in a push the room's second of the post. */
  timestamp: number
  /** One of textType, or one that we do not know. */
  type: number
  /** Only the lowest two bits go on the air. */
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
  return { timestamp, type, attempt: flags & 3, authorPrefix, text: textUntilNul(bytes.subarray(isSigned ? 9 : 5)) }
}

export function encodeText({ timestamp, type, attempt, authorPrefix, text }: Text): Uint8Array {
  const flags = Uint8Array.of((type << 2) | (attempt & 3))
  return Buffer.concat([uint32(timestamp), flags, authorPrefix ?? new Uint8Array(), text])
}

/**
 * The 4 bytes that acknowledge a text. `publicKey`: the sender's; of a push from a room server that of the node it goes to.
 */
export function ackOf(text: Text, publicKey: Uint8Array): Uint8Array {
  return createHash('sha256').update(encodeText(text)).update(publicKey).digest().subarray(0, 4)
}
