// The audit trail: who has decided what about spokes and tokens, and when.
import type { AuditEntry } from '#common/audit-entry.ts'
import { RequestError } from '#common/errors.ts'

/** The oldest go first. */
export const auditMax = 10_000

/** All methods: @throws StoreUnavailableError when the store is away or too slow. */
export interface AuditTrail {
  /** On disk, as far as the store promises that, when it resolves. */
  add(entry: AuditEntry): Promise<void>
  /** The newest, at most so many, the oldest of them first. */
  newest(limit: number): Promise<AuditEntry[]>
}

/** Carries out what the entry says once that is in the trail: nothing is ever done that is not. @throws what either throws */
export async function audited<T>(
  audit: Pick<AuditTrail, 'add'>,
  entry: AuditEntry,
  carryOut: () => Promise<T>,
): Promise<T> {
  await audit.add(entry)
  try {
    return await carryOut()
  } catch (error) {
    if (error instanceof RequestError) await audit.add({ ...entry, detail: `was not done: ${error.message}` })
    throw error
  }
}
