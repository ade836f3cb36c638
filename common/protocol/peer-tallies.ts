// What stays known of a server when its link ends: the bytes over all its links, and what went wrong last.

export interface PeerTally {
  bytesIn: number
  bytesOut: number
  /** Why the last link ended, or the last try failed. */
  lastError: string | null
  /** ISO time of it. */
  lastErrorAt: string | null
}

/** Strangers with a new identity each must not fill the memory. */
const talliesMax = 10_000

export class PeerTallies {
  readonly #byId = new Map<string, PeerTally>()

  get(id: string): PeerTally {
    return this.#byId.get(id) ?? { bytesIn: 0, bytesOut: 0, lastError: null, lastErrorAt: null }
  }

  /** How /status shows who is not linked, maybe not known yet. */
  bytes(id = ''): Pick<PeerTally, 'bytesIn' | 'bytesOut'> {
    const { bytesIn, bytesOut } = this.get(id)
    return { bytesIn, bytesOut }
  }

  /** Of a link that has ended. */
  add(id: string, { bytesIn, bytesOut }: Pick<PeerTally, 'bytesIn' | 'bytesOut'>): void {
    const tally = this.get(id)
    this.#keep(id, { ...tally, bytesIn: tally.bytesIn + bytesIn, bytesOut: tally.bytesOut + bytesOut })
  }

  /** A link has ended, or a try to link has failed. */
  failed(id: string, reason: string): void {
    this.#keep(id, { ...this.get(id), lastError: reason, lastErrorAt: new Date().toISOString() })
  }

  #keep(id: string, tally: PeerTally): void {
    // The end of a Map is its newest: who was not heard of for longest goes first.
    this.#byId.delete(id)
    this.#byId.set(id, tally)
    const [oldest] = this.#byId.keys()
    if (this.#byId.size > talliesMax && oldest !== undefined) this.#byId.delete(oldest)
  }
}
