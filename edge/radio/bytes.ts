// Small steps of reading and writing payloads: bounds are checked once, here.
import { PacketError } from './packet-error.ts'

/** `length` bytes from `at`. @throws PacketError when they are not there; `what` names the payload */
export function take(bytes: Uint8Array, at: number, length: number, what: string): Uint8Array {
  if (at + length > bytes.length) throw new PacketError(`${what} of ${bytes.length} bytes is too short`)
  return bytes.subarray(at, at + length)
}

/** @throws PacketError */
export function takeUint32(bytes: Uint8Array, at: number, what: string): number {
  return Buffer.from(take(bytes, at, 4, what)).readUInt32LE()
}

export function uint32(value: number): Uint8Array {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(value)
  return bytes
}

/** The text up to the first NUL: what follows is padding, or hidden. */
export function textUntilNul(bytes: Uint8Array): Uint8Array {
  const end = bytes.indexOf(0)
  return end < 0 ? bytes : bytes.subarray(0, end)
}

/** Undefined when it is not UTF-8. */
export function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return undefined
  }
}

/** The text without a last character that was cut, as firmware cuts it; undefined when it is not UTF-8 all the same. */
export function decodeCutUtf8(bytes: Uint8Array): string | undefined {
  for (let cut = 0; cut < 4 && cut <= bytes.length; cut += 1) {
    const text = decodeUtf8(bytes.subarray(0, bytes.length - cut))
    if (text !== undefined) return text
  }
  return undefined
}
