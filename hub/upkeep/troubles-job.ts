// Looks at what the cities tell of themselves, and says when one has a trouble and when it is over: each once, over all instances
// and restarts.
import { z } from 'zod'
import type { Alerts } from '#common/alerts/alerts.ts'
import type { Rule, Watched } from '#common/alerts/rules.ts'
import { isFirstLook, lookAt, lookEveryMs, type Troubles, troublesSchema } from '#common/alerts/troubles.ts'
import { fromJson } from '#common/json.ts'
import type { Notes } from '../store/notes.ts'
import type { Job } from './job.ts'

const lookedKey = 'troubles'
/** Begins the note of each city that has any. */
const notePrefix = 'troubles:'

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
    everyMs: lookEveryMs,
    deadlineMs: 60_000,
    run: async signal => {
      const { notes, now, cities } = parts
      const at = now()
      const texts = await notes.all(notePrefix)
      const looked = fromJson(lookedSchema, await notes.get(lookedKey))
      const isFirst = isFirstLook(looked?.at, at)
      const changes = new Map([[lookedKey, JSON.stringify({ at })]])
      for (const city of await cities()) {
        signal.throwIfAborted()
        const key = notePrefix + city.id
        const text = texts.get(key)
        const after = await look(city, { parts, at, isFirst, text })
        if (after === undefined) continue
        texts.delete(key)
        if (after !== text) changes.set(key, after)
      }
      await notes.setMany(changes)
      // All is well there, or they are forgotten, or let in no more.
      if (texts.size > 0) await notes.remove(...texts.keys())
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

/** The note of the city from now on; undefined when there is none. */
async function look(city: Watched, { parts, at, isFirst, text }: Look): Promise<string | undefined> {
  const before: Troubles = fromJson(troublesSchema, text) ?? {}
  const { troubles, due } = lookAt(city, before, { rules: parts.rules, at, isFirst })
  for (const raised of due) await parts.alerts.raise(raised)
  return Object.keys(troubles).length === 0 ? undefined : JSON.stringify(troubles)
}
