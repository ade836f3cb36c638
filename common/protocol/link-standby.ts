// Whether a link stands by: while both ends say so. Says what has changed at ours, and hears it of theirs.
import type { Peer } from './greet.ts'

export interface LinkStandbyOptions {
  peer: Pick<Peer, 'role' | 'standby' | 'toldStandby'>
  /** A hub serves us now. */
  ours: boolean
  tell: (on: boolean) => void
  /** The link begins or ends to stand by. */
  changed: (on: boolean) => void
}

export class LinkStandby {
  readonly #o: LinkStandbyOptions
  #ours: boolean
  #theirs: boolean
  /** What the other end was told of us. */
  #told: boolean

  constructor(options: LinkStandbyOptions) {
    const { peer, ours } = options
    this.#o = options
    this.#ours = ours && peer.role !== 'hub'
    this.#theirs = peer.standby
    this.#told = peer.toldStandby
  }

  /** Never true of a link to a hub. */
  get on(): boolean {
    return this.#ours && this.#theirs
  }

  /** The link is live: what has changed since our hello is said now. */
  start(): void {
    this.#tell()
  }

  set(on: boolean): void {
    if (this.#o.peer.role === 'hub') return
    const before = this.on
    this.#ours = on
    // Before the posts that follow from it.
    this.#tell()
    if (this.on !== before) this.#o.changed(this.on)
  }

  /** The other end says it. */
  hear(on: boolean): void {
    const before = this.on
    this.#theirs = on
    if (this.on !== before) this.#o.changed(this.on)
  }

  #tell(): void {
    if (this.#ours !== this.#told) this.#o.tell(this.#ours)
    this.#told = this.#ours
  }
}
