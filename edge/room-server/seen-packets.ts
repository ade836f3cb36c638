// Packets come more than once, by several repeaters and from ourselves: each is looked at the first time only.
import { NewestSet } from '#common/newest.ts'

/** The firmware remembers 160; at one packet a second these are an hour of them. */
const kept = 4096

export class SeenPackets {
  readonly #hashes = new NewestSet<string>(kept)

  /** True the first time. Packets that we send belong here too. */
  isNew(hash: string): boolean {
    if (this.#hashes.has(hash)) return false
    this.#hashes.add(hash)
    return true
  }
}
