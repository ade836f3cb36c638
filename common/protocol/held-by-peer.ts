// What the other end of a link holds of one room already: it does not get it from us.
import type { Entry } from '../post-log.ts'
import type { ReaderPlace } from './frames.ts'

/** Five offers' worth. */
const offeredMax = 5000

/**
 * The reader holds what came from it, as long as its log has not lost it since, and what it has offered to us and we
 * lacked. Skipping the latter loses nothing: the reader had stored a post before it offered it, and commits its cursor in
 * our log behind it. A store that loses the post loses such a cursor too, begins a new epoch and sends a new `resume`,
 * and with that the offers are forgotten here. What is skipped between the loss and that `resume` moves no cursor: the
 * reader drops what was under way before our `start`. A reader that offers what it has not misses posts itself.
 */
export class HeldByPeer {
  readonly #peerId: string
  readonly #offered = new Set<string>()
  #place: ReaderPlace = { cursor: null, epoch: '', ended: {} }
  /** Grows whenever the offers are forgotten. */
  #era = 0

  constructor(peerId: string) {
    this.#peerId = peerId
  }

  /** The reader says anew where it stands. */
  resume(place: ReaderPlace): void {
    this.#place = place
    this.#offered.clear()
    this.#era += 1
  }

  has({ guid, from, fromEpoch, fromOffset }: Entry): boolean {
    if (this.#offered.has(guid)) return true
    if (from !== this.#peerId) return false
    const { epoch, ended } = this.#place
    return fromEpoch === epoch || (ended[fromEpoch] ?? 0) >= fromOffset
  }

  /** To be taken when an offer arrives, and given to `offered` when it is known what of it we lack. */
  get era(): number {
    return this.#era
  }

  /** The peer has offered these, and we lacked them. */
  offered(guids: readonly string[], era: number): void {
    if (era !== this.#era) return
    for (const guid of guids) this.#offered.add(guid)
    for (const guid of this.#offered) {
      if (this.#offered.size <= offeredMax) return
      this.#offered.delete(guid)
    }
  }
}
