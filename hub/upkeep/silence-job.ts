// Says when a spoke is silent for too long, and once more when it is back: each once, over all instances and restarts.
import { z } from 'zod'
import type { Alerts } from '#common/alerts/alerts.ts'
import { fromJson } from '#common/json.ts'
import { durationWords } from '#common/words.ts'
import type { SpokeRecord } from '../registry/registry.ts'
import type { Notes } from '../store/notes.ts'
import type { Job } from './job.ts'

const watchKey = 'silence'
/** Begins the note of each silent spoke: since when, in Unix ms, and `due` as long as that may not have been told. */
const silentPrefix = 'spoke-silent:'
const due = ' due'
const everyMsMax = 30_000
/** Nobody looked for so many intervals: the hub or its store was away, and what nobody heard in that time is no silence. */
const missedLooks = 4

type WatchedSpoke = Pick<SpokeRecord, 'id' | 'name' | 'connected' | 'lastSeenAt'>

export interface SilenceParts {
  /** A spoke that is not linked for so long is silent. */
  silentMs: number
  /** One that is not seen for so long has left: nobody waits for it. */
  leftMs: number
  /** Those that are let in. */
  spokes: () => Promise<readonly WatchedSpoke[]>
  notes: Notes
  alerts: Pick<Alerts, 'raise'>
  /** Unix ms. */
  now: () => number
}

const watchSchema = z.object({ since: z.number(), lookedAt: z.number() })
type Watch = z.infer<typeof watchSchema>

export function silenceJob(parts: SilenceParts): Job {
  const everyMs = Math.max(500, Math.min(everyMsMax, parts.silentMs / 4))
  return {
    name: 'silence',
    everyMs,
    deadlineMs: 60_000,
    run: async signal => {
      const { notes, now, spokes } = parts
      const at = now()
      const watch = watchAt(at, fromJson(watchSchema, await notes.get(watchKey)), everyMs * missedLooks)
      const silent = await notes.all(silentPrefix)
      for (const spoke of await spokes()) {
        signal.throwIfAborted()
        const said = silent.get(silentPrefix + spoke.id)
        silent.delete(silentPrefix + spoke.id)
        await look(spoke, { parts, at, watch, said })
      }
      // They are forgotten, or let in no more.
      for (const key of silent.keys()) await notes.remove(key)
      await notes.set(watchKey, JSON.stringify(watch))
    },
  }
}

interface Look {
  parts: SilenceParts
  at: number
  watch: Watch
  /** Since when it is known to be silent, as text. */
  said: string | undefined
}

/** Whoever goes on after an instance that died here tells what that one may not have told; `once` keeps it from being told twice. */
async function look(spoke: WatchedSpoke, { parts, at, watch, said }: Look): Promise<void> {
  const { silentMs, leftMs, notes } = parts
  const { id, connected, lastSeenAt } = spoke
  const key = silentPrefix + id
  if (said?.endsWith(due)) await tellSilent(spoke, Number.parseInt(said, 10), { parts, at })
  if (connected && said !== undefined) {
    await tellBack(spoke, Number.parseInt(said, 10), { parts, at })
    return notes.remove(key)
  }
  if (connected || said !== undefined) return
  const isSilent = at - Math.max(lastSeenAt, watch.since) >= silentMs
  if (!isSilent || at - lastSeenAt >= leftMs) return
  await notes.set(key, lastSeenAt + due)
  await tellSilent(spoke, lastSeenAt, { parts, at })
}

type Told = Pick<Look, 'parts' | 'at'>

async function tellSilent({ id, name }: WatchedSpoke, since: number, { parts, at }: Told): Promise<void> {
  await parts.alerts.raise({
    ...{ kind: 'spoke-silent', spoke: id, once: `silent ${id} ${since}` },
    text: `city "${name}" is silent for ${durationWords(at - since)}`,
  })
  await parts.notes.set(silentPrefix + id, String(since))
}

function tellBack({ id, name }: WatchedSpoke, since: number, { parts, at }: Told): Promise<void> {
  return parts.alerts.raise({
    ...{ kind: 'spoke-back', spoke: id, level: 'info', once: `back ${id} ${since}` },
    text: `city "${name}" is back after ${durationWords(at - since)}`,
  })
}

function watchAt(at: number, before: Watch | undefined, gapMs: number): Watch {
  const goesOn = before !== undefined && at - before.lookedAt < gapMs && before.lookedAt <= at
  return { since: goesOn ? before.since : at, lookedAt: at }
}
