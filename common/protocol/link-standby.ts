// Whether a link stands by: while both ends say so. Says what has changed at ours, and hears it of theirs.
import { LinkError } from '../errors.ts'
import { closeCodes } from './close-codes.ts'
import type { Peer } from './greet.ts'
import { Pace } from './pace.ts'

/** A hub that comes and goes makes an edge say so once in a while; each time the other end offers its newest posts anew. */
const changes = { burst: 60, everyMs: 1000 }

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
  readonly #changes = new Pace(changes)

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

  /** The other end says it. @throws LinkError when it changes its mind without end */
  hear(on: boolean): void {
    if (on !== this.#theirs && this.#changes.take() > 0)
      throw new LinkError(closeCodes.rate, 'says again and again that a hub serves it, and that none does')
    const before = this.on
    this.#theirs = on
    if (this.on !== before) this.#o.changed(this.on)
  }

  #tell(): void {
    if (this.#ours !== this.#told) this.#o.tell(this.#ours)
    this.#told = this.#ours
  }
}
