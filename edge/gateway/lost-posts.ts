// What we or the radio may lack of a room's posts, and when it is asked for: after a login, and again where no answer came, for a
// packet is soon lost on the air. A few times, ever more rarely, for each costs airtime, and what the room then says costs more. Pure.

/** After each of them but the last, to which no answer is awaited. */
const askAgainMs = [30_000, 120_000, 600_000]
/** No way is known, or there is no air: nothing was asked. */
const notAskedMs = 30_000
/** What the room pushes so soon after it was asked is its answer: the firmware begins after some 2 s, and over hops later. */
const answerMs = 20_000

export class LostPosts {
  /** Second of the room's clock: what is later may lack. */
  #from: number | undefined
  #asks = 0
  #askAt = Number.POSITIVE_INFINITY
  #askedAt = Number.NEGATIVE_INFINITY

  constructor(from: number | undefined) {
    this.#from = from
  }

  /** Also what is later than that; undefined: nothing is known of the room. */
  mayLack(from: number | undefined): void {
    this.#from = this.#from === undefined || from === undefined ? (this.#from ?? from) : Math.min(this.#from, from)
  }

  /** The room listens: it is asked at once. All times in Unix ms. */
  loggedIn(now: number): void {
    this.#asks = 0
    this.#askAt = now
  }

  /** From which second on it is to be asked for now; undefined: not now. */
  dueFrom(now: number): number | undefined {
    return now < this.#askAt ? undefined : this.#from
  }

  notAsked(now: number): void {
    this.#askAt = now + notAskedMs
  }

  asked(now: number): void {
    const waitMs = askAgainMs[this.#asks]
    this.#asks += 1
    this.#askedAt = now
    if (waitMs === undefined) this.#from = undefined
    else this.#askAt = now + waitMs
  }

  answered(): void {
    this.#from = undefined
  }

  /** The room has pushed something. */
  heard(now: number): void {
    if (now - this.#askedAt < answerMs) this.answered()
  }
}
