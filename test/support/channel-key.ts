// The key of a hashtag channel: everybody has it who knows the name.
import { createHash } from 'node:crypto'

export function channelKeyOf(name: string): Uint8Array {
  return createHash('sha256').update(name).digest().subarray(0, 16)
}
