// Compares secrets so that the time taken tells nothing about where they differ.
import { createHash, timingSafeEqual } from 'node:crypto'

/** True when both texts are equal. Constant time; lengths are hidden too, since hashes are compared. */
export function sameSecret(given: string, expected: string): boolean {
  return timingSafeEqual(digest(given), digest(expected))
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
