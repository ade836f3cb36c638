// Carries out what an operator has decided about a spoke, by the API or on the command line: the record, the audit trail, a line.
import type { AuditEntry } from '#common/audit-entry.ts'
import type { Log } from '#common/log.ts'
import type { Registry } from '../registry/registry.ts'
import { type AuditTrail, audited } from './audit.ts'
import { type Decision, decided, deedsOf, type SpokeRights, type Subject } from './rights.ts'
import type { RightsStore } from './rights-store.ts'

export interface DecisionsOptions {
  registry: Pick<Registry, 'forgetSpoke' | 'notPending'>
  rights: RightsStore
  audit: AuditTrail
  log: Log
  /** Unix ms. */
  now?: () => number
}

export class Decisions {
  readonly #o: DecisionsOptions
  readonly #now: () => number

  constructor(options: DecisionsOptions) {
    this.#o = options
    this.#now = options.now ?? Date.now
  }

  /**
   * `who`: `token:<name>` or `cli:<user>`. It holds at every instance within 5 s, and may be said again. The audit trail has it
   * before it holds, whatever happens in between: what nobody has decided must not be so.
   * @throws StoreUnavailableError, RequestError when there is no room for more
   */
  async decide(who: string, spoke: Subject, decision: Decision): Promise<SpokeRights> {
    const { rights, audit, registry, log } = this.#o
    const now = this.#now()
    const entry = entryOf(who, spoke, decision, now)
    log.info(auditLine(entry))
    const record = await audited(audit, entry, () =>
      rights.update(spoke.id, before => decided(before, decision, { ...spoke, now })),
    )
    if (decision.action === 'forget') await registry.forgetSpoke(spoke.id)
    else if (decision.action !== 'grant') await registry.notPending(spoke.id)
    return record
  }
}

/** As it stands in the log and in `spokes audit`: `cli:ada revoke "City A" (id …): flooding`. */
export function auditLine({ who, action, spoke, name, room, detail }: AuditEntry): string {
  const subject = spoke === undefined ? '' : ` ${name ? `"${name}" ` : ''}(id ${spoke})`
  const place = room === undefined ? '' : ` in room "${room}"`
  return `${who} ${action}${subject}${place}${detail ? `: ${detail}` : ''}`
}

function entryOf(who: string, { id, name }: Subject, decision: Decision, at: number): AuditEntry {
  const entry = { at, who, action: decision.action, spoke: id, name }
  if (decision.action === 'grant') return { ...entry, room: decision.room, detail: `may ${deedsOf(decision.right)}` }
  return decision.action === 'revoke' && decision.why ? { ...entry, detail: decision.why } : entry
}
