// A link that stands by compares now and then what both ends hold: else it would begin, when it is needed, with all that the
// hub has brought since, or with a gap where that has been trimmed meanwhile.
import type { RoomProgress } from '#common/protocol/room-on-link.ts'

const lookMs = 60_000
export const everyMs = 6 * 3_600_000
/** What is compared by then will do; a busy room never comes to rest. */
export const roundMaxMs = 5 * 60_000

/** What is asked of a link. */
export interface RoundLink {
  readonly peer: { readonly id: string }
  readonly standsBy: boolean
  setStandby(on: boolean): void
  progress(): Pick<RoomProgress, 'toSend' | 'caughtUp'>[]
}

export interface StandbyRoundsOptions {
  links: () => readonly RoundLink[]
  /** The hub serves us. */
  standsBy: () => boolean
  /** Monotonic ms. */
  now?: () => number
}

export class StandbyRounds {
  readonly #o: StandbyRoundsOptions
  readonly #now: () => number
  /** When a link last carried posts, by the id of its other end; only of links there are. */
  #carriedAt = new Map<string, number>()
  /** One at a time. */
  #round: { link: RoundLink; since: number } | undefined
  #timer: NodeJS.Timeout | undefined

  constructor(options: StandbyRoundsOptions) {
    this.#o = options
    this.#now = options.now ?? (() => performance.now())
  }

  start(): void {
    this.#timer = setInterval(() => this.look(), lookMs)
    this.#timer.unref()
  }

  stop(): void {
    clearInterval(this.#timer)
  }

  /** Called once a minute. */
  look(): void {
    const links = this.#o.links()
    this.#note(links)
    if (this.#round !== undefined && this.#isOver(this.#round, links)) {
      this.#round.link.setStandby(this.#o.standsBy())
      this.#round = undefined
    }
    if (this.#round !== undefined || !this.#o.standsBy()) return
    const due = links.find(link => link.standsBy && this.#isDue(link))
    if (due === undefined) return
    this.#round = { link: due, since: this.#now() }
    due.setStandby(false)
  }

  /** Also when the other end, or a hub that was away, made it carry posts. */
  #note(links: readonly RoundLink[]): void {
    const before = this.#carriedAt
    this.#carriedAt = new Map()
    for (const { peer, standsBy } of links) {
      const at = standsBy ? before.get(peer.id) : this.#now()
      if (at !== undefined) this.#carriedAt.set(peer.id, at)
    }
  }

  #isDue({ peer }: RoundLink): boolean {
    const at = this.#carriedAt.get(peer.id)
    return at === undefined || this.#now() - at >= everyMs
  }

  #isOver({ link, since }: { link: RoundLink; since: number }, links: readonly RoundLink[]): boolean {
    if (!links.includes(link) || this.#now() - since >= roundMaxMs) return true
    return link.progress().every(({ toSend, caughtUp }) => toSend === 0 && caughtUp)
  }
}
