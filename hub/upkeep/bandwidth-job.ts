// Compares the bytes of each spoke's day with the cap of its own config, and says when most of it is used: once a day, and once more
// when all of it is.
import type { Alerts } from '#common/alerts/alerts.ts'
import { sizeWords } from '#common/words.ts'
import type { Registry } from '../registry/registry.ts'
import type { Notes } from '../store/notes.ts'
import { dayOf, type SpokeBytes, type TrafficStore } from './byte-ledger.ts'
import type { Job } from './job.ts'

/** Begins the note of each spoke that was warned of: the day and the percentage. */
const notePrefix = 'wan-cap:'

export interface BandwidthParts {
  /** At this share of a cap the first word is due. */
  percent: number
  traffic: TrafficStore
  spokes: Registry['spokes']
  notes: Notes
  alerts: Pick<Alerts, 'raise'>
  /** Unix ms. */
  now: () => number
}

export function bandwidthJob(parts: BandwidthParts): Job {
  return {
    name: 'bandwidth',
    everyMs: 10_000,
    deadlineMs: 60_000,
    run: async signal => {
      const day = dayOf(parts.now())
      const over = [...(await parts.traffic.of(day))].filter(([, used]) => percentOf(used) >= parts.percent)
      if (over.length === 0) return
      const warned = await parts.notes.all(notePrefix)
      const names = new Map((await parts.spokes()).map(({ id, name }) => [id, name]))
      for (const [key, text] of warned) if (!text.startsWith(day)) await parts.notes.remove(key)
      for (const [id, used] of over) {
        signal.throwIfAborted()
        await warn(id, used, { parts, day, name: names.get(id) ?? id, said: warned.get(notePrefix + id) })
      }
    },
  }
}

interface Warning {
  parts: BandwidthParts
  day: string
  name: string
  /** What was noted of it last. */
  said: string | undefined
}

async function warn(id: string, used: SpokeBytes, { parts, day, name, said }: Warning): Promise<void> {
  const step = percentOf(used) >= 100 ? 100 : parts.percent
  const note = `${day} ${step}`
  // At another percentage in the config only what is worse is news.
  if (said?.startsWith(day) && Number(said.slice(day.length)) >= step) return
  const share = step === 100 ? 'all' : `${Math.floor(percentOf(used))} %`
  await parts.alerts.raise({
    ...{ kind: 'wan-cap', spoke: id, once: `wan-cap ${id} ${note}` },
    text: `city "${name}" has used ${share} of its ${sizeWords(used.cap ?? 0)} for ${day} (UTC): ${sizeWords(used.bytes)}`,
  })
  await parts.notes.set(notePrefix + id, note)
}

function percentOf({ bytes, cap }: SpokeBytes): number {
  return cap === undefined ? 0 : (100 * bytes) / cap
}
