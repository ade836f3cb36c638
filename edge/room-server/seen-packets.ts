// Packets come more than once, by several repeaters and from ourselves: each is looked at the first time only.

/** The firmware remembers 160; at one packet a second these are an hour of them. */
const kept = 4096

export class SeenPackets {
  /** In the order in which they were first heard. */
  readonly #hashes = new Set<string>()

  /** True the first time. Packets that we send belong here too. */
  isNew(hash: string): boolean {
    if (this.#hashes.has(hash)) return false
    this.#hashes.add(hash)
    if (this.#hashes.size > kept) this.#hashes.delete(this.#hashes.values().next().value ?? '')
    return true
  }
}
