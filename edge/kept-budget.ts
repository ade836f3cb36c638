// The duty cycle over a restart: what was used of the hour is on disk before the air is.
import type { RadioConf } from '#common/config/radio-conf.ts'
import type { EdgeParts } from './edge-parts.ts'
import { AirBudget } from './radio/air-budget.ts'

const budgetKey = 'air-budget'
/** Of the budget that is written down before it is used: the more, the fewer writes, and the more a crash costs. */
const aheadShare = 0.02

/** A restart gives no new budget. What was saved counts as if it had been just now: a clock may have been set since. */
export function restoredBudget({ store }: EdgeParts, { dutyCycle }: RadioConf, now: number): AirBudget {
  const budget = new AirBudget({ dutyCycle })
  const saved: unknown = JSON.parse(store.meta.get(budgetKey) ?? '[]')
  const isSpell = (value: unknown): value is [number, number] =>
    Array.isArray(value) && value.length === 2 && value.every(Number.isFinite)
  if (Array.isArray(saved)) budget.restore(saved.filter(isSpell), now, 0)
  return budget
}

/** On disk before the air is used: who is killed and starts again has no more of it. */
export function keepBudget({ store, log }: EdgeParts, budget: AirBudget, ms: number): void {
  const aheadMs = ms === 0 ? 0 : Math.max(ms, budget.maxMs * aheadShare)
  try {
    const spells = budget
      .save(performance.now(), aheadMs)
      .map(([agoMs, spentMs]) => [Math.floor(agoMs), Math.ceil(spentMs)])
    store.meta.set(budgetKey, JSON.stringify(spells))
  } catch (error) {
    log.warn(`The airtime used could not be saved: ${String(error)}`)
  }
}
