// What is bad for how long, and what has been told of it: one look at a city makes the next state and the alerts that are due.
import { z } from 'zod'
import type { Raised } from './alerts.ts'
import { endOf } from './kinds.ts'
import type { Rule, Watched } from './rules.ts'

/** So long it must be good before that is told: a radio that comes and goes is one trouble. */
const betterMs = 30_000
/** From one look to the next. */
export const lookEveryMs = 15_000
/** So many looks were missed: nobody was there, or the store was away. */
const missedLooks = 4

const troubleSchema = z.object({
  /** Unix ms. */
  since: z.int(),
  /** Good since then; absent while it is bad. */
  betterAt: z.int().optional(),
  /** The least it has been, of what should get less. */
  low: z.number().optional(),
  /** It has been told, of what has steps the lowest that was. */
  told: z.union([z.boolean(), z.number()]),
})
type Trouble = z.infer<typeof troubleSchema>

/** Of one city, by the kind of the rule; JSON. */
export const troublesSchema = z.record(z.string(), troubleSchema)
export type Troubles = z.infer<typeof troublesSchema>

export interface Look {
  rules: readonly Rule[]
  /** Unix ms. */
  at: number
  /** Nobody looked for some time: what was not told yet must hold anew. */
  isFirst: boolean
}

export interface Outlook {
  troubles: Troubles
  /**
   * Raise them in this order, and keep `troubles` afterwards: an alert is due only to a trouble that was kept before, so that whoever
   * dies in between raises the same again.
   */
  due: Raised[]
}

/** True when nobody has looked for some time. `at` of the look before, undefined for none, and of this one: Unix ms. */
export function isFirstLook(before: number | undefined, at: number): boolean {
  return before === undefined || Math.abs(at - before) >= lookEveryMs * missedLooks
}

export function lookAt(city: Watched, before: Troubles, look: Look): Outlook {
  const troubles: Troubles = {}
  const due: Raised[] = []
  for (const rule of look.rules) {
    const { trouble, raised } = lookBy(rule, { city, before: before[rule.kind], look })
    if (trouble !== undefined) troubles[rule.kind] = trouble
    if (raised !== undefined) due.push(raised)
  }
  return { troubles, due }
}

interface Case {
  city: Watched
  before: Trouble | undefined
  look: Look
}

interface Step {
  trouble?: Trouble
  raised?: Raised
}

function lookBy(rule: Rule, { city, before, look }: Case): Step {
  const verdict = rule.judge(city)
  if (verdict === 'bad') return bad(rule, { city, before, look })
  if (before === undefined || before.told === false) return {}
  if (verdict === 'unsure') return { trouble: stillBad(before) }
  return good(rule, { city, before, at: look.at })
}

function bad(rule: Rule, { city, before, look: { at, isFirst } }: Case): Step {
  const amount = rule.amount?.(city)
  const low = amount !== undefined && { low: Math.min(amount, before?.low ?? amount) }
  if (before === undefined || mustHoldAnew(before, isFirst, amount))
    return { trouble: { since: at, ...low, told: false } }
  const { since, told } = before
  const step = rule.step?.(city)
  const isNews = told === false || (step !== undefined && typeof told === 'number' && step < told)
  if (!isNews || at - since < rule.holdMs) return { trouble: { since, ...low, told } }
  const text = rule.begins(city, at - since)
  const once = `${rule.kind} ${city.id} ${since}${step === undefined ? '' : ` ${step}`}`
  const trouble = { since, ...low, told: step ?? true }
  return text === '' ? { trouble } : { trouble, raised: { kind: rule.kind, spoke: city.id, once, text } }
}

function mustHoldAnew({ told, low }: Trouble, isFirst: boolean, amount: number | undefined): boolean {
  if (told !== false) return false
  return isFirst || (amount !== undefined && low !== undefined && amount < low)
}

/** Of a server of which nothing is known now: what was told of it still holds. */
export function toldOf(troubles: Troubles): Troubles {
  const told = Object.entries(troubles).filter(([, trouble]) => trouble.told !== false)
  return Object.fromEntries(told.map(([kind, trouble]) => [kind, stillBad(trouble)]))
}

function stillBad({ betterAt: _, ...trouble }: Trouble): Trouble {
  return trouble
}

function good(rule: Rule, { city, before, at }: { city: Watched; before: Trouble; at: number }): Step {
  const { since, betterAt = at } = before
  if (at - betterAt < betterMs) return { trouble: { ...before, betterAt } }
  const kind = endOf[rule.kind]
  const about = { kind, spoke: city.id, level: 'info' as const, once: `${kind} ${city.id} ${since}` }
  return { raised: { ...about, text: rule.ends(city, betterAt - since) } }
}
