// What stays known when a link ends: of its server the bytes over all its links, and what went wrong last; of all links their sum.
import { NewestMap } from '../newest.ts'
import type { Traffic } from '../status.ts'

export interface PeerTally {
  bytesIn: number
  bytesOut: number
  /** Why the last link ended, or the last try failed. */
  lastError: string | null
  /** ISO time of it. */
  lastErrorAt: string | null
}

type Bytes = Pick<PeerTally, 'bytesIn' | 'bytesOut'>

/** Strangers with a new identity each must not fill the memory. */
const talliesMax = 10_000

export class PeerTallies {
  readonly #byId = new NewestMap<string, PeerTally>(talliesMax)
  readonly #open = new Set<Readonly<Bytes>>()
  readonly #ended: Traffic = { opened: 0, ended: 0, bytesIn: 0, bytesOut: 0 }

  get(id: string): PeerTally {
    return this.#byId.get(id) ?? { bytesIn: 0, bytesOut: 0, lastError: null, lastErrorAt: null }
  }

  /** How /status shows who is not linked, maybe not known yet. */
  bytes(id = ''): Bytes {
    const { bytesIn, bytesOut } = this.get(id)
    return { bytesIn, bytesOut }
  }

  /** A link begins; its bytes are looked at whenever they are asked for. */
  opened(link: Readonly<Bytes>): void {
    this.#open.add(link)
    this.#ended.opened += 1
  }

  /** Of all links since the start: never less than before. */
  traffic(): Traffic {
    const traffic = { ...this.#ended }
    for (const { bytesIn, bytesOut } of this.#open) {
      traffic.bytesIn += bytesIn
      traffic.bytesOut += bytesOut
    }
    return traffic
  }

  /** Of a link that has ended. */
  add(id: string, link: Readonly<Bytes>): void {
    const { bytesIn, bytesOut } = link
    if (this.#open.delete(link)) {
      this.#ended.ended += 1
      this.#ended.bytesIn += bytesIn
      this.#ended.bytesOut += bytesOut
    }
    const tally = this.get(id)
    this.#keep(id, { ...tally, bytesIn: tally.bytesIn + bytesIn, bytesOut: tally.bytesOut + bytesOut })
  }

  /** A link has ended, or a try to link has failed. */
  failed(id: string, reason: string): void {
    this.#keep(id, { ...this.get(id), lastError: reason, lastErrorAt: new Date().toISOString() })
  }

  #keep(id: string, tally: PeerTally): void {
    this.#byId.set(id, tally)
  }
}
