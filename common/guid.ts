// GUIDs: random for posts made here, content-derived where two servers must agree on the same post without talking.
import { createHash, randomUUID } from 'node:crypto'

/** Lower-case UUID text, any version. */
export const guidPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

const guidBytes = 16
const packedMax = 1000
/** Of one unpacking after the other. */
const packed = Buffer.alloc(packedMax * guidBytes)
const spelled = Buffer.alloc(36)
const hexDigits = '0123456789abcdef'
const hyphen = '-'.charCodeAt(0)
const hyphensBefore = new Set([4, 6, 8, 10])

export function newGuid(): string {
  return randomUUID()
}

/**
 * UUID version 8 (RFC 9562, section 5.8): the first 16 bytes of SHA-256 over `tag`, a NUL and the parts.
 * The caller fixes the length of every part but the last, so that no two inputs join to the same bytes.
 */
export function guidFromContent(tag: string, ...parts: readonly (Uint8Array | string)[]): string {
  const hash = createHash('sha256').update(`${tag}\0`)
  for (const part of parts) hash.update(part)
  const bytes = hash.digest().subarray(0, 16)
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x80, 6)
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8)
  return bytesToGuid(bytes)
}

/** 16 bytes to UUID text. */
export function bytesToGuid(bytes: Uint8Array): string {
  const hex = Buffer.from(bytes).toString('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}

/** UUID text to 16 bytes. */
export function guidToBytes(guid: string): Buffer {
  return Buffer.from(guid.replaceAll('-', ''), 'hex')
}

/** GUIDs as a frame bears them: 16 bytes each, one after the other, in base64url. */
export function packGuids(guids: readonly string[]): string {
  return Buffer.concat(guids.map(guidToBytes)).toString('base64url')
}

/**
 * The GUIDs of such a text; undefined when it is none, or has more than 1,000. A server may send them without end: nothing
 * is allocated but the GUIDs, each a flat text of its own.
 */
export function unpackGuids(text: string): string[] | undefined {
  const count = Buffer.byteLength(text, 'base64url') / guidBytes
  if (!Number.isInteger(count) || count > packedMax) return undefined
  const length = packed.write(text, 'base64url')
  if (length !== count * guidBytes || packed.toString('base64url', 0, length) !== text) return undefined
  return Array.from({ length: count }, (_, i) => spell(i * guidBytes))
}

function spell(start: number): string {
  let at = 0
  for (let i = 0; i < guidBytes; i++) {
    if (hyphensBefore.has(i)) spelled[at++] = hyphen
    const byte = packed[start + i] ?? 0
    spelled[at++] = hexDigits.charCodeAt(byte >> 4)
    spelled[at++] = hexDigits.charCodeAt(byte & 15)
  }
  return spelled.toString('latin1')
}
