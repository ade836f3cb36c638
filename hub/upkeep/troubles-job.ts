// Looks at what the cities tell of themselves, and says when one has a trouble and when it is over: each once, over all instances
// and restarts.
import { z } from 'zod'
import type { Alerts } from '#common/alerts/alerts.ts'
import type { Rule, Watched } from '#common/alerts/rules.ts'
import { lookAt, type Troubles, troublesSchema } from '#common/alerts/troubles.ts'
import { fromJson } from '#common/json.ts'
import type { Notes } from '../notes.ts'
import type { Job } from './job.ts'

const lookedKey = 'troubles'
/** Begins the note of each city that has any. */
const notePrefix = 'troubles:'
const everyMs = 15_000
/** Nobody looked for so many intervals: the hub or its store was away. */
const missedLooks = 4

export interface TroublesParts {
  rules: readonly Rule[]
  /** Those that are let in. */
  cities: () => Promise<readonly Watched[]>
  notes: Notes
  alerts: Pick<Alerts, 'raise'>
  /** Unix ms. */
  now: () => number
}

const lookedSchema = z.object({ at: z.number() })

export function troublesJob(parts: TroublesParts): Job {
  return {
    name: 'troubles',
    everyMs,
    deadlineMs: 60_000,
    run: async signal => {
      const { notes, now, cities } = parts
      const at = now()
      const texts = await notes.all(notePrefix)
      const looked = fromJson(lookedSchema, await notes.get(lookedKey))
      const isFirst = looked === undefined || Math.abs(at - looked.at) >= everyMs * missedLooks
      for (const city of await cities()) {
        signal.throwIfAborted()
        const text = texts.get(notePrefix + city.id)
        texts.delete(notePrefix + city.id)
        await look(city, { parts, at, isFirst, text })
      }
      // They are forgotten, or let in no more.
      for (const key of texts.keys()) await notes.remove(key)
      await notes.set(lookedKey, JSON.stringify({ at }))
    },
  }
}

interface Look {
  parts: TroublesParts
  at: number
  isFirst: boolean
  /** The note of the city. */
  text: string | undefined
}

async function look(city: Watched, { parts, at, isFirst, text }: Look): Promise<void> {
  const { rules, notes, alerts } = parts
  const key = notePrefix + city.id
  const before: Troubles = fromJson(troublesSchema, text) ?? {}
  const { troubles, due } = lookAt(city, before, { rules, at, isFirst })
  for (const raised of due) await alerts.raise(raised)
  const after = JSON.stringify(troubles)
  if (Object.keys(troubles).length === 0) {
    if (text !== undefined) await notes.remove(key)
  } else if (after !== text) await notes.set(key, after)
}
