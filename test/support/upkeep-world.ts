// A hub's memory for tests of upkeep: a clock in the test's hand, spokes, notes, alerts.
import { Alerts, type NewAlert } from '#common/alerts/alerts.ts'
import { createLog } from '#common/log.ts'
import type { SpokeRecord } from '#hub/registry/registry.ts'
import type { Job } from '#hub/upkeep/job.ts'
import { memoryNotes } from './memory-notes.ts'

export const minuteMs = 60_000
export const dayMs = 86_400_000

/** The id of a spoke, made from a letter. */
export function spokeId(letter: string): string {
  return letter.repeat(43)
}

export class UpkeepWorld {
  at = Date.parse('2026-03-01T12:00:00Z')
  readonly notes = memoryNotes()
  readonly raised: NewAlert[] = []
  readonly #happened = new Set<string>()
  readonly lines: string[] = []
  readonly spokesById = new Map<string, SpokeRecord>()
  readonly log = createLog({ json: false, write: line => void this.lines.push(line) })
  readonly now = () => this.at
  readonly spokes = async () => [...this.spokesById.values()]
  readonly alerts = new Alerts({
    store: { add: async (alert, once) => this.#add(alert, once), after: async () => [] },
    log: this.log,
    now: this.now,
  })

  /** A spoke as the registry has it: linked now, or last seen then. */
  spoke(letter: string, { connected, seenAt = this.at }: { connected: boolean; seenAt?: number }): void {
    const id = spokeId(letter)
    const rest = { address: '192.0.2.1', software: 's/1', instance: 'one' }
    this.spokesById.set(id, { id, name: `City ${letter}`, connected, lastSeenAt: seenAt, ...rest })
  }

  #add(alert: NewAlert, once?: string): number | undefined {
    if (once !== undefined && this.#happened.has(once)) return undefined
    if (once !== undefined) this.#happened.add(once)
    return this.raised.push(alert)
  }

  run(job: Job): Promise<void> {
    return job.run(new AbortController().signal)
  }

  texts(): string[] {
    return this.raised.map(({ text }) => text)
  }
}
