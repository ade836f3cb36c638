// The duty cycle: in no window of an hour are we longer on the air than it allows. Pure: the time comes as an argument.

export interface AirBudgetOptions {
  /** Share of the time, 0 to 1. */
  dutyCycle: number
  /** Default one hour, as the rules for short-range devices count (ETSI EN 300 220). */
  windowMs?: number
}

/** What is kept for a restart: how long before it was saved each spell was over, below 0 for perhaps after; its length. */
export type SavedSpells = readonly (readonly [agoMs: number, ms: number])[]

interface Spell {
  /** When it was over; ms of a clock that should not go on faster than time. Steps back cost air, and nothing else. */
  endAt: number
  ms: number
}

const hourMs = 3_600_000
/** Spells saved for a restart are joined to so many, each at the latest of its ends: never less than was used. */
const savedMax = 60
const perhapsLater = -1

export class AirBudget {
  readonly windowMs: number
  readonly #maxMs: number
  /** In the order of their ends; those that no window reaches any more are forgotten. */
  #spells: Spell[] = []
  /** Of what was saved ahead: not yet spent. */
  #coveredMs = 0

  constructor({ dutyCycle, windowMs = hourMs }: AirBudgetOptions) {
    this.windowMs = windowMs
    this.#maxMs = dutyCycle * windowMs
  }

  /** Ms on the air in the window that ends at `now`. */
  usedMs(now: number): number {
    this.#forget(now)
    return this.#spells.reduce((sum, { ms }) => sum + ms, 0)
  }

  get maxMs(): number {
    return this.#maxMs
  }

  /**
   * When `ms` on the air may begin at the earliest, if nothing else is sent before; undefined when they never fit.
   * `share` of the budget may be used for it: what is less urgent leaves some for the rest.
   */
  freeAt(ms: number, now: number, share = 1): number | undefined {
    const max = this.#maxMs * share
    if (ms > max) return undefined
    let used = this.usedMs(now)
    // The fullest window that holds it ends with it: what was over before that window began does not count.
    let at = now
    for (const spell of this.#spells) {
      const isOut = spell.endAt <= at + ms - this.windowMs
      if (!isOut && used + ms <= max) break
      if (!isOut) at = spell.endAt - ms + this.windowMs
      used -= spell.ms
    }
    return at
  }

  /** Was on the air, or perhaps. */
  spend(ms: number, endAt: number): void {
    const after = this.#spells.findLastIndex(spell => spell.endAt <= endAt)
    this.#spells.splice(after + 1, 0, { endAt, ms })
    this.#coveredMs -= ms
  }

  /** True when a crash after `ms` more would be told of them by what was saved last. */
  covers(ms: number): boolean {
    return ms <= this.#coveredMs
  }

  /** What was to be saved was not. */
  uncover(): void {
    this.#coveredMs = 0
  }

  /**
   * For a restart. `aheadMs` count as spent when this is restored: who is killed before the next save has used no more
   * than that, if it asks `covers` before it sends. Nothing is ahead of an orderly end.
   */
  save(now: number, aheadMs = 0): SavedSpells {
    this.#forget(now)
    this.#coveredMs = aheadMs
    const perGroup = Math.max(1, Math.ceil(this.#spells.length / savedMax))
    const groups: [number, number][] = []
    for (let i = 0; i < this.#spells.length; i += perGroup) {
      const group = this.#spells.slice(i, i + perGroup)
      groups.push([Math.max(0, now - (group.at(-1)?.endAt ?? now)), group.reduce((sum, { ms }) => sum + ms, 0)])
    }
    return aheadMs > 0 ? [...groups, [perhapsLater, aheadMs]] : groups
  }

  /** `sinceMs`: how long ago it was saved, as far as is known for sure. What is not, is as if it had been just now. */
  restore(saved: SavedSpells, now: number, sinceMs: number): void {
    const spells = saved.map(([agoMs, ms]) => ({
      endAt: agoMs < 0 ? now : now - agoMs - Math.max(0, sinceMs),
      ms: Math.max(0, ms),
    }))
    this.#spells = [...spells, ...this.#spells].sort((a, b) => a.endAt - b.endAt)
  }

  #forget(now: number): void {
    const kept = this.#spells.findIndex(({ endAt }) => endAt > now - this.windowMs)
    this.#spells = kept === -1 ? [] : this.#spells.slice(kept)
  }
}
