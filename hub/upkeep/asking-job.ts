// Says that cities wait until an admin lets them in: once when the first comes, and once when none is left. For all together, and quietly,
// for whoever has the secret can ask under as many names as he likes.
import type { Alerts } from '#common/alerts/alerts.ts'
import type { ListedSpoke } from '../rights/spoke-list.ts'
import type { Notes } from '../store/notes.ts'
import type { Job } from './job.ts'

/** Since when somebody waits, in Unix ms, and `told` when that has been. */
const noteKey = 'asking'
const told = ' told'

export interface AskingParts {
  spokes: () => Promise<readonly Pick<ListedSpoke, 'name' | 'state'>[]>
  notes: Notes
  alerts: Pick<Alerts, 'raise'>
  /** Unix ms. */
  now: () => number
}

/** Whoever goes on after an instance that died here raises the very same. */
export function askingJob({ spokes, notes, alerts, now }: AskingParts): Job {
  return {
    name: 'asking',
    everyMs: 30_000,
    deadlineMs: 60_000,
    run: async () => {
      const [first, ...others] = (await spokes()).filter(({ state }) => state === 'pending')
      const note = await notes.get(noteKey)
      const since = note === undefined ? now() : Number.parseInt(note, 10)
      const level = 'info'
      if (first !== undefined && !note?.endsWith(told)) {
        await notes.set(noteKey, String(since))
        const text = askWords(first.name, others.length)
        await alerts.raise({ kind: 'asks-to-join', level, once: `asks ${since}`, text })
        await notes.set(noteKey, since + told)
      }
      if (first === undefined && note !== undefined) {
        const text = 'no city waits to be let in any more'
        await alerts.raise({ kind: 'none-asks', level, once: `none asks ${since}`, text })
        await notes.remove(noteKey)
      }
    },
  }
}

function askWords(name: string, others: number): string {
  if (others === 0) return `"${name}" asks to join, and waits until an admin approves or revokes it`
  return `"${name}" and ${others} more ask to join, and wait until an admin approves or revokes each`
}
