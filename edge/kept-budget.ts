// The duty cycle over a restart: what is used of the hour is on disk before the air is.
import type { Log } from '#common/log.ts'
import type { Meta } from '#common/sqlite/sqlite-store.ts'
import { AirBudget, type SavedSpells } from './radio/air-budget.ts'

const budgetKey = 'air-budget'
/** Of the budget that is written down before it is used: the more, the fewer writes, and the more a crash costs. */
const aheadShare = 0.02

export interface KeptBudgetParts {
  meta: Meta
  /** Share of the time, 0 to 1. */
  dutyCycle: number
  /** Monotonic ms. */
  ticks: () => number
  log: Pick<Log, 'info' | 'warn'>
}

export class KeptBudget {
  readonly budget: AirBudget
  readonly #p: KeptBudgetParts
  #isFailing = false

  /** A restart gives no new budget. What was saved counts as if it had been just now: a clock may have been set since. */
  constructor(parts: KeptBudgetParts) {
    this.#p = parts
    this.budget = new AirBudget({ dutyCycle: parts.dutyCycle })
    this.budget.restore(this.#saved(), parts.ticks(), 0)
  }

  /**
   * True when at least `ms` more are on disk as used: who is killed and starts again has no more air for it. False, and
   * nothing may be sent, while the disk takes nothing.
   */
  keep(ms: number): boolean {
    return this.#save(Math.max(ms, this.budget.maxMs * aheadShare))
  }

  /** The orderly end: nothing is ahead of it. */
  close(): void {
    this.#save(0)
  }

  #save(aheadMs: number): boolean {
    const { meta, ticks, log } = this.#p
    try {
      const spells = this.budget.save(ticks(), aheadMs)
      meta.set(budgetKey, JSON.stringify(spells.map(([agoMs, ms]) => [Math.floor(agoMs), Math.ceil(ms)])))
      if (this.#isFailing) log.info('The airtime used can be saved again: the radio sends again')
      this.#isFailing = false
      return true
    } catch (error) {
      this.budget.uncover()
      if (!this.#isFailing)
        log.warn(`The airtime used cannot be saved, so the radio sends nothing until it can: ${String(error)}`)
      this.#isFailing = true
      return false
    }
  }

  /** What cannot be read may have been all of it. */
  #saved(): SavedSpells {
    const text = this.#p.meta.get(budgetKey)
    if (text === undefined) return []
    const spells = spellsIn(text)
    if (spells !== undefined) return spells
    this.#p.log.warn('The airtime used before the start cannot be read: the radio sends nothing for an hour')
    return [[0, this.budget.maxMs]]
  }
}

function spellsIn(text: string): SavedSpells | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return Array.isArray(value) && value.every(isSpell) ? value : undefined
  } catch {
    return undefined
  }
}

function isSpell(value: unknown): value is [number, number] {
  return Array.isArray(value) && value.length === 2 && value.every(Number.isFinite)
}
