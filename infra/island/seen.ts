// Packets that a node or repeater has had to do with, as src/helpers/SimpleMeshTables.h keeps them.
import { type Packet, packetHash } from '#edge/radio/packet.ts'

const kept = 160

export class Seen {
  readonly #hashes: string[] = []

  /** True the first time. The path does not count: a packet is the same by every way. */
  isNew(packet: Packet): boolean {
    const hash = packetHash(packet)
    if (this.#hashes.includes(hash)) return false
    this.#hashes.push(hash)
    if (this.#hashes.length > kept) this.#hashes.shift()
    return true
  }
}
