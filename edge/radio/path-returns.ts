// Tells a node the path by which it is heard, and something else with it. Source: the firmware's Mesh::createPathReturn.
import { take } from './bytes.ts'
import { encodePath, type Path, readPath } from './packet.ts'

/** Its number where nothing comes with the path: 4 random bytes follow, so that each is another packet. */
export const nothingExtra = 0xff

export interface PathReturn {
  path: Path
  /** A payloadType, or nothingExtra. */
  extraType: number
  /** When it was opened: with the zeros that pad it. */
  extra: Uint8Array
}

/** From the opened bytes. @throws PacketError */
export function decodePathReturn(bytes: Uint8Array): PathReturn {
  const { path, end } = readPath(bytes, 0)
  const [byte = 0] = take(bytes, end, 1, 'path return')
  // The firmware looks at four bits only: the others are kept for later versions.
  const extraType = byte === nothingExtra ? nothingExtra : byte & 15
  return { path, extraType, extra: bytes.subarray(end + 1) }
}

/** @throws PacketError */
export function encodePathReturn({ path, extraType, extra }: PathReturn): Uint8Array {
  return Buffer.concat([encodePath(path), Uint8Array.of(extraType), extra])
}
