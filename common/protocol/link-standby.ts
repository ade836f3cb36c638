// Whether a link stands by: while both ends say so. Says what has changed at ours, and hears it of theirs.
import type { Peer } from './greet.ts'

export interface LinkStandbyOptions {
  role: Peer['role']
  /** A hub serves us now. */
  ours: boolean
  tell: (on: boolean) => void
  /** The link begins or ends to stand by. */
  changed: (on: boolean) => void
}

export class LinkStandby {
  readonly #o: LinkStandbyOptions
  #ours: boolean
  #theirs = false
  /** What the other end was told of us. */
  #told = false

  constructor(options: LinkStandbyOptions) {
    this.#o = options
    this.#ours = options.ours && options.role !== 'hub'
  }

  /** Never true of a link to a hub. */
  get on(): boolean {
    return this.#ours && this.#theirs
  }

  /** The link is live. Called before anything is asked for: an end that stands by is never answered with posts. */
  start(): void {
    this.#tell()
  }

  set(on: boolean): void {
    if (this.#o.role === 'hub') return
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
