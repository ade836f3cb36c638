// Who is blocked in a room: nodes by the public key or the beginning of it, authors without a key by their name.
import type { Author } from '#common/post.ts'
import { nameBytesMax } from '#common/post-text.ts'

/** `hex` of a key, at least 4 bytes, or this and a name. */
const namePrefix = 'name:'
const keyPattern = /^(?:[0-9a-f]{2}){4,32}$/

/** As it stands in the list, or what is wrong with what was written. */
export type Blockable = { entry: string } | { fault: string }

export function toBlockable(written: string): Blockable {
  const text = written.trim()
  if (text.toLowerCase().startsWith(namePrefix)) {
    const name = folded(text.slice(namePrefix.length))
    const isName = name !== '' && Buffer.byteLength(name) <= nameBytesMax * 2 && !/\p{Cc}/u.test(name)
    return isName ? { entry: namePrefix + name } : { fault: `a name has 1 to ${nameBytesMax} bytes` }
  }
  const key = text.toLowerCase()
  return keyPattern.test(key) ? { entry: key } : { fault: 'give 8 to 64 hex digits of a key, or name:Some Name' }
}

export class Blocklist {
  readonly entries: readonly string[]
  readonly #keys: readonly string[]
  readonly #names: ReadonlySet<string>

  /** `entries` as toBlockable gives them. */
  constructor(entries: readonly string[]) {
    this.entries = entries
    this.#keys = entries.filter(entry => !entry.startsWith(namePrefix))
    this.#names = new Set(entries.filter(entry => entry.startsWith(namePrefix)).map(entry => entry.slice(5)))
  }

  /** Of a key and its beginning, whichever of the two is in the list, one fits the other. A name fits with and without a key. */
  has({ name, key }: Author): boolean {
    if (this.#names.size > 0 && this.#names.has(folded(name))) return true
    return key !== undefined && this.#keys.some(entry => key.startsWith(entry) || entry.startsWith(key))
  }
}

/** Names that look alike to a quick eye are one. */
export function folded(name: string): string {
  return name.normalize('NFKC').toLowerCase().trim()
}
